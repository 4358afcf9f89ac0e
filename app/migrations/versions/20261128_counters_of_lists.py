"""what is counted at each list, kept beside the rows.

Revision: 0007, after 0006. Written 2026-11-28 07:20:00.
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

COUNT = """
    INSERT INTO list_counters (list_id, shard, inside, clicks, exits, changes)
    SELECT list_id, 0, SUM(inside), SUM(clicks), SUM(exits), SUM(changes) FROM (
        SELECT admissions.list_id AS list_id, COUNT(*) AS inside, 0 AS clicks, 0 AS exits, 0 AS changes
        FROM admissions JOIN tickets ON tickets.id = admissions.ticket_id
        WHERE admissions.released_by IS NULL AND NOT tickets.rehearsal GROUP BY admissions.list_id
        UNION ALL
        SELECT list_id, 0, SUM(CASE WHEN rehearsal THEN 0 ELSE delta END), 0, COUNT(*) FROM headcounts GROUP BY list_id
        UNION ALL
        SELECT list_id, 0, 0, SUM(CASE WHEN result = 'exited' AND NOT rehearsal THEN 1 ELSE 0 END), COUNT(*)
        FROM scans GROUP BY list_id
    ) AS parts GROUP BY list_id
"""


def upgrade() -> None:
    op.create_table(
        'list_counters',
        sa.Column('list_id', sa.Uuid(), nullable=False),
        sa.Column('shard', sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column('inside', sa.Integer(), nullable=False),
        sa.Column('clicks', sa.Integer(), nullable=False),
        sa.Column('exits', sa.Integer(), nullable=False),
        sa.Column('changes', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['list_id'], ['check_in_lists.id'], name=op.f('fk_list_counters_list_id_check_in_lists'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('list_id', 'shard', name=op.f('pk_list_counters')),
    )
    op.execute(COUNT)


def downgrade() -> None:
    op.drop_table('list_counters')
