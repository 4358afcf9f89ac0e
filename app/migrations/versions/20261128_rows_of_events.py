"""what belongs to an event is deleted with it: foreign keys in place of a bare id.

Revision: 0011, after 0010. Written 2026-11-28. Rows of events that were deleted before go now.

All of it is one transaction, as every migration, so that nothing would be gained by NOT VALID: on PostgreSQL the tables take no
writes until it ends (reading goes on), 0.6 s with 200,000 scans. They are locked first, in the order in which the door and the
forms write them, so that nobody's half-done write and this wait for each other. SQLite makes each table anew: 6 s with as many.
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

SCOPED = (
    'registration_desks', 'registration_questions', 'registration_totals', 'registrations', 'tickets', 'check_in_lists', 'devices',
    'attendance_totals',
)
BELOW = {
    'scans': (('device_id', 'devices'), ('list_id', 'check_in_lists')),
    'admissions': (('ticket_id', 'tickets'), ('list_id', 'check_in_lists'), ('scan_id', 'scans'), ('released_by', 'scans')),
    'conflicts': (('scan_id', 'scans'),),
    'headcounts': (('list_id', 'check_in_lists'), ('device_id', 'devices')),
}


def lost(table: str) -> str:
    """Ids of the rows of a table whose event is gone."""
    return f'SELECT id FROM {table} WHERE scope NOT IN (SELECT id FROM events)'


LISTS, DEVICES, GUESTS = lost('check_in_lists'), lost('devices'), lost('registrations')
TICKETS = f'{lost("tickets")} OR registration_id IN ({GUESTS})'
SCANS = f'SELECT id FROM scans WHERE list_id IN ({LISTS}) OR device_id IN ({DEVICES})'
ORPHANS = (  # children first
    ('conflicts', f'scan_id IN ({SCANS})'),
    ('admissions', f'list_id IN ({LISTS}) OR ticket_id IN ({TICKETS}) OR scan_id IN ({SCANS}) OR released_by IN ({SCANS})'),
    ('headcounts', f'list_id IN ({LISTS}) OR device_id IN ({DEVICES})'),
    ('scans', f'list_id IN ({LISTS}) OR device_id IN ({DEVICES})'),
    ('list_counters', f'list_id IN ({LISTS})'),
    ('outbox_mails', f'subject_id IN ({GUESTS})'),
    ('registration_answers', f'registration_id IN ({GUESTS}) OR question_id IN ({lost("registration_questions")})'),
    ('revoked_codes', f'ticket_id IN ({TICKETS})'),
    ('tickets', f'id IN ({TICKETS})'),
    *((table, 'scope NOT IN (SELECT id FROM events)') for table in SCOPED if table != 'tickets'),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f"LOCK TABLE {', '.join((*SCOPED, *BELOW))}, events IN SHARE ROW EXCLUSIVE MODE")
    for table, where in ORPHANS:
        op.execute(sa.text(f'DELETE FROM {table} WHERE {where}'))
    for table in SCOPED:
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(op.f(f'fk_{table}_scope_events'), 'events', ['scope'], ['id'], ondelete='CASCADE')
    point_below('CASCADE')


def downgrade() -> None:
    point_below(None)
    for table in SCOPED:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f'fk_{table}_scope_events'), type_='foreignkey')


def point_below(ondelete: str | None) -> None:
    """Make the keys of what hangs below anew."""
    for table, keys in BELOW.items():
        with op.batch_alter_table(table) as batch:
            for column, parent in keys:
                name = op.f(f'fk_{table}_{column}_{parent}')
                batch.drop_constraint(name, type_='foreignkey')
                batch.create_foreign_key(name, parent, [column], ['id'], ondelete=ondelete)
