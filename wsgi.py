"""The WSGI application: `wsgi:app`, warm when it is loaded to serve. With unusable settings the start ends with one sentence."""

import os

from app import create_app, warmup
from app.config import SettingsError, require_proxy, require_whole

SERVES = os.environ.get("FLASK_RUN_FROM_CLI") != "true"  # commands serve nobody, and their database may not be there yet
try:
    app = create_app()
    if SERVES:
        require_proxy(app.extensions["settings"])
        require_whole(app.extensions["settings"])
except SettingsError as error:
    raise SystemExit(f"The companion does not start: {error}") from None
if SERVES:
    warmup.warm(app)
