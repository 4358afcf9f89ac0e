"""What a fresh worker does before its first reader comes, so that nobody waits for it: `wsgi.py` calls `warm`.

It loads every template, the catalogues and the names of days, countries and zones in nine languages, connects to the
database, and makes a first list and a first event: a fifth of a second where `flask assets` has compiled the templates.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.babel import babel, force_locale
from app.core.compiled import template_names
from app.core.db import db
from app.events.models import Event
from app.events.queries import public_events
from app.i18n import formats
from app.i18n.addresses import event_url
from app.i18n.languages import BABEL_LOCALE, SOURCE

log = logging.getLogger(__name__)


def warm(app: Flask) -> None:
    """Make the worker ready. A database that is away, or not migrated yet, stops nothing: its pages are made later."""
    for name in template_names(app.jinja_env):
        app.jinja_env.get_template(name)
    with app.test_request_context():
        for locale in BABEL_LOCALE.values():
            with force_locale(locale):
                babel.domain_instance.get_translations()
                formats.long_date(clock.now().date())
    visitor, host = app.test_client(), urlsplit(app.config["PUBLIC_BASE_URL"])
    for path in (f"/{SOURCE}/", *_an_event(app)):
        visitor.get(path, base_url=f"{host.scheme}://{host.netloc}").close()


def _an_event(app: Flask) -> list[str]:
    """The page of the latest event: its queries are prepared with it."""
    with app.app_context():
        try:
            slug = db.session.scalar(public_events(Event.slug).order_by(Event.starts_on.desc().nulls_last()).limit(1))
        except SQLAlchemyError as error:
            log.warning("not warm: %s", type(error).__name__)
            return []
    return [event_url("", SOURCE, slug)] if slug else []
