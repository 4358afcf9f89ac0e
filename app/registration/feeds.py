"""A ticket in other forms: a calendar entry, one picture for a door without network, and all that is stored about it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar
from icalendar import Event as Entry
from PIL import Image, ImageDraw

from app.events.models import Event
from app.i18n import formats
from app.i18n.lettering import font, wrap
from app.registration import codes
from app.registration.own_data import OwnData
from app.registration.qr import Code
from app.registration.queries import Occasion

WIDTH, MARGIN, GAP, MODULE = 1080, 72, 24, 25
CODE_MODULE = 8  # pixels of a module where the code stands alone, in a mail
INK, PAPER = 16, 255


def calendar(occasion: Occasion, base_url: str, address: str, cancelled: bool) -> bytes:
    """One entry for the event in its own zone, whole days where no hours are known; one UID in all languages.

    Nothing secret is inside: calendars are shared and synced. `address` is the event's public page.
    """
    event, zone = occasion.event, formats.zone(occasion.event.timezone)
    entry = Entry()
    entry.add("uid", f"ticket-{event.id}@{urlsplit(base_url).hostname}")
    entry.add("summary", str(occasion.title))
    entry.add("dtstamp", event.updated_at)
    entry.add("last-modified", event.updated_at)
    entry.add("sequence", occasion.sequence)
    entry.add("status", "CANCELLED" if cancelled or event.status == "cancelled" else "CONFIRMED")
    entry.add("location", ", ".join(occasion.where))
    entry.add("url", f"{base_url}{address}")
    if occasion.begins_at is not None:
        entry.add("dtstart", occasion.begins_at.astimezone(zone))
        if occasion.ends_at is not None and occasion.ends_at > occasion.begins_at:
            entry.add("dtend", occasion.ends_at.astimezone(zone))
    elif event.starts_on is not None:
        entry.add("dtstart", event.starts_on)
        entry.add("dtend", (event.ends_on or event.starts_on) + timedelta(days=1))
    book = Calendar()
    book.add("prodid", "-//Cultural Pearls companion//ticket//EN")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add_component(entry)
    if event.starts_on is not None:
        book.add_missing_timezones(date(event.starts_on.year - 1, 1, 1), date(event.starts_on.year + 2, 1, 1))
    return bytes(book.to_ical())


def picture(occasion: Occasion, code: Code, reference: str, words: list[str]) -> bytes:
    """A PNG with the QR, the reference in large letters, title, place and time, in the occasion's language.

    Long lines are wrapped and the picture grows: nothing is ever cut off. `words` are the lines that close it.
    """
    when = [part for part in (occasion.days, f"{occasion.hours} ({occasion.zone})" if occasion.hours else "") if part]
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


def own_data(own: OwnData, event: Event) -> bytes:
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
            "cancelled_at": _utc(registration.cancelled_at),
        },
        "ticket": {"reference": codes.show_reference(ticket.reference), "status": ticket.status} if ticket else None,
        "mails": [{"kind": mail.kind, "created_at": _utc(mail.created_at), "sent_at": _utc(mail.sent_at)} for mail in own.mails],
        "scans": [
            {"at": _utc(one.at), "list": one.place, "direction": one.direction, "result": one.result, "reason": one.reason}
            for one in own.passages
        ],
        "log": [{"at": _utc(deed.at), "by": deed.by, "verb": deed.verb} for deed in own.deeds],
        "deleted_on": {"needs": _day(own.needs_until), "everything_else": _day(own.until)},
        "deleted_after_days": {"mails": own.mail_days, "log": own.deed_days},
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
