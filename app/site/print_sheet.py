"""The event on paper: one A4 sheet (a long visit two) in one language, or in two side by side.

What is on the sheet decides how small it is set, so that it does not spill: the height is computed beforehand from the
number of letters and rows. Sizes are points, as in static/css/paper.css.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil
from zoneinfo import ZoneInfo

from app.agenda.models import AgendaItem, ItemStatus
from app.agenda.queries import Agenda, Day, agenda_of
from app.events.models import Event, EventStatus
from app.i18n.formats import is_wide
from app.i18n.languages import LANGUAGES
from app.i18n.texts import Texts
from app.places.models import Accessible, Feature

NORMAL, LARGE = "normal", "large"
# Points to try, the best first: on one sheet, else on two. The last is taken when nothing fits.
ONE_SHEET = {NORMAL: (13, 12, 11, 10, 9.5, 9, 8.5, 8), LARGE: (18, 17, 16)}
TWO_SHEETS = {NORMAL: (12, 11, 10, 9.5, 9, 8.5, 8), LARGE: (18, 17, 16, 15, 14, 13, 12, 11, 10, 9)}
LONG, LONG_LEAST = 3, 10  # a visit of so many days goes on two sheets rather than below this size
WIDTH, HEIGHT = 516, 770  # what the margins leave of A4, in points
TWICE = 1.8 * HEIGHT  # the heads stand again on the second sheet, and neither a row nor the facts are split
LETTER, BOLD = 0.5, 0.55  # mean width of a letter, in ems
LINE, SMALL, GAP = 1.32, 0.9, 0.5  # ems: a line, the smaller lines below a title (as a share), the space around a row
TIME, QR = 7.2, 104.0  # the column of times in ems, the code beside the heading in points
LABEL = 14  # letters of a label before a text: "Meeting point: "
NOTES = ("item.meeting_point", "item.reason", "item.note")
META = ("item.place", "item.dress_code", "item.old_place")


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

    def says_when(self, item: AgendaItem) -> bool:
        """Whether the column of times says anything of this row: a moment, or words in any of the languages."""
        words = any(side.texts(item.id, "item.when") for side in self.sides)
        return words or item.starts_at is not None or item.ends_at is not None

    @property
    def venue_access(self) -> list[tuple[Feature, Accessible]]:
        """What is known of the venue's accessibility; what is not known is left out."""
        venue = self.agenda.event.venue
        return [(feature, has) for feature, has in venue.accessibility if has != Accessible.UNKNOWN] if venue else []


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
    """How high the whole is in type of `points`, computed in points."""
    ems = _head(sheet, points) + _facts(sheet, points) + (3.5 if sheet.agenda.items else 5.2)
    for day in sheet.agenda.days:
        ems += _day(sheet, day, points) + _rows(sheet, day.items, points)
    if sheet.agenda.undated:
        ems += 2.6 + _rows(sheet, sheet.agenda.undated, points)
    return ems * points * (1.06 if sheet.second else 1.03)  # lines end early, in narrow columns more so


def _head(sheet: Sheet, points: float) -> float:
    """Kind, title, date, place, summary and state, beside the code."""
    event, two = sheet.agenda.event, len(sheet.sides) > 1
    room = (WIDTH - QR) / points / len(sheet.sides) - 1.2
    town = event.place.full_name_in(sheet.sides[0].lang) if event.place else ""
    highest = QR * 1.12 / points
    for side in sheet.sides:
        title, summary, reason = (side.texts(event.id, f"event.{kind}").text for kind in ("title", "summary", "reason"))
        venue = side.texts(event.venue_id, "venue.name").text if event.venue_id else side.texts(event.id, "event.place").text
        venue += f" {event.venue.address}" if event.venue else ""
        scale = 1.3 if two else 1.5
        own = scale * 1.15 * _lines(title, room / scale, BOLD) + LINE * _lines(summary, room) + 2.2
        own += LINE * (
            _lines(f"{_words(2, 9)} {town}", room, BOLD) + _lines(_words(3, 7), room / 1.1, BOLD) + _lines(venue, room)
        )
        own += (
            LINE * (1.4 * _lines(_words(4, 6), room / 1.7) + _lines(reason, room) + 1)
            if event.status != EventStatus.SCHEDULED
            else 0
        )
        highest = max(highest, own)
    return highest + 1


def _day(sheet: Sheet, day: Day, points: float) -> float:
    """A day's heading with its own title and state, which is framed."""
    room, own = (WIDTH / points - TIME) / len(sheet.sides) / 1.12 - GAP, day.own
    state = _words(5, 7) if own and own.status != EventStatus.SCHEDULED else ""
    heads = [f"{_words(3, 7)} {side.texts(own.id, 'day.title') if own else ''}" for side in sheet.sides]
    frames = [f"{state} {side.texts(own.id, 'day.reason')}" if own and state else "" for side in sheet.sides]
    framed = max(_lines(frame, room - 1.6, BOLD) for frame in frames)
    return 1.12 * LINE * (max(_lines(head, room, BOLD) for head in heads) + framed) + (2.9 if state else 1.1)


def _rows(sheet: Sheet, items: Iterable[AgendaItem], points: float) -> float:
    room = (WIDTH / points - TIME) / len(sheet.sides) - GAP
    return sum(max(_row(sheet, side.texts, item, room) for side in sheet.sides) + GAP for item in items)


def _row(sheet: Sheet, texts: Texts, item: AgendaItem, room: float) -> float:
    """A row's height in ems, in a column of `room` ems."""
    states = (
        sheet.agenda.is_off(item),
        item.is_moved,
        item.status == ItemStatus.PROVISIONAL,
        item.access != sheet.agenda.event.access,
    )
    title = f"{texts(item.id, 'item.title').text or _words(2, 8)} {_words(sum(states), 14)}"
    meta = [texts(item.id, kind).text for kind in META]
    meta += [texts(owner, kind).text for owner, kind in ((item.room_id, "room.name"), (item.venue_id, "venue.name")) if owner]
    meta += [_words(1 + len(item.languages), 9) if item.languages else "", *(_words(3, 9) for _ in item.interpretations)]
    meta += [_words(4, 5)] if sheet.second and not sheet.says_when(item) else []
    notes = [f"{_words(1, LABEL)} {text}" for kind in NOTES if (text := texts(item.id, kind).text)]
    notes += [_words(3, 8) for moment in (item.doors_at, item.latest_arrival_at) if moment]
    small = sum(_lines(line, room / SMALL) for line in (" · ".join(filter(None, meta)), *notes))
    return LINE * max(_lines(title, room, BOLD) + SMALL * small, _clock_lines(sheet.agenda.zone, item) + _when_lines(sheet, item))


def _clock_lines(zone: ZoneInfo, item: AgendaItem) -> int:
    """Lines that the times take: more than one where a day or an offset stands beside them."""
    return sum(
        (4 if is_wide(start, end, zone) else 1) if start else 0
        for start, end in ((item.starts_at, item.ends_at), (item.old_starts_at, item.old_ends_at))
    )


def _when_lines(sheet: Sheet, item: AgendaItem) -> float:
    """Lines of words for a time, one language below the other, in the column of times."""
    spoken = [side.texts(item.id, "item.when").text for side in sheet.sides]
    said = spoken if sheet.second or sheet.says_when(item) else [_words(4, 5)]
    figures = 0 if item.starts_at or item.ends_at or not any(said) else -1  # the words stand where the figures would
    return SMALL * sum(_lines(words, (TIME - GAP) / SMALL) for words in said if words) + figures


def _facts(sheet: Sheet, points: float) -> float:
    """Practical facts below the rows, in two columns; in one language they flow from one into the other."""
    room = (WIDTH / points / 2 - 0.8) / SMALL
    columns = [_facts_of(side.texts, sheet, room) for side in sheet.sides]
    return SMALL * (max(columns) if len(columns) > 1 else columns[0] / 2 + LINE) + 1.5


def _facts_of(texts: Texts, sheet: Sheet, room: float) -> float:
    """The height of the facts in one column, in their own ems."""
    event = sheet.agenda.event
    lines = [line.text for line in texts(event.id, "event.practical").paragraphs]
    lines += [texts(event.venue_id, "venue.directions").text] if event.venue_id else []
    audience = f"{_words(5, 7)} {texts(event.id, 'event.audience').text}"
    facts = [_words(3 + len(event.languages), 8), audience, event.contact and f"{_words(1, 8)} {event.contact}"]
    facts += [_words(3, 8) for _ in sheet.venue_access]
    lines += [_words(12, 6), _words(3, 8)]
    return sum(LINE * _lines(line, room) + 0.25 for line in lines if line) + LINE * _packed(facts, room)


def _packed(facts: Iterable[str], room: float) -> int:
    """Lines that facts take side by side, each whole where it fits."""
    lines, left = 0, 0.0
    for fact in filter(None, facts):
        long = LETTER * len(fact) + 0.9
        if long > left:
            lines += _lines(fact, room)
            left = room
        left = left - long if long <= room else 0.0
    return lines


def _words(number: int, letters: int) -> str:
    """So many words of so many letters, in place of those that are not known yet: labels, names of languages."""
    return " ".join(["x" * letters] * number)


def _lines(text: str, room: float, width: float = LETTER) -> int:
    """Lines that a text takes in `room` ems, its words kept whole where they fit."""
    most, lines, at = max(room / width, 1), 0, 0.0
    for word in text.split():
        if lines == 0 or at + 1 + len(word) > most:
            lines += ceil(len(word) / most)
            at = len(word) % most if len(word) > most else len(word)
        else:
            at += 1 + len(word)
    return lines
