"""Flask extensions, made once and bound by `create_app`."""

from flask_babel import Babel
from flask_htmx import HTMX
from flask_migrate import Migrate

babel = Babel()
htmx = HTMX()
migrate = Migrate()
