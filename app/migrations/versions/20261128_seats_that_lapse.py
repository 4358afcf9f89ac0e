"""seats that lapse when nobody confirms their address; whether an event is full, for its page.

Revision: 0010, after 0009. Written 2026-11-28. What is registered already keeps its seats.
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('registration_desks') as batch:
        batch.add_column(sa.Column('hold_hours', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('full', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('registrations') as batch:
        batch.add_column(sa.Column('hold_until', sa.DateTime(timezone=True), nullable=True))
        batch.create_index('ix_registrations_hold_until', ['hold_until'], unique=False)
    desks = sa.table(
        'registration_desks', sa.column('scope', sa.Uuid()), sa.column('mode', sa.String()), sa.column('capacity', sa.Integer()),
        sa.column('full', sa.Boolean()), sa.column('hold_hours', sa.Integer()),
    )
    registrations = sa.table(
        'registrations', sa.column('scope', sa.Uuid()), sa.column('status', sa.String()), sa.column('party_size', sa.Integer()),
    )
    mine = registrations.c.scope == desks.c.scope
    taken = sa.select(sa.func.coalesce(sa.func.sum(registrations.c.party_size), 0))
    taken = taken.where(mine, registrations.c.status == 'confirmed').scalar_subquery()
    waits = sa.exists().where(
        mine, registrations.c.status == 'waitlisted', registrations.c.party_size <= desks.c.capacity
    )
    op.execute(sa.update(desks).values(hold_hours=24))
    op.execute(
        sa.update(desks)
        .where(desks.c.capacity.is_not(None), desks.c.mode != 'none', sa.or_(taken >= desks.c.capacity, waits))
        .values(full=sa.true())
    )


def downgrade() -> None:
    with op.batch_alter_table('registrations') as batch:
        batch.drop_index('ix_registrations_hold_until')
        batch.drop_column('hold_until')
    with op.batch_alter_table('registration_desks') as batch:
        batch.drop_column('full')
        batch.drop_column('hold_hours')
