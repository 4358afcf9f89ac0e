"""when an event is past and where it stands among others, so that lists of many are cut by the database.

Revision: 0005, after 0004. Written 2026-11-24 04:55:00.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

UNDATED = '9999-13-0-9999-12-31'
ORDER = {'day': 0, 'month': 1, 'year': 2}


def rank_of(starts_on: date | None, precision: str) -> str:
    if starts_on is None:
        return UNDATED
    month = 12 if precision == 'year' else starts_on.month
    return f'{starts_on.year:04}-{month:02}-{ORDER[precision]}-{starts_on.isoformat()}'


def over_at_of(starts_on: date | None, ends_on: date | None, precision: str, timezone: str) -> datetime | None:
    last = ends_on or starts_on
    if last is None:
        return None
    if precision != 'day':
        month = 12 if precision == 'year' else last.month
        last = date(last.year, month, monthrange(last.year, month)[1])
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


def upgrade() -> None:
    with op.batch_alter_table('events') as batch:
        batch.add_column(sa.Column('over_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('rank', sa.String(length=24), nullable=False, server_default=UNDATED))
        batch.create_index('ix_events_over_at', ['over_at'], unique=False)
        batch.create_index('ix_events_rank', ['rank', 'slug'], unique=False)
    events = sa.table(
        'events', sa.column('id', sa.Uuid()), sa.column('starts_on', sa.Date()), sa.column('ends_on', sa.Date()),
        sa.column('date_precision', sa.String()), sa.column('timezone', sa.String()), sa.column('rank', sa.String()),
        sa.column('over_at', sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    wanted = sa.select(events.c.id, events.c.starts_on, events.c.ends_on, events.c.date_precision, events.c.timezone)
    for ident, starts_on, ends_on, precision, timezone in connection.execute(wanted).all():
        values = {'rank': rank_of(starts_on, precision), 'over_at': over_at_of(starts_on, ends_on, precision, timezone)}
        connection.execute(sa.update(events).where(events.c.id == ident).values(**values))
    with op.batch_alter_table('events') as batch:
        batch.alter_column('rank', existing_type=sa.String(length=24), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('events') as batch:
        batch.drop_index('ix_events_rank')
        batch.drop_index('ix_events_over_at')
        batch.drop_column('rank')
        batch.drop_column('over_at')
