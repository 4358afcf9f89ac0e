"""initial tables.

Revision: 0001, the first. Written 2026-11-23 22:15:07.360063.
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attendance_totals',
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.String(length=40), nullable=False),
    sa.Column('admitted', sa.Integer(), nullable=False),
    sa.Column('exits', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('walk_ins', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'slug', name=op.f('pk_attendance_totals'))
    )
    op.create_table('catalogue_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_catalogue_version'))
    )
    op.create_table('check_in_lists',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.String(length=40), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('re_entry', sa.Boolean(), nullable=False),
    sa.Column('count_exits', sa.Boolean(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in_lists')),
    sa.UniqueConstraint('scope', 'slug', name=op.f('uq_check_in_lists_scope_slug'))
    )
    op.create_table('devices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('lists', sa.String(length=400), nullable=False),
    sa.Column('may_supervise', sa.Boolean(), nullable=False),
    sa.Column('enrol_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('enrol_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('enrolled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_devices')),
    sa.UniqueConstraint('enrol_hash', name=op.f('uq_devices_enrol_hash')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_devices_token_hash'))
    )
    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_devices_scope'), ['scope'], unique=False)

    op.create_table('local_texts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('owner', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('source_lang', sa.String(length=8), nullable=False),
    sa.Column('source_version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_local_texts')),
    sa.UniqueConstraint('owner', 'kind', name=op.f('uq_local_texts_owner_kind'))
    )
    with op.batch_alter_table('local_texts', schema=None) as batch_op:
        batch_op.create_index('ix_local_texts_scope', ['scope'], unique=False)

    op.create_table('outbox_mails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('variant', sa.String(length=40), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mails')),
    sa.UniqueConstraint('kind', 'subject_id', 'variant', name=op.f('uq_outbox_mails_kind_subject_id_variant'))
    )
    with op.batch_alter_table('outbox_mails', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_mails_next_try_at', ['next_try_at'], unique=False)

    op.create_table('places',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('timezone', sa.String(length=40), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=False),
    sa.Column('longitude', sa.Float(), nullable=False),
    sa.Column('coordinates_of', sa.String(length=80), nullable=False),
    sa.Column('seat', sa.String(length=160), nullable=False),
    sa.Column('population', sa.Integer(), nullable=True),
    sa.Column('population_note', sa.String(length=200), nullable=False),
    sa.Column('websites', sa.JSON(), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_places')),
    sa.UniqueConstraint('slug', name=op.f('uq_places_slug'))
    )
    with op.batch_alter_table('places', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_places_country'), ['country'], unique=False)

    op.create_table('registration_desks',
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('mode', sa.String(length=8), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('party_max', sa.Integer(), nullable=False),
    sa.CheckConstraint("mode IN ('optional', 'required')", name=op.f('ck_registration_desks_mode')),
    sa.CheckConstraint('party_max >= 1', name=op.f('ck_registration_desks_party')),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_registration_desks'))
    )
    op.create_table('registration_totals',
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('confirmed', sa.Integer(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('waitlisted', sa.Integer(), nullable=False),
    sa.Column('cancelled', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_registration_totals'))
    )
    op.create_table('registrations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('form_key', sa.Uuid(), nullable=False),
    sa.Column('link_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('party_size', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('confirmed', 'waitlisted', 'cancelled')", name=op.f('ck_registrations_status')),
    sa.CheckConstraint('party_size >= 1', name=op.f('ck_registrations_party')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registrations')),
    sa.UniqueConstraint('link_hash', name=op.f('uq_registrations_link_hash')),
    sa.UniqueConstraint('scope', 'form_key', name=op.f('uq_registrations_scope_form_key'))
    )
    with op.batch_alter_table('registrations', schema=None) as batch_op:
        batch_op.create_index('ix_registrations_scope_status', ['scope', 'status'], unique=False)

    op.create_table('headcounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('list_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('delta', sa.Integer(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_headcounts_device_id_devices')),
    sa.ForeignKeyConstraint(['list_id'], ['check_in_lists.id'], name=op.f('fk_headcounts_list_id_check_in_lists')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_headcounts'))
    )
    with op.batch_alter_table('headcounts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_headcounts_list_id'), ['list_id'], unique=False)

    op.create_table('place_names',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('value', sa.String(length=160), nullable=False),
    sa.Column('folded', sa.String(length=340), nullable=False),
    sa.CheckConstraint("kind IN ('official', 'exonym', 'ascii', 'historical')", name=op.f('ck_place_names_kind')),
    sa.ForeignKeyConstraint(['place_id'], ['places.id'], name=op.f('fk_place_names_place_id_places'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place_names')),
    sa.UniqueConstraint('place_id', 'kind', 'lang', 'value', name=op.f('uq_place_names_place_id_kind_lang_value'))
    )
    with op.batch_alter_table('place_names', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_place_names_folded'), ['folded'], unique=False)
        batch_op.create_index(batch_op.f('ix_place_names_place_id'), ['place_id'], unique=False)

    op.create_table('place_years',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.CheckConstraint("role IN ('applicant', 'candidate', 'title_holder', 'partner')", name=op.f('ck_place_years_role')),
    sa.ForeignKeyConstraint(['place_id'], ['places.id'], name=op.f('fk_place_years_place_id_places'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place_years')),
    sa.UniqueConstraint('place_id', 'year', 'role', name=op.f('uq_place_years_place_id_year_role'))
    )
    op.create_table('scans',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('list_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=5), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('undoes', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('ticket_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('offset_ms', sa.BigInteger(), nullable=False),
    sa.Column('mode', sa.String(length=7), nullable=False),
    sa.Column('local', sa.String(length=8), nullable=True),
    sa.Column('result', sa.String(length=12), nullable=False),
    sa.Column('winner_id', sa.Uuid(), nullable=True),
    sa.Column('admitted', sa.Integer(), nullable=False),
    sa.Column('typed', sa.Boolean(), nullable=False),
    sa.Column('rehearsal', sa.Boolean(), nullable=False),
    sa.CheckConstraint("direction IN ('entry', 'exit', 'undo')", name=op.f('ck_scans_direction')),
    sa.CheckConstraint("mode IN ('online', 'offline')", name=op.f('ck_scans_mode')),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_scans_device_id_devices')),
    sa.ForeignKeyConstraint(['list_id'], ['check_in_lists.id'], name=op.f('fk_scans_list_id_check_in_lists')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scans'))
    )
    with op.batch_alter_table('scans', schema=None) as batch_op:
        batch_op.create_index('ix_scans_device_id_received_at', ['device_id', 'received_at'], unique=False)
        batch_op.create_index('ix_scans_list_id_ticket_id', ['list_id', 'ticket_id'], unique=False)

    op.create_table('tickets',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Uuid(), nullable=False),
    sa.Column('registration_id', sa.Uuid(), nullable=True),
    sa.Column('reference', sa.String(length=8), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('holder', sa.String(length=120), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('party_size', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('lists', sa.String(length=400), nullable=True),
    sa.Column('rehearsal', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registrations.id'], name=op.f('fk_tickets_registration_id_registrations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_tickets_code_hash')),
    sa.UniqueConstraint('scope', 'reference', name=op.f('uq_tickets_scope_reference'))
    )
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.create_index('ix_tickets_registration_id', ['registration_id'], unique=False)

    op.create_table('translations',
    sa.Column('text_id', sa.Uuid(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('folded', sa.Text(), nullable=False),
    sa.Column('origin', sa.String(length=8), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('source_version', sa.Integer(), nullable=False),
    sa.Column('actor', sa.Uuid(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("origin IN ('human', 'machine', 'import')", name=op.f('ck_translations_origin')),
    sa.CheckConstraint("status IN ('draft', 'unreviewed', 'reviewed')", name=op.f('ck_translations_status')),
    sa.ForeignKeyConstraint(['text_id'], ['local_texts.id'], name=op.f('fk_translations_text_id_local_texts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('text_id', 'lang', name=op.f('pk_translations'))
    )
    with op.batch_alter_table('translations', schema=None) as batch_op:
        batch_op.create_index('ix_translations_lang_status', ['lang', 'status'], unique=False)

    op.create_table('venues',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('wheelchair', sa.String(length=7), nullable=False),
    sa.Column('step_free', sa.String(length=7), nullable=False),
    sa.Column('toilet', sa.String(length=7), nullable=False),
    sa.Column('hearing_loop', sa.String(length=7), nullable=False),
    sa.CheckConstraint("hearing_loop IN ('yes', 'partly', 'no', 'unknown')", name=op.f('ck_venues_hearing_loop')),
    sa.CheckConstraint("step_free IN ('yes', 'partly', 'no', 'unknown')", name=op.f('ck_venues_step_free')),
    sa.CheckConstraint("toilet IN ('yes', 'partly', 'no', 'unknown')", name=op.f('ck_venues_toilet')),
    sa.CheckConstraint("wheelchair IN ('yes', 'partly', 'no', 'unknown')", name=op.f('ck_venues_wheelchair')),
    sa.ForeignKeyConstraint(['place_id'], ['places.id'], name=op.f('fk_venues_place_id_places'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_venues'))
    )
    with op.batch_alter_table('venues', schema=None) as batch_op:
        batch_op.create_index('ix_venues_place_id', ['place_id'], unique=False)

    op.create_table('admissions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('ticket_id', sa.Uuid(), nullable=False),
    sa.Column('list_id', sa.Uuid(), nullable=False),
    sa.Column('pass_no', sa.Integer(), nullable=False),
    sa.Column('scan_id', sa.Uuid(), nullable=False),
    sa.Column('released_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['list_id'], ['check_in_lists.id'], name=op.f('fk_admissions_list_id_check_in_lists')),
    sa.ForeignKeyConstraint(['released_by'], ['scans.id'], name=op.f('fk_admissions_released_by_scans')),
    sa.ForeignKeyConstraint(['scan_id'], ['scans.id'], name=op.f('fk_admissions_scan_id_scans')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_admissions_ticket_id_tickets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_admissions'))
    )
    with op.batch_alter_table('admissions', schema=None) as batch_op:
        batch_op.create_index('ix_admissions_list_id', ['list_id'], unique=False)
        batch_op.create_index('ix_admissions_scan_id', ['scan_id'], unique=False)
        batch_op.create_index('ix_admissions_ticket_id_list_id', ['ticket_id', 'list_id'], unique=False)
        batch_op.create_index('uq_admissions_live', ['ticket_id', 'list_id', 'pass_no'], unique=True, sqlite_where=sa.text('released_by IS NULL'), postgresql_where=sa.text('released_by IS NULL'))

    op.create_table('conflicts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scan_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['scan_id'], ['scans.id'], name=op.f('fk_conflicts_scan_id_scans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflicts')),
    sa.UniqueConstraint('scan_id', name=op.f('uq_conflicts_scan_id'))
    )
    op.create_table('events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('access', sa.String(length=10), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=True),
    sa.Column('venue_id', sa.Uuid(), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('timezone', sa.String(length=40), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('date_precision', sa.String(length=5), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('source_lang', sa.String(length=8), nullable=False),
    sa.Column('fallback', sa.String(length=6), nullable=False),
    sa.Column('sources', sa.JSON(), nullable=False),
    sa.Column('unverified', sa.JSON(), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('featured', sa.Integer(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("access IN ('public', 'registered', 'invited')", name=op.f('ck_events_access')),
    sa.CheckConstraint("date_precision IN ('day', 'month', 'year')", name=op.f('ck_events_date_precision')),
    sa.CheckConstraint("kind IN ('ceremony', 'exchange_visit', 'forum', 'webinar', 'meeting', 'gathering')", name=op.f('ck_events_kind')),
    sa.CheckConstraint("status IN ('scheduled', 'cancelled', 'postponed', 'moved_online')", name=op.f('ck_events_status')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_events_dates')),
    sa.ForeignKeyConstraint(['place_id'], ['places.id'], name=op.f('fk_events_place_id_places')),
    sa.ForeignKeyConstraint(['venue_id'], ['venues.id'], name=op.f('fk_events_venue_id_venues')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events')),
    sa.UniqueConstraint('slug', name=op.f('uq_events_slug'))
    )
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.create_index('ix_events_place_id', ['place_id'], unique=False)
        batch_op.create_index('ix_events_starts_on', ['starts_on'], unique=False)

    op.create_table('revoked_codes',
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('ticket_id', sa.Uuid(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_revoked_codes_ticket_id_tickets'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_revoked_codes'))
    )
    with op.batch_alter_table('revoked_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revoked_codes_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('rooms',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('venue_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['venue_id'], ['venues.id'], name=op.f('fk_rooms_venue_id_venues'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rooms'))
    )
    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rooms_venue_id'), ['venue_id'], unique=False)

    op.create_table('event_days',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.CheckConstraint("status IN ('scheduled', 'cancelled', 'postponed', 'moved_online')", name=op.f('ck_event_days_status')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_days_event_id_events'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_days')),
    sa.UniqueConstraint('event_id', 'on', name=op.f('uq_event_days_event_id_on'))
    )
    op.create_table('people',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_people_event_id_events'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_people'))
    )
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_people_event_id'), ['event_id'], unique=False)

    op.create_table('tracks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_tracks_event_id_events'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tracks'))
    )
    with op.batch_alter_table('tracks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tracks_event_id'), ['event_id'], unique=False)

    op.create_table('agenda_items',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('status', sa.String(length=11), nullable=False),
    sa.Column('access', sa.String(length=10), nullable=False),
    sa.Column('on', sa.Date(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('doors_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('latest_arrival_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('old_starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('old_ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('old_venue_id', sa.Uuid(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('venue_id', sa.Uuid(), nullable=True),
    sa.Column('room_id', sa.Uuid(), nullable=True),
    sa.Column('track_id', sa.Uuid(), nullable=True),
    sa.Column('parallel_group', sa.String(length=20), nullable=False),
    sa.Column('repeats', sa.Integer(), nullable=True),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('interpretations', sa.JSON(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("access IN ('public', 'registered', 'invited')", name=op.f('ck_agenda_items_access')),
    sa.CheckConstraint("status IN ('scheduled', 'provisional', 'cancelled')", name=op.f('ck_agenda_items_status')),
    sa.CheckConstraint('ends_at IS NULL OR starts_at IS NULL OR ends_at >= starts_at', name=op.f('ck_agenda_items_times')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_agenda_items_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['old_venue_id'], ['venues.id'], name=op.f('fk_agenda_items_old_venue_id_venues')),
    sa.ForeignKeyConstraint(['room_id'], ['rooms.id'], name=op.f('fk_agenda_items_room_id_rooms')),
    sa.ForeignKeyConstraint(['track_id'], ['tracks.id'], name=op.f('fk_agenda_items_track_id_tracks')),
    sa.ForeignKeyConstraint(['venue_id'], ['venues.id'], name=op.f('fk_agenda_items_venue_id_venues')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agenda_items')),
    sa.UniqueConstraint('event_id', 'number', name=op.f('uq_agenda_items_event_id_number'))
    )
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.create_index('ix_agenda_items_starts_at', ['starts_at'], unique=False)

    op.create_table('item_people',
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_items.id'], name=op.f('fk_item_people_item_id_agenda_items'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_item_people_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('item_id', 'person_id', name=op.f('pk_item_people'))
    )


def downgrade() -> None:
    op.drop_table('item_people')
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.drop_index('ix_agenda_items_starts_at')

    op.drop_table('agenda_items')
    with op.batch_alter_table('tracks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tracks_event_id'))

    op.drop_table('tracks')
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_people_event_id'))

    op.drop_table('people')
    op.drop_table('event_days')
    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rooms_venue_id'))

    op.drop_table('rooms')
    with op.batch_alter_table('revoked_codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revoked_codes_ticket_id'))

    op.drop_table('revoked_codes')
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.drop_index('ix_events_starts_on')
        batch_op.drop_index('ix_events_place_id')

    op.drop_table('events')
    op.drop_table('conflicts')
    with op.batch_alter_table('admissions', schema=None) as batch_op:
        batch_op.drop_index('uq_admissions_live', sqlite_where=sa.text('released_by IS NULL'), postgresql_where=sa.text('released_by IS NULL'))
        batch_op.drop_index('ix_admissions_ticket_id_list_id')
        batch_op.drop_index('ix_admissions_scan_id')
        batch_op.drop_index('ix_admissions_list_id')

    op.drop_table('admissions')
    with op.batch_alter_table('venues', schema=None) as batch_op:
        batch_op.drop_index('ix_venues_place_id')

    op.drop_table('venues')
    with op.batch_alter_table('translations', schema=None) as batch_op:
        batch_op.drop_index('ix_translations_lang_status')

    op.drop_table('translations')
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.drop_index('ix_tickets_registration_id')

    op.drop_table('tickets')
    with op.batch_alter_table('scans', schema=None) as batch_op:
        batch_op.drop_index('ix_scans_list_id_ticket_id')
        batch_op.drop_index('ix_scans_device_id_received_at')

    op.drop_table('scans')
    op.drop_table('place_years')
    with op.batch_alter_table('place_names', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_place_names_place_id'))
        batch_op.drop_index(batch_op.f('ix_place_names_folded'))

    op.drop_table('place_names')
    with op.batch_alter_table('headcounts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_headcounts_list_id'))

    op.drop_table('headcounts')
    with op.batch_alter_table('registrations', schema=None) as batch_op:
        batch_op.drop_index('ix_registrations_scope_status')

    op.drop_table('registrations')
    op.drop_table('registration_totals')
    op.drop_table('registration_desks')
    with op.batch_alter_table('places', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_places_country'))

    op.drop_table('places')
    with op.batch_alter_table('outbox_mails', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_mails_next_try_at')

    op.drop_table('outbox_mails')
    with op.batch_alter_table('local_texts', schema=None) as batch_op:
        batch_op.drop_index('ix_local_texts_scope')

    op.drop_table('local_texts')
    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_devices_scope'))

    op.drop_table('devices')
    op.drop_table('check_in_lists')
    op.drop_table('catalogue_version')
    op.drop_table('attendance_totals')
