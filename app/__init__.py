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
from app.agenda.models import Interpretation, ItemStatus
from app.agenda.rules import State
from app.checkin.models import Direction, ScanMode
from app.core import arrival, assets, db, errors, health, pagecache, security, web
from app.core.extensions import htmx, migrate
from app.demo import redating, routes as demo_routes
from app.events import service as events
from app.events.models import Access, EventStatus
from app.i18n import routing
from app.i18n.formats import Precision
from app.jobs import service as jobs
from app.jobs.service import ALWAYS, HOUR, MINUTE, Job
from app.mail import sender, service as mail
from app.places.models import PlaceRole
from app.registration import change_mails, holder_routes, holds, link_routes, mails, reminders, routes as registration_routes
from app.registration.models import QuestionKind, RegistrationMode, RegistrationStatus
from app.registration.rules import RegistrationState
from app.scanner import api_routes, openapi as scanner_openapi, routes as scanner_routes
from app.site import (
    embed_routes,
    event_routes,
    openapi as site_openapi,
    personal_data_routes,
    routes as site_routes,
    short_routes,
    subscription_routes,
    town_embed_routes,
)
from app.supervise import device_routes, routes as supervise_routes, ticket_routes

ROOT = Path(__file__).resolve().parent.parent
# What templates compare with.
KINDS = (
    Access, Direction, EventStatus, Interpretation, ItemStatus, PlaceRole, Precision, QuestionKind, RegistrationMode,
    RegistrationState, RegistrationStatus, ScanMode, State,
)  # fmt: skip


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
    app.jinja_env.globals |= {kind.__name__: kind for kind in KINDS}
    app.extensions["pagecache"] = pagecache.PageCache()
    routing.init_app(app, str(ROOT / "translations"))
    db.init_app(app)
    migrate.init_app(app, db.db, directory=str(ROOT / "app" / "migrations"), render_as_batch=True)
    htmx.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    assets.init_app(app, ROOT / "templates")
    web.init_app(app, {"device": api_routes.load_device})
    mail.init_app(app, mails.RENDERERS)
    events.init_app(app, listeners=[change_mails.on_announcement])
    jobs.init_app(app, list_jobs(settings))
    scanner_openapi.describe(site_openapi.PATHS, site_openapi.SCHEMAS)
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


def list_jobs(settings: config.Settings) -> list[Job]:
    """What is done again and again."""
    demo = [Job("redate the demo", redating.keep_up, MINUTE)] if settings.demo else []
    return [
        *demo,
        Job("remind", reminders.remind, MINUTE),
        Job("release seats", holds.release, MINUTE),
        Job("upkeep", upkeep.run, HOUR),
        Job("send mail", sender.send_round, ALWAYS),
    ]


def register_routes(app: Flask) -> None:
    """Every blueprint: pages under `/<lang>/`, the rest at the root."""
    for blueprint in (
        site_routes.bp,
        short_routes.bp,
        event_routes.bp,
        embed_routes.bp,
        town_embed_routes.bp,
        subscription_routes.bp,
        registration_routes.bp,
        holder_routes.bp,
        personal_data_routes.bp,
        link_routes.bp,
        scanner_routes.bp,
        supervise_routes.bp,
        device_routes.bp,
        ticket_routes.bp,
    ):
        app.register_blueprint(blueprint, url_prefix="/<lang:lang>")
    for blueprint in (
        site_routes.root_bp,
        registration_routes.root_bp,
        short_routes.root_bp,
        scanner_routes.root_bp,
        api_routes.bp,
        health.bp,
        demo_routes.root_bp,
        routing.bp,
    ):
        app.register_blueprint(blueprint)
