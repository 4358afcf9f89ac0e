"""when the programme of an event ends, so that its page, its form and lists of events are over at one moment.

Revision: 0009, after 0008. Written 2026-11-28.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

LONGEST_GUESS, NIGHT = timedelta(hours=3), timedelta(hours=6)
EVENTS = sa.table(
    'events', sa.column('id', sa.Uuid()), sa.column('starts_on', sa.Date()), sa.column('ends_on', sa.Date()),
    sa.column('date_precision', sa.String()), sa.column('timezone', sa.String()),
    sa.column('over_at', sa.DateTime(timezone=True)), sa.column('programme_ends_at', sa.DateTime(timezone=True)),
)
ITEMS = sa.table(
    'agenda_items', sa.column('event_id', sa.Uuid()), sa.column('on', sa.Date()), sa.column('status', sa.String()),
    sa.column('starts_at', sa.DateTime(timezone=True)), sa.column('ends_at', sa.DateTime(timezone=True)),
    sa.column('parallel_group', sa.String()),
)
DAYS = sa.table('event_days', sa.column('event_id', sa.Uuid()), sa.column('on', sa.Date()), sa.column('status', sa.String()))


def aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def end_of_programme(rows: list, days_off: set[date], zone: ZoneInfo) -> datetime | None:
    known = []  # (day, start, end, group, takes place) of each row with a day
    for row in rows:
        start = aware(row.starts_at)
        day = row.on or (start.astimezone(zone).date() if start else None)
        if day is not None:
            takes_place = row.status != 'cancelled' and day not in days_off
            known.append((day, start, aware(row.ends_at), row.parallel_group, takes_place))
    live = [row for row in known if row[4]]
    if not live:
        return None
    last, ends = max(row[0] for row in live), []
    for day, start, end, group, _ in live:
        if start is None:
            ends += [midnight_after(last, zone)] if day == last else []
        elif end is not None and end > start:
            ends.append(end)
        else:
            later = [one for on, one, _, other, _ in known if on == day and one and one > start and not (group and other == group)]
            ends.append(min([start + LONGEST_GUESS, *later]))
    return max(ends, default=None)


def over_at(event: sa.Row, ends_at: datetime, zone: ZoneInfo) -> datetime:
    last = (event.ends_on or event.starts_on) if event.date_precision == 'day' else None
    if last is None or (ends_at.astimezone(zone) - NIGHT).date() >= last:
        return ends_at
    return midnight_after(last, zone)


def upgrade() -> None:
    with op.batch_alter_table('events') as batch:
        batch.add_column(sa.Column('programme_ends_at', sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    rows, days_off = defaultdict(list), defaultdict(set)
    for row in connection.execute(sa.select(ITEMS)):
        rows[row.event_id].append(row)
    for day in connection.execute(sa.select(DAYS).where(DAYS.c.status.in_(('cancelled', 'postponed')))):
        days_off[day.event_id].add(day.on)
    for event in connection.execute(sa.select(EVENTS)).all():
        zone = ZoneInfo(event.timezone)
        ends_at = end_of_programme(rows[event.id], days_off[event.id], zone)
        if ends_at is not None:
            values = {'programme_ends_at': ends_at, 'over_at': over_at(event, ends_at, zone)}
            connection.execute(sa.update(EVENTS).where(EVENTS.c.id == event.id).values(**values))


def downgrade() -> None:
    with op.batch_alter_table('events') as batch:
        batch.drop_column('programme_ends_at')
