"""Flask extensions, made once and bound by `create_app`."""

from __future__ import annotations

from flask_htmx import HTMX
from flask_migrate import Migrate

htmx = HTMX()
migrate = Migrate()
