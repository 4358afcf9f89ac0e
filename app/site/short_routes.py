"""What every address below an event needs: `/<lang>/events/<slug>/…`, and the short address `/e/<slug>`."""

from __future__ import annotations

from flask import Blueprint, Response

from app.core.web import access
from app.events.queries import get_event
from app.i18n.routing import to_language, wanted_language

bp = Blueprint("short", __name__)
root_bp = Blueprint("short_root", __name__)


@root_bp.get("/e/<slug>")
@root_bp.get("/e/<slug>/", endpoint="short_slash")
@access.public
def short(slug: str) -> Response:
    """What is printed and shared: 302 to the event in the reader's language, else in the event's own."""
    event = get_event(slug)
    return to_language(f"/events/{event.slug}/", wanted_language(default=event.source_lang))
