"""What other sites show of a town: its events as a small page inside a frame."""

from __future__ import annotations

from flask import Blueprint, Response

from app.core import clock
from app.core.pagecache import cached, valid_until
from app.core.security import allow_frames
from app.core.versions import Stamp
from app.core.web import access, frame_theme, render
from app.events.queries import catalogue_stamp
from app.i18n.formats import current_language
from app.places import service as places
from app.site import queries

bp = Blueprint("town_embeds", __name__)
MOST = 6


def _version(**_view_args: str) -> Stamp:
    return catalogue_stamp()


@bp.get("/towns/<slug>/embed")
@access.public
@cached(version=_version, params=("theme",))
def town_embed(slug: str) -> Response:
    """The next events of a town, at most six, or its latest ones when none is announced, for a frame on another site."""
    moment, place = clock.now(), places.get_place(slug)
    coming, past, numbers = queries.events_of(place, current_language(), moment, MOST)
    allow_frames()
    page = render(
        "site/towns/embed.html", place=place, coming=coming, past=past, most=MOST, texts=coming.texts,
        theme=frame_theme(),
    )  # fmt: skip
    return valid_until(page, numbers.changes_at)
