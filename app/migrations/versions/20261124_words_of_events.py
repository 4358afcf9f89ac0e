"""the words that an event is found by, one narrow row an event.

Revision: 0006, after 0005. Written 2026-11-24 07:50:00.
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

SAID = """
    SELECT events.id, translations.folded FROM events
    JOIN local_texts ON local_texts.scope = events.id AND local_texts.owner = events.id
    JOIN translations ON translations.text_id = local_texts.id
    WHERE local_texts.kind IN ('event.title', 'event.place') AND translations.status <> 'draft'
    UNION ALL SELECT events.id, places.slug FROM events JOIN places ON places.id = events.place_id
    UNION ALL SELECT events.id, place_names.folded FROM events JOIN place_names ON place_names.place_id = events.place_id
"""


def words_of(stored: list[str]) -> str:
    kept: list[str] = []
    for word in sorted({word for text in stored for word in text.split()}, key=lambda word: (-len(word), word)):
        if not any(word in longer for longer in kept):
            kept.append(word)
    return ' '.join(sorted(kept))


def upgrade() -> None:
    op.create_table(
        'event_words',
        sa.Column('event_id', sa.Uuid(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_words_event_id_events'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('event_id', name=op.f('pk_event_words')),
    )
    connection = op.get_bind()
    events = sa.table('events', sa.column('id', sa.Uuid()))
    stored = {ident: [] for ident in connection.scalars(sa.select(events.c.id))}
    for ident, folded in connection.execute(sa.text(SAID).columns(id=sa.Uuid(), folded=sa.Text())):
        stored[ident].append(folded)
    words = sa.table('event_words', sa.column('event_id', sa.Uuid()), sa.column('words', sa.Text()))
    rows = [{'event_id': ident, 'words': words_of(texts)} for ident, texts in stored.items()]
    if rows:
        connection.execute(sa.insert(words), rows)


def downgrade() -> None:
    op.drop_table('event_words')
