"""The WSGI application: `wsgi:app`. With unusable settings the start ends with one sentence."""

from app import create_app
from app.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(f"The companion does not start: {error}") from None
