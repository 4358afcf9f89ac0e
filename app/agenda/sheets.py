"""The event on paper: one A4 sheet (a long visit two) in one language, or in two side by side.

What is on the sheet decides how small it is set, so that it does not spill: the height is reckoned beforehand from the
number of letters and rows. Sizes are points, as in static/css/components/paper.css.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

from app.agenda.models import AgendaItem
from app.agenda.queries import Agenda
from app.agenda.service import agenda_of
from app.events.models import Event
from app.i18n.languages import LANGUAGES
from app.i18n.texts import Texts

NORMAL, LARGE = "normal", "large"
# Points to try, the best first: on one sheet, else on two. The last is taken when nothing fits.
ONE_SHEET = {NORMAL: (13, 12, 11, 10, 9.5, 9, 8.5, 8), LARGE: (18, 17, 16)}
TWO_SHEETS = {NORMAL: (12, 11, 10, 9.5, 9, 8.5, 8), LARGE: (18, 17, 16, 15, 14, 13, 12, 11, 10, 9)}
LONG, LONG_LEAST = 3, 10  # a visit of so many days goes on two sheets rather than below this size
WIDTH, HEIGHT = 516, 785  # what the margins leave of A4, in points
TWICE = 1.8 * HEIGHT  # the heads stand again on the second sheet, and neither a row nor the facts are parted
LETTER, BOLD = 0.5, 0.55  # mean width of a letter, in ems
LINE, SMALL, GAP = 1.32, 0.9, 0.5  # ems: a line, the smaller lines below a title (as a share), the space around a row
TIME, QR = 7.2, 104.0  # the column of times in ems, the code beside the heading in points
RAGGED = 0.8  # what a line loses at its end, in ems, because words are not parted
LABEL = 14  # letters of a label before a text: "Meeting point: "
NOTES = ("item.meeting_point", "item.reason", "item.note")
META = ("item.place", "item.dress_code", "item.when", "item.old_place")


@dataclass(frozen=True, slots=True)
class Side:
    """A column of the sheet: its language, and the texts that stand in it."""

    lang: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed: the agenda, one or two sides, the size of the type in points, and on how many sheets it goes."""

    agenda: Agenda
    sides: tuple[Side, ...]
    size: str
    points: float = 0
    pages: int = 1

    @property
    def second(self) -> str:
        """The language beside the page's own; empty when there is none."""
        return self.sides[1].lang if len(self.sides) > 1 else ""

    @property
    def type(self) -> str:
        """The size of the type as it stands in the name of its class: `12`, `8-5`."""
        return f"{self.points:g}".replace(".", "-")

    @property
    def venue_access(self) -> list[tuple[str, str]]:
        """What is known of the venue's accessibility, as (fact, value); what is not known is left out."""
        venue = self.agenda.event.venue
        facts = [(fact, getattr(venue, fact)) for fact in ("wheelchair", "step_free", "toilet", "hearing_loop")] if venue else []
        return [(fact, value) for fact, value in facts if value != "unknown"]


def sheet_of(event: Event, lang: str, second: str = "", size: str = NORMAL) -> Sheet:
    """The sheet in `lang`, with `second` beside it. A second language that is the first or unknown, and an unknown size, are
    as if they had not been asked for."""
    agenda = agenda_of(event, lang)
    sides: tuple[Side, ...] = (Side(lang, agenda.texts),)
    if second in LANGUAGES and second != lang:
        sides = _side_by_side(agenda.texts, agenda_of(event, second).texts)
    return _fitted(Sheet(agenda, sides, size if size in ONE_SHEET else NORMAL))


def _side_by_side(first: Texts, second: Texts) -> tuple[Side, Side]:
    """Each text in its own column. Where one has none, the other's is not said twice: only what neither has is borrowed,
    in the first column."""
    own = {key: {second.lang: values[second.lang]} for key, values in second.found.items() if second.lang in values}
    rest = {key: values for key, values in first.found.items() if first.lang in values or key not in own}
    return (
        Side(first.lang, Texts(first.lang, first.prefer, rest, first.sources)),
        Side(second.lang, Texts(second.lang, second.prefer, own, second.sources)),
    )


def _fitted(sheet: Sheet) -> Sheet:
    """The largest type with which it stays on one sheet, else on two."""
    least = LONG_LEAST if len(sheet.agenda.days) >= LONG else 0
    for pages, room, sizes in ((1, HEIGHT, ONE_SHEET), (2, TWICE, TWO_SHEETS)):
        for points in sizes[sheet.size]:
            if height(sheet, points) <= room and (pages > 1 or points >= least):
                return replace(sheet, points=points, pages=pages)
    return replace(sheet, points=TWO_SHEETS[sheet.size][-1], pages=2)


def height(sheet: Sheet, points: float) -> float:
    """How high the whole is in type of `points`, reckoned in points."""
    ems = _head(sheet, points) + _facts(sheet, points) + (3.5 if sheet.agenda.items else 5.2)
    for day in sheet.agenda.days:
        ems += 2.6 + (2.6 if day.own and day.own.status != "scheduled" else 0) + _rows(sheet, day.items, points)
    if sheet.agenda.undated:
        ems += 2.6 + _rows(sheet, sheet.agenda.undated, points)
    return ems * points


def _head(sheet: Sheet, points: float) -> float:
    """Kind, title, date, place, summary and state, beside the code."""
    event, room = sheet.agenda.event, (WIDTH - QR) / points / len(sheet.sides)
    lines = 0.0
    for side in sheet.sides:
        title, summary, reason = (side.texts(event.id, f"event.{kind}").text for kind in ("title", "summary", "reason"))
        own = 1.5 * LINE * _lines(len(title), room / 1.5, BOLD) + LINE * (3.4 + _lines(len(summary), room))
        own += LINE * (3 + _lines(len(reason), room)) if event.status != "scheduled" else 0
        lines = max(lines, own)
    return max(lines, QR * 1.12 / points)


def _rows(sheet: Sheet, items: Iterable[AgendaItem], points: float) -> float:
    room = (WIDTH / points - TIME) / len(sheet.sides)
    return sum(max(_row(side.texts, item, room) for side in sheet.sides) + GAP for item in items)


def _row(texts: Texts, item: AgendaItem, room: float) -> float:
    """A row's height in ems, in a column of `room` ems."""
    title = LINE * max(1, _lines(len(texts(item.id, "item.title").text), room, BOLD))
    meta = sum(len(texts(item.id, kind).text) + 3 for kind in META if texts(item.id, kind))
    meta += 0 if item.starts_at or item.ends_at or texts(item.id, "item.when") else 20
    meta += 12 * len(item.languages) + 28 * len(item.interpretations)
    meta += len(texts(item.room_id, "room.name").text) if item.room_id else 0
    meta += len(texts(item.venue_id, "venue.name").text) if item.venue_id else 0
    notes = [len(texts(item.id, kind).text) + LABEL for kind in NOTES if texts(item.id, kind)]
    notes += [LABEL + 8 for moment in (item.doors_at, item.latest_arrival_at) if moment]
    chips = LINE if item.is_cancelled or item.is_moved or item.status == "provisional" else 0
    return title + chips + SMALL * LINE * sum(_lines(count, room / SMALL) for count in (meta, *notes) if count)


def _facts(sheet: Sheet, points: float) -> float:
    """Practical facts below the rows, in two columns; in one language they flow from one into the other."""
    event, room = sheet.agenda.event, WIDTH / points / 2 / SMALL - 1
    columns = [_facts_of(side.texts, event, room, len(sheet.venue_access)) for side in sheet.sides]
    return SMALL * LINE * (max(columns) if len(columns) > 1 else columns[0] / 2 + 1) + 3.5


def _facts_of(texts: Texts, event: Event, room: float, access: int) -> float:
    practical = texts(event.id, "event.practical").paragraphs
    words = [len(line.text) for line in practical]
    words += [len(texts(event.id, "event.audience").text) + LABEL, LABEL + 12 * len(event.languages), len(event.contact) + LABEL]
    words += [len(texts(event.venue_id, "venue.directions").text) if event.venue_id else 0, LABEL * 3]
    return sum(1.05 * _lines(count, room) for count in words if count) + access * 0.4


def _lines(letters: int, room: float, width: float = LETTER) -> int:
    """Lines that so many letters take in `room` ems."""
    return ceil(letters * width / max(room - RAGGED, 1))
