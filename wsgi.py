"""The WSGI application: `wsgi:app`, warm when it is loaded. With unusable settings the start ends with one sentence."""

from app import create_app, warmup
from app.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(f"The companion does not start: {error}") from None
warmup.warm(app)
