"""A ticket in other forms: a calendar entry, one picture for a door without network, and all that is stored about it."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from PIL import Image, ImageDraw

from app.core import ical
from app.core.babel import gettext as _
from app.core.qr import Code
from app.events.feeds import add_conference, calendar_text
from app.events.models import CALLED_OFF, Event, is_online
from app.i18n import formats
from app.i18n.addresses import card_url, event_url
from app.i18n.formats import current_language
from app.i18n.image_text import font, wrap
from app.registration import codes
from app.registration.models import Registration, RegistrationStatus
from app.registration.personal_data import PersonalData
from app.registration.queries import Occasion
from app.registration.words import undated_words

WIDTH, MARGIN, GAP, MODULE = 1080, 72, 24, 25
CODE_MODULE = 8  # pixels of a module where the code stands alone, in a mail
INK, PAPER = 16, 255


def calendar(occasion: Occasion, base_url: str, registration: Registration) -> bytes:
    """One entry for the event in its own zone, whole days where no hours are known; one UID in all languages.

    Nothing secret is inside: calendars are shared and synced.
    """
    event, withdrawn = occasion.event, registration.status == RegistrationStatus.CANCELLED
    entry = ical.new_entry(uuid.uuid5(event.id, "ticket"), *_version(occasion, registration))
    title = _("Registration cancelled: %(title)s", title=occasion.title.text) if withdrawn else occasion.title.text
    entry.add("summary", calendar_text(replace(occasion.title, text=title), event.status))
    entry.add("status", "CANCELLED" if withdrawn or event.status in CALLED_OFF else "CONFIRMED")
    if where := event.online_url if is_online(event) else ", ".join(occasion.where):
        entry.add("location", ical.text(where))
    if not is_online(event) and occasion.latitude is not None and occasion.longitude is not None:
        entry.add("geo", (occasion.latitude, occasion.longitude))
    entry.add("url", event_url(base_url, current_language(), event.slug))
    ical.add_image(entry, card_url(base_url, current_language(), event.slug))
    add_conference(entry, event)
    if occasion.begins_at is not None:
        ical.add_hours(entry, occasion.begins_at, occasion.ends_at, formats.zone(event.timezone))
    elif event.starts_on is not None:
        ical.add_days(entry, event.starts_on, event.ends_on or event.starts_on)
    book = ical.new_calendar("ticket", method="PUBLISH")
    book.add_component(entry)
    ical.add_zones(book)
    return bytes(book.to_ical())


def _version(occasion: Occasion, registration: Registration) -> tuple[int, datetime]:
    """The entry's sequence and when it last changed: with the event, and when the guest cancels."""
    moments = [occasion.event.updated_at, registration.cancelled_at]
    return occasion.sequence + bool(registration.cancelled_at), max(moment for moment in moments if moment is not None)


def picture(occasion: Occasion, code: Code, reference: str, words: list[str]) -> bytes:
    """A PNG with the QR, the reference in large letters, title, place and time, in the occasion's language.

    Long lines are wrapped and the picture grows: nothing is ever cut off. `words` are the lines that close it.
    """
    days = occasion.days or (undated_words(occasion) if occasion.lapsed else "")
    when = [part for part in (days, f"{occasion.hours} ({occasion.zone})" if occasion.hours else "") if part]
    blocks = [(str(occasion.title), 60), (" · ".join(when), 44), (", ".join(occasion.where), 44)]
    lines = [line for text, size in blocks for line in _lines(text, size)]
    foot = [(reference, 104), *(line for word in words for line in _lines(word, 36))]
    side = code.size * MODULE
    height = MARGIN * 2 + side + sum(_height(size) for _, size in (*lines, *foot)) + GAP * 2
    image = Image.new("L", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(image)
    top = _write(pen, lines, MARGIN) + GAP
    _paint(pen, code, (WIDTH - side) // 2, top)
    _write(pen, foot, top + side + GAP)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def personal_data(own: PersonalData, event: Event) -> bytes:
    """Everything that is stored about a registration, as JSON: moments in UTC, keys in English, texts as they were given."""
    registration, ticket = own.registration, own.registration.ticket
    stored = {
        "event": event.slug,
        "registration": {
            "name": registration.name, "companions": registration.companions.splitlines(), "people": registration.party_size,
            "email": registration.email, "email_confirmed_at": _utc(registration.email_confirmed_at),
            "language": registration.language, "status": registration.status, "position": registration.position,
            "needs": list(own.needs), "tell_the_door": registration.tell_door,
            "answers": [{"question": one.question, "answer": one.answer} for one in own.answers],
            "registered_at": _utc(registration.created_at), "changed_at": _utc(registration.changed_at),
            "cancelled_at": _utc(registration.cancelled_at), "seats_kept_until": _utc(registration.hold_until),
        },
        "ticket": {"reference": codes.show_reference(ticket.reference), "status": ticket.status} if ticket else None,
        "mails": [{"kind": mail.kind, "created_at": _utc(mail.created_at), "sent_at": _utc(mail.sent_at)} for mail in own.mails],
        "scans": [
            {"at": _utc(one.at), "list": one.place, "direction": one.direction, "result": one.result, "reason": one.reason}
            for one in own.passages
        ],
        "log": [{"at": _utc(entry.at), "by": entry.actor_kind, "verb": entry.verb} for entry in own.log],
        "deleted_on": {"needs": _day(own.needs_until), "everything_else": _day(own.until)},
        "deleted_after_days": {"mails": own.mail_days, "log": own.log_days},
    }  # fmt: skip
    return json.dumps(stored, ensure_ascii=False, indent=2).encode()


def _utc(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def code_picture(code: Code) -> bytes:
    """A PNG of the code alone, dark on white with its quiet zone, `CODE_MODULE` pixels a module: 296 a side, under 1 kB."""
    side = code.size * CODE_MODULE
    image = Image.new("1", (code.size, code.size), 1)
    image.putdata([0 if dark else 1 for row in code.rows for dark in row])
    data = io.BytesIO()
    image.resize((side, side), Image.Resampling.NEAREST).save(data, "PNG", optimize=True)
    return data.getvalue()


def _height(size: int) -> int:
    return round(size * 1.3)


def _lines(text: str, size: int) -> Iterator[tuple[str, int]]:
    """Lines that fit between the margins, each with its size."""
    return ((line, size) for line in wrap(text, size, WIDTH - 2 * MARGIN))


def _write(pen: ImageDraw.ImageDraw, lines: list[tuple[str, int]], top: int) -> int:
    for text, size in lines:
        pen.text((WIDTH // 2, top), text, INK, font(size), anchor="ma")
        top += _height(size)
    return top


def _paint(pen: ImageDraw.ImageDraw, code: Code, left: int, top: int) -> None:
    for y, row in enumerate(code.rows):
        for x, dark in enumerate(row):
            if dark:
                corner = (left + x * MODULE, top + y * MODULE)
                pen.rectangle((*corner, corner[0] + MODULE - 1, corner[1] + MODULE - 1), 0)
