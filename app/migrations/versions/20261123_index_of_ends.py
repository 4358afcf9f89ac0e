"""index of the scans that ended an admission: without it, deleting an event's scans takes time by their square.

Revision: 0002, after 0001. Written 2026-11-23 22:18:00.
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

SOME = sa.text('released_by IS NOT NULL')


def upgrade() -> None:
    op.create_index('ix_admissions_released_by', 'admissions', ['released_by'], unique=False, sqlite_where=SOME, postgresql_where=SOME)


def downgrade() -> None:
    op.drop_index('ix_admissions_released_by', 'admissions', sqlite_where=SOME, postgresql_where=SOME)
