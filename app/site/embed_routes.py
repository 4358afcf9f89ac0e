"""What other sites show of an event: the picture beside its address, and a small page inside a frame."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from app.agenda.queries import agenda_of, now_and_next
from app.agenda.rules import State
from app.core import clock
from app.core.babel import gettext as _, pgettext
from app.core.pagecache import cached, valid_until
from app.core.security import allow_frames
from app.core.versions import Stamp
from app.core.web import access, frame_theme, render
from app.events.models import CALLED_OFF, Event, EventStatus
from app.events.queries import event_stamp, get_event, knows_its_days
from app.i18n import formats, texts
from app.i18n.formats import current_language
from app.i18n.texts import Texts
from app.site import share_image

bp = Blueprint("embeds", __name__)


def _version(slug: str) -> Stamp:
    return event_stamp(slug)


@bp.get("/events/<slug>/card.png")
@access.public
@cached(version=_version)
def event_card(slug: str) -> Response:
    """The event as a picture. Its address carries the event's version, so that who keeps pictures asks anew after a change."""
    event, lang = get_event(slug), current_language()
    return _picture(_card(event, texts.load([event.id], lang, prefer=event.fallback, lean=True)))


@bp.get("/card.png")
@access.public
@cached(version=lambda: "1")
def site_card() -> Response:
    """The picture of every page that is not an event's."""
    return _picture(share_image.Card(_("Cultural Pearls"), _("Cultural Pearls around the Baltic Sea")))


@bp.get("/events/<slug>/embed")
@access.public
@cached(version=_version, params=("theme",))
def event_embed(slug: str) -> Response:
    """The event in small, for a frame on another site; `?theme=light` or `dark` keeps it so whatever the reader's device says."""
    agenda = agenda_of(get_event(slug), current_language())
    judged, event = now_and_next(agenda, clock.now()), agenda.event
    allow_frames()
    page = render(
        "site/events/embed.html", agenda=agenda, event=event, judged=judged, texts=agenda.texts, zone=agenda.zone,
        base=url_for("event_pages.event", slug=slug), title=agenda.texts(event.id, "event.title"), theme=frame_theme(),
        dates=formats.known_dates(event.starts_on, event.ends_on, event.date_precision),
        lapsed=not knows_its_days(event),
    )  # fmt: skip
    return valid_until(page, judged.until)


def _card(event: Event, words: Texts) -> share_image.Card:
    title = words(event.id, "event.title").text or pgettext("agenda", "Untitled")
    dates = formats.known_dates(event.starts_on, event.ends_on, event.date_precision)
    return share_image.Card(
        brand=_("Cultural Pearls"), title=title, kind=event.kind.label, dates=dates or State.UNDATED.label,
        place=_place(event, words), state=event.status.sentence if event.status in CALLED_OFF else "",
    )  # fmt: skip


def _place(event: Event, words: Texts) -> str:
    """The town with its country; where there is none, the event's own words for the place."""
    if event.status == EventStatus.MOVED_ONLINE:
        return event.status.sentence
    if event.place is None:
        return words(event.id, "event.place").text
    lang = current_language()
    return f"{event.place.full_name_in(lang)}, {formats.country_name(event.place.country, lang)}"


def _picture(shown: share_image.Card) -> Response:
    """A picture that pages of other sites may show."""
    response = Response(share_image.draw(shown), content_type="image/png")
    response.headers["Content-Language"] = current_language()
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
