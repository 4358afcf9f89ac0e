"""The companion: agendas in nine languages, tickets and check-in. `create_app` binds and registers, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app import cli, config, upkeep
from app.agenda import changes as agenda_changes, queries as agenda_queries
from app.checkin import scan_history
from app.core import arrival, assets, db, errors, health, pagecache, security, web
from app.core.extensions import htmx, migrate
from app.demo import redating, routes as demo_routes
from app.i18n import routing
from app.mail import sender, service as mail
from app.mail.sender import Job
from app.registration import (
    holder_routes,
    holds,
    link_routes,
    mails as registration_mails,
    personal_data,
    queries as registration_queries,
    reminders,
    routes as registration_routes,
)
from app.scanner import api_routes as checkin_api, openapi as checkin_openapi, routes as checkin_routes
from app.site import (
    embed_routes as agenda_outside,
    event_routes as agenda_routes,
    openapi as home_openapi,
    routes as home_routes,
    short_routes as events_routes,
    subscription_routes,
    town_embed_routes as home_outside,
)
from app.supervise import device_routes, routes, ticket_routes

ROOT = Path(__file__).resolve().parent.parent


class Companion(Flask):
    """Flask with options of its own, so that strict templates do not leak into other apps of the process."""

    jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view is a coroutine, so none is looked at anew in every request (a tenth of a kept page's time)."""
        return func

    def handle_http_exception(self, e: HTTPException) -> HTTPException | ResponseReturnValue:
        """Flask answers a missing slash by itself, with an absolute address made of what the proxy sent."""
        return errors.to_slash(e) if isinstance(e, RequestRedirect) else super().handle_http_exception(e)


def create_app(settings: config.Settings | None = None) -> Flask:
    """The application for these settings (else from the environment). Raises `SettingsError` when they are unusable."""
    settings = settings or config.load()
    app = Companion(
        __name__, root_path=str(ROOT), template_folder="templates", static_folder=None, instance_path=str(config.INSTANCE)
    )
    app.static_folder = "static"
    app.jinja_env.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # letters as they are, which packs far better
    configure(app, settings)
    app.extensions["pagecache"] = pagecache.PageCache()
    routing.init_app(app, str(ROOT / "translations"))
    db.init_app(app)
    migrate.init_app(app, db.db, directory=str(ROOT / "app" / "migrations"), render_as_batch=True)
    htmx.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    assets.init_app(app, ROOT / "templates")
    web.register_loader("device", checkin_api.load_device)
    for kind, render in registration_mails.RENDERERS.items():
        mail.register_renderer(kind, render)
    registration_queries.register_hours(agenda_queries.hours_of)
    reminders.register_starts(agenda_queries.first_starts)
    reminders.register_changes(agenda_changes.changes_of)
    personal_data.register_passages(scan_history.passages_of)
    demo_jobs = [Job(redating.keep_up, sender.MINUTE)] if settings.demo else []
    sender.register_jobs(
        *demo_jobs, Job(reminders.remind, sender.MINUTE), Job(holds.release, sender.MINUTE), Job(upkeep.run, sender.HOUR)
    )
    checkin_openapi.describe(home_openapi.PATHS, home_openapi.SCHEMAS)
    register_routes(app)
    cli.init_app(app)
    arrival.init_app(app, settings.proxies)
    web.require_declared_access(app)
    return app


def configure(app: Flask, settings: config.Settings) -> None:
    """Copy the settings where Flask and its extensions look for them."""
    app.extensions["settings"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.database_url, pooled=settings.pooled),
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        PUBLIC_BASE_URL=settings.public_base_url,
        OWN_ORIGINS=settings.own_origins,
        SECURE=settings.secure,
        DEMO=settings.demo,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=200,
        BABEL_DEFAULT_LOCALE="en",
    )


def register_routes(app: Flask) -> None:
    """Every blueprint: pages under `/<lang>/`, the rest at the root."""
    for blueprint in (
        home_routes.bp,
        events_routes.bp,
        agenda_routes.bp,
        agenda_outside.bp,
        home_outside.bp,
        subscription_routes.bp,
        registration_routes.bp,
        holder_routes.bp,
        link_routes.bp,
        checkin_routes.bp,
        routes.bp,
        device_routes.bp,
        ticket_routes.bp,
    ):
        app.register_blueprint(blueprint, url_prefix="/<lang:lang>")
    for blueprint in (
        home_routes.root_bp,
        registration_routes.root_bp,
        events_routes.root_bp,
        checkin_routes.root_bp,
        checkin_api.bp,
        health.bp,
        demo_routes.root_bp,
        routing.bp,
    ):
        app.register_blueprint(blueprint)
