"""Mail at work: a study's own words and plan, news, a log of what became of each mail, addresses that no server knows."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

MOST_ATTEMPTS_BEFORE = 10  # a mail that had been tried so often was given up


def upgrade() -> None:
    op.create_table('mail_plans',
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('reminder_days', sa.JSON(), nullable=False),
    sa.Column('thanks', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_mail_plans_study_id_studies')),
    sa.PrimaryKeyConstraint('study_id', name=op.f('pk_mail_plans'))
    )
    op.create_table('mail_texts',
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_mail_texts_study_id_studies')),
    sa.PrimaryKeyConstraint('study_id', 'kind', name=op.f('pk_mail_texts'))
    )
    op.create_table('news',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('audience', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_news_study_id_studies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_news')),
    sa.UniqueConstraint('key', name=op.f('uq_news_key'))
    )
    op.create_table('round_occasions',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_round_occasions_round_id_rounds')),
    sa.PrimaryKeyConstraint('round_id', 'name', name=op.f('pk_round_occasions'))
    )
    op.add_column("contacts", sa.Column("is_bouncing", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false()))
        outbox.add_column(sa.Column("news_id", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
        outbox.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        outbox.create_foreign_key(outbox.f("fk_outbox_news_id_news"), "news", ["news_id"], ["id"])
        outbox.create_index(outbox.f("ix_outbox_tried_at"), ["tried_at"])
    op.create_table('mail_events',
    sa.Column('mail_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['mail_id'], ['outbox.id'], name=op.f('fk_mail_events_mail_id_outbox')),
    sa.PrimaryKeyConstraint('mail_id', 'number', name=op.f('pk_mail_events'))
    )
    # What earlier failures said may hold an address, so it is not taken along.
    op.execute(f"UPDATE outbox SET ended_at = due_at WHERE sent_at IS NULL AND attempts >= {MOST_ATTEMPTS_BEFORE}")
    op.execute(
        "INSERT INTO mail_events (mail_id, number, what, reason, at) SELECT id, 1, 'sent', '', sent_at FROM outbox WHERE sent_at IS NOT NULL"
    )
    op.execute(
        "INSERT INTO mail_events (mail_id, number, what, reason, at) SELECT id, 1, 'dropped', '', ended_at FROM outbox WHERE ended_at IS NOT NULL"
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("last_error")
