"""every change that people are told of, for feeds that show each as a new entry; where an event is joined from afar.

Revision: 0008, after 0007. Written 2026-11-28 07:40:00.
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'event_changes',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('event_id', sa.Uuid(), nullable=False),
        sa.Column('owner', sa.Uuid(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('before', sa.JSON(), nullable=False),
        sa.Column('after', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_changes_event_id_events'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_event_changes')),
        sa.UniqueConstraint('owner', 'sequence', name=op.f('uq_event_changes_owner_sequence')),
    )
    with op.batch_alter_table('event_changes') as batch:
        batch.create_index('ix_event_changes_event_id_at', ['event_id', 'at'], unique=False)
    op.add_column('events', sa.Column('online_url', sa.String(length=500), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    with op.batch_alter_table('events') as batch:
        batch.drop_column('online_url')
    op.drop_table('event_changes')
