"""tickets that were lost and replaced: the generation of a page's secret address, and the addresses from before.

Revision: 0012, after 0011. Written 2026-11-28. Every page has its first address.
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('registrations') as batch:
        batch.add_column(sa.Column('link_generation', sa.Integer(), nullable=False, server_default=sa.text('1')))
    op.create_table(
        'replaced_links',
        sa.Column('link_hash', sa.LargeBinary(length=32), nullable=False),
        sa.Column('registration_id', sa.Uuid(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('form_key', sa.Uuid(), nullable=True),
        sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['registration_id'], ['registrations.id'], name=op.f('fk_replaced_links_registration_id_registrations'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('link_hash', name=op.f('pk_replaced_links')),
    )
    with op.batch_alter_table('replaced_links') as batch:
        batch.create_index(batch.f('ix_replaced_links_registration_id'), ['registration_id'], unique=False)


def downgrade() -> None:
    op.drop_table('replaced_links')
    with op.batch_alter_table('registrations') as batch:
        batch.drop_column('link_generation')
