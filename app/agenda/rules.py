"""What is on now and what is next, judged from facts and a given moment alone: no SQL, no clock.

Moments are compared in UTC, days are the rows' own civil days: a row at 01:00 belongs to the evening before, and the
nights in which summer time begins or ends need no special care.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.babel import lazy_gettext as _l
from app.core.labels import Labelled
from app.events import days
from app.events.models import CALLED_OFF, CANCELLED, POSTPONED, EventStatus
from app.i18n.formats import Precision

LONGEST_GUESS = timedelta(hours=3)


class State(Labelled):
    """What a reader is told about an event at a moment."""

    NOT_BEGUN = "not_begun", _l("This event has not begun yet.")
    ON = "on"
    BETWEEN = "between", _l("Nothing is on right now.")
    NOTHING_TODAY = "nothing_today", _l("Nothing more is planned for today."), _l("Everything planned for today is cancelled.")
    OVER = "over", _l("This event is over.")
    UNDATED = "undated", _l("The date has not been announced yet.")
    NO_ROWS = "no_rows", _l("The agenda has not been published yet.")
    CANCELLED = EventStatus.CANCELLED.value, CANCELLED
    POSTPONED = EventStatus.POSTPONED.value, POSTPONED


FINAL = frozenset({State.OVER, State.CANCELLED, State.POSTPONED})


@dataclass(frozen=True, slots=True)
class Row:
    """What judging needs to know of a row; `number` is what the answer names it by."""

    number: int
    on: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    group: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class AgendaFacts:
    """An event: its zone, dates, status, rows, and the days that were called off as a whole."""

    zone: ZoneInfo
    rows: Sequence[Row] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    precision: Precision = Precision.DAY
    status: EventStatus = EventStatus.SCHEDULED
    days_off: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """A row that takes place, from its start to its (perhaps guessed) end."""

    number: int
    on: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer: rows by number, the event's own date of today, and when the answer changes (None: it stays)."""

    state: State
    today: date
    now: tuple[int, ...] = ()
    next: tuple[int, ...] = ()
    untimed: tuple[int, ...] = ()
    today_off: bool = False
    until: datetime | None = None

    @property
    def sentence(self) -> str:
        """The state in words; empty while a row is on."""
        return str(self.state.texts[-1]) if self.today_off else self.state.label


def judge(facts: AgendaFacts, now: datetime) -> Judgement:
    """State, rows on now, the rows that start next (all that start together), and today's rows without a time.

    A row is on from its start up to, not including, its end. Rows that are cancelled, or whose day is, are neither.
    """
    today = now.astimezone(facts.zone).date()
    if facts.status in CALLED_OFF:
        return Judgement(State(facts.status), today)
    live = [row for row in facts.rows if takes_place(row, facts)]
    running = sorted(spans(facts), key=lambda span: (span.start, span.number))
    current = tuple(span.number for span in running if span.start <= now < span.end)
    upcoming = [span for span in running if span.start > now]
    untimed = tuple(row.number for row in live if row.on == today and row.starts_at is None)
    state = State.ON if current else _quiet_state(facts, live, running, upcoming, untimed, today, now)
    coming = () if state is State.OVER else tuple(span.number for span in upcoming if span.start == upcoming[0].start)
    until = None if state in FINAL else next_change(facts, now)
    return Judgement(state, today, current, coming, untimed, today in facts.days_off, until)


def over_at(facts: AgendaFacts) -> datetime | None:
    """The moment from which the event is over (`events.days`); None while it has no day."""
    return days.over_at(facts.starts_on, facts.ends_on, facts.precision, facts.zone, programme_ends_at(facts))


def programme_ends_at(facts: AgendaFacts) -> datetime | None:
    """The end of the last row; midnight after the last day with rows where one of them has no time. None: no row has a day."""
    live = [row for row in facts.rows if takes_place(row, facts)]
    last = max((day for row in live if (day := day_of(row, facts.zone))), default=None)
    if last is None:
        return None
    ends = [span.end for span in spans(facts)]
    if any(row.starts_at is None and day_of(row, facts.zone) == last for row in live):
        ends += [end for end in (days.midnight_after(last, facts.zone),) if end]
    return max(ends, default=None)


def next_change(facts: AgendaFacts, now: datetime) -> datetime:
    """The first moment after `now` at which the answer may differ: a start, an end, or midnight in the event's zone."""
    edges = [edge for span in spans(facts) for edge in (span.start, span.end) if edge > now]
    return min([*edges, midnight_after(now, facts.zone)])


def midnight_after(now: datetime, zone: ZoneInfo) -> datetime:
    """The next local midnight, in UTC."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone).astimezone(UTC)


def spans(facts: AgendaFacts) -> Iterator[Span]:
    """The rows that take place and have a start, each with its end."""
    off = {row.number for row in facts.rows if not takes_place(row, facts)}
    return (span for span in planned_spans(facts) if span.number not in off)


def planned_spans(facts: AgendaFacts) -> Iterator[Span]:
    """The rows that have a start, each with its end, whether they take place or not."""
    starts = _starts_by_day(facts)
    for row in facts.rows:
        if row.starts_at is not None:
            day = day_of(row, facts.zone) or row.starts_at.date()
            yield Span(row.number, day, row.starts_at, end_of(row, starts[day]))


def takes_place(row: Row, facts: AgendaFacts) -> bool:
    """Neither the row nor its day is called off."""
    return not row.cancelled and day_of(row, facts.zone) not in facts.days_off


def day_of(row: Row, zone: ZoneInfo) -> date | None:
    """The civil day a row belongs to; where none was set, that of its start in the event's zone."""
    return row.on or (row.starts_at.astimezone(zone).date() if row.starts_at else None)


def end_of(row: Row, same_day: Iterable[tuple[datetime, str]]) -> datetime:
    """The row's end; where none is known, the next start of its day outside its parallel group, three hours at most."""
    start = row.starts_at
    if start is None:
        raise ValueError("a row without a start has no end to guess")
    if row.ends_at is not None and row.ends_at > start:
        return row.ends_at
    later = (other for other, group in same_day if other > start and not (row.group and group == row.group))
    return min([start + LONGEST_GUESS, *later])


def _starts_by_day(facts: AgendaFacts) -> dict[date, list[tuple[datetime, str]]]:
    """Also cancelled rows bound the row before them: it was planned to end there."""
    starts: dict[date, list[tuple[datetime, str]]] = {}
    for row in facts.rows:
        day = day_of(row, facts.zone)
        if row.starts_at is not None and day is not None:
            starts.setdefault(day, []).append((row.starts_at, row.group))
    return starts


def _quiet_state(
    facts: AgendaFacts,
    live: list[Row],
    running: list[Span],
    upcoming: list[Span],
    untimed: tuple[int, ...],
    today: date,
    now: datetime,
) -> State:
    """The state while no row is on."""
    over = over_at(facts)
    if over is not None and now >= over:
        return State.OVER
    known = [day for row in live if (day := day_of(row, facts.zone)) is not None]
    first = min([*known, *facts.days_off]) if known else facts.starts_on
    if first is None or over is None or not (known or facts.precision == Precision.DAY):
        return State.UNDATED
    if not facts.rows:
        return State.NO_ROWS
    nothing_yet = not untimed and upcoming and len(upcoming) == len(running)
    if today < first or (today == first and nothing_yet and today not in facts.days_off):
        return State.NOT_BEGUN
    later_today = any(span.on == today or span.start < midnight_after(now, facts.zone) for span in upcoming)
    return State.BETWEEN if untimed or later_today else State.NOTHING_TODAY
