"""the door: confirmed mail addresses, needs, questions, lists of several kinds, phones that are seen, proofs of deletion.

Revision: 0003, after 0002. Written 2026-11-23 23:44:09.

Addresses that were there before have had their ticket mail, so they count as confirmed.
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

NO, YES, NOTHING, ZERO = sa.false(), sa.true(), '', '0'


# Rows that are there get a default; new ones get it from the application, so it does not stay in the table.
FILLED = {
    'check_in_lists': ('kind', 'position', 'is_venue_door'),
    'devices': ('unsent', 'highest_seq', 'searches'),
    'headcounts': ('offset_ms', 'rehearsal'),
    'registration_desks': ('waiting_list', 'confirm_first', 'ask_needs', 'reminder_hours'),
    'registrations': ('companions', 'tell_door'),
}


def replace_check(batch, table: str, column: str, words: tuple[str, ...]) -> None:
    """The column takes these words from now on."""
    name = op.f(f'ck_{table}_{column}')
    batch.drop_constraint(name, type_='check')
    batch.create_check_constraint(name, sa.text(f"{column} IN ({', '.join(repr(word) for word in words)})"))


def upgrade() -> None:
    make_tables()
    with op.batch_alter_table('check_in_lists') as batch:
        batch.add_column(sa.Column('kind', sa.String(length=5), nullable=False, server_default='event'))
        batch.add_column(sa.Column('position', sa.Integer(), nullable=False, server_default=ZERO))
        batch.add_column(sa.Column('on', sa.Date(), nullable=True))
        batch.add_column(sa.Column('item_id', sa.Uuid(), nullable=True))
        batch.add_column(sa.Column('is_venue_door', sa.Boolean(), nullable=False, server_default=YES))
        batch.create_check_constraint(op.f('ck_check_in_lists_kind'), sa.text("kind IN ('event', 'day', 'item', 'coach')"))
    with op.batch_alter_table('devices') as batch:
        batch.add_column(sa.Column('next_token_hash', sa.LargeBinary(length=32), nullable=True))
        batch.add_column(sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('list_synced_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('unsent', sa.Integer(), nullable=False, server_default=ZERO))
        batch.add_column(sa.Column('highest_seq', sa.Integer(), nullable=False, server_default=ZERO))
        batch.add_column(sa.Column('searches', sa.Integer(), nullable=False, server_default=ZERO))
        batch.add_column(sa.Column('searches_since', sa.DateTime(timezone=True), nullable=True))
        batch.create_unique_constraint(op.f('uq_devices_next_token_hash'), ['next_token_hash'])
    with op.batch_alter_table('headcounts') as batch:
        batch.add_column(sa.Column('offset_ms', sa.BigInteger(), nullable=False, server_default=ZERO))
        batch.add_column(sa.Column('rehearsal', sa.Boolean(), nullable=False, server_default=NO))
    with op.batch_alter_table('registration_desks') as batch:
        replace_check(batch, 'registration_desks', 'mode', ('none', 'optional', 'required'))
        batch.add_column(sa.Column('waiting_list', sa.Boolean(), nullable=False, server_default=YES))
        batch.add_column(sa.Column('confirm_first', sa.Boolean(), nullable=False, server_default=NO))
        batch.add_column(sa.Column('ask_needs', sa.Boolean(), nullable=False, server_default=YES))
        batch.add_column(sa.Column('reminder_hours', sa.JSON(), nullable=False, server_default='[168, 24]'))
    with op.batch_alter_table('registrations') as batch:
        replace_check(batch, 'registrations', 'status', ('pending', 'confirmed', 'waitlisted', 'cancelled'))
        batch.add_column(sa.Column('email_confirmed_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('mail_hash', sa.LargeBinary(length=32), nullable=True))
        batch.add_column(sa.Column('companions', sa.Text(), nullable=False, server_default=NOTHING))
        batch.add_column(sa.Column('needs', sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column('tell_door', sa.Boolean(), nullable=False, server_default=NO))
        batch.add_column(sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
        batch.create_unique_constraint(op.f('uq_registrations_mail_hash'), ['mail_hash'])
        batch.drop_index('ix_registrations_scope_status')
        batch.create_index('ix_registrations_scope_status_position', ['scope', 'status', 'position'], unique=False)
    for table, columns in FILLED.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(column, server_default=None)
    op.execute("UPDATE registrations SET email_confirmed_at = created_at WHERE email <> ''")
    op.create_index('ix_scans_list_id_received_at', 'scans', ['list_id', 'received_at'])
    op.add_column('tickets', sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
    op.execute('UPDATE tickets SET changed_at = created_at')
    with op.batch_alter_table('tickets') as batch:
        batch.alter_column('changed_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch.create_index('ix_tickets_scope_changed_at', ['scope', 'changed_at'])


def make_tables() -> None:
    op.create_table(
        'audit_entries',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('scope', sa.Uuid(), nullable=False),
        sa.Column('by', sa.String(length=8), nullable=False),
        sa.Column('actor', sa.Uuid(), nullable=True),
        sa.Column('verb', sa.String(length=40), nullable=False),
        sa.Column('subject_id', sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries')),
    )
    op.create_index('ix_audit_entries_scope_at', 'audit_entries', ['scope', 'at'])
    op.create_table(
        'deletions',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('scope', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deletions')),
    )
    op.create_index('ix_deletions_scope_at', 'deletions', ['scope', 'at'])
    op.create_table(
        'rate_counts',
        sa.Column('who', sa.LargeBinary(length=32), nullable=False),
        sa.Column('window_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('who', 'window_at', name=op.f('pk_rate_counts')),
    )
    op.create_table(
        'registration_questions',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('scope', sa.Uuid(), nullable=False),
        sa.Column('key', sa.String(length=40), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=8), nullable=False),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.Column('required', sa.Boolean(), nullable=False),
        sa.Column('at_door', sa.Boolean(), nullable=False),
        sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('choice', 'tick', 'text')", name=op.f('ck_registration_questions_kind')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_questions')),
        sa.UniqueConstraint('scope', 'key', name=op.f('uq_registration_questions_scope_key')),
    )
    op.create_table(
        'registration_answers',
        sa.Column('registration_id', sa.Uuid(), nullable=False),
        sa.Column('question_id', sa.Uuid(), nullable=False),
        sa.Column('value', sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ['question_id'], ['registration_questions.id'], ondelete='CASCADE',
            name=op.f('fk_registration_answers_question_id_registration_questions'),
        ),
        sa.ForeignKeyConstraint(
            ['registration_id'], ['registrations.id'], ondelete='CASCADE',
            name=op.f('fk_registration_answers_registration_id_registrations'),
        ),
        sa.PrimaryKeyConstraint('registration_id', 'question_id', name=op.f('pk_registration_answers')),
    )  # fmt: skip


def downgrade() -> None:
    with op.batch_alter_table('tickets') as batch:
        batch.drop_index('ix_tickets_scope_changed_at')
        batch.drop_column('changed_at')
    op.drop_index('ix_scans_list_id_received_at', 'scans')
    for table in ('tickets', 'registrations'):
        op.execute(f"UPDATE {table} SET status = 'cancelled' WHERE status = 'pending'")
    with op.batch_alter_table('registrations') as batch:
        replace_check(batch, 'registrations', 'status', ('confirmed', 'waitlisted', 'cancelled'))
        batch.drop_index('ix_registrations_scope_status_position')
        batch.create_index('ix_registrations_scope_status', ['scope', 'status'], unique=False)
        batch.drop_constraint(op.f('uq_registrations_mail_hash'), type_='unique')
        for name in ('erased_at', 'changed_at', 'tell_door', 'needs', 'companions', 'mail_hash', 'email_confirmed_at'):
            batch.drop_column(name)
    op.execute("DELETE FROM registration_desks WHERE mode = 'none'")
    with op.batch_alter_table('registration_desks') as batch:
        replace_check(batch, 'registration_desks', 'mode', ('optional', 'required'))
        for name in ('reminder_hours', 'ask_needs', 'confirm_first', 'waiting_list'):
            batch.drop_column(name)
    with op.batch_alter_table('headcounts') as batch:
        batch.drop_column('rehearsal')
        batch.drop_column('offset_ms')
    with op.batch_alter_table('devices') as batch:
        batch.drop_constraint(op.f('uq_devices_next_token_hash'), type_='unique')
        for name in ('searches_since', 'searches', 'highest_seq', 'unsent', 'list_synced_at', 'last_seen_at', 'next_token_hash'):
            batch.drop_column(name)
    with op.batch_alter_table('check_in_lists') as batch:
        batch.drop_constraint(op.f('ck_check_in_lists_kind'), type_='check')
        for name in ('is_venue_door', 'item_id', 'on', 'position', 'kind'):
            batch.drop_column(name)
    op.drop_table('registration_answers')
    op.drop_table('registration_questions')
    op.drop_table('rate_counts')
    op.drop_table('deletions')
    op.drop_table('audit_entries')
