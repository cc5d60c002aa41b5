"""The panelist's side: comments released to the panel, proposals, background, messages, codes, mail to researchers too."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('acknowledgements',
    sa.Column('panelist_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name_ciphertext', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['panelist_id'], ['panelists.id'], name=op.f('fk_acknowledgements_panelist_id_panelists')),
    sa.PrimaryKeyConstraint('panelist_id', name=op.f('pk_acknowledgements'))
    )
    op.create_table('background_answers',
    sa.Column('panelist_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['panelist_id'], ['panelists.id'], name=op.f('fk_background_answers_panelist_id_panelists')),
    sa.PrimaryKeyConstraint('panelist_id', 'key', name=op.f('pk_background_answers'))
    )
    op.create_table('conversations',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('panelist_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['panelist_id'], ['panelists.id'], name=op.f('fk_conversations_panelist_id_panelists')),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_conversations_study_id_studies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversations')),
    sa.UniqueConstraint('panelist_id', name=op.f('uq_conversations_panelist_id'))
    )
    op.create_table('proposals',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('panelist_id', sa.BigInteger(), nullable=False),
    sa.Column('item_version_id', sa.Integer(), nullable=True),
    sa.Column('section_key', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('outcome_item_id', sa.Integer(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['decided_by'], ['researchers.id'], name=op.f('fk_proposals_decided_by_researchers')),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_versions.id'], name=op.f('fk_proposals_item_version_id_item_versions')),
    sa.ForeignKeyConstraint(['outcome_item_id'], ['items.id'], name=op.f('fk_proposals_outcome_item_id_items')),
    sa.ForeignKeyConstraint(['panelist_id'], ['panelists.id'], name=op.f('fk_proposals_panelist_id_panelists')),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_proposals_round_id_rounds')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposals')),
    sa.UniqueConstraint('round_id', 'panelist_id', 'item_version_id', name=op.f('uq_proposals_round_id_panelist_id_item_version_id'))
    )
    op.create_table('comment_releases',
    sa.Column('comment_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('has_objection', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_comment_releases_comment_id_comments')),
    sa.ForeignKeyConstraint(['decided_by'], ['researchers.id'], name=op.f('fk_comment_releases_decided_by_researchers')),
    sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_comment_releases'))
    )
    op.create_table('messages',
    sa.Column('conversation_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('is_from_team', sa.Boolean(), nullable=False),
    sa.Column('text_ciphertext', sa.LargeBinary(), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('is_screened', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_messages_conversation_id_conversations')),
    sa.PrimaryKeyConstraint('conversation_id', 'number', name=op.f('pk_messages'))
    )
    op.create_table('proposal_versions',
    sa.Column('proposal_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('is_screened', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('fk_proposal_versions_proposal_id_proposals')),
    sa.PrimaryKeyConstraint('proposal_id', 'number', name=op.f('pk_proposal_versions'))
    )
    # Added columns need no rebuild of their tables; the defaults are for the rows that are there.
    no, yes = sa.false(), sa.true()
    for table, column in (
        ("comment_versions", sa.Column("audience", sa.String(), nullable=False, server_default="team")),
        ("comment_versions", sa.Column("is_screened", sa.Boolean(), nullable=False, server_default=no)),
        ("consents", sa.Column("channel", sa.String(), nullable=False, server_default="web")),
        ("contacts", sa.Column("is_disowned", sa.Boolean(), nullable=False, server_default=no)),
        ("item_wordings", sa.Column("plain", sa.Text(), nullable=False, server_default="")),
        ("panelists", sa.Column("session_epoch", sa.Integer(), nullable=False, server_default="1")),
        ("panelists", sa.Column("standing", sa.String(), nullable=False, server_default="active")),
        ("panelists", sa.Column("wants_reminders", sa.Boolean(), nullable=False, server_default=yes)),
        ("panelists", sa.Column("has_practised", sa.Boolean(), nullable=False, server_default=no)),
        ("round_members", sa.Column("code_digest", sa.String(), nullable=True)),
    ):
        op.add_column(table, column)
    op.create_index(op.f("ix_round_members_code_digest"), "round_members", ["code_digest"], unique=True)
    _open_the_outbox()


def _open_the_outbox() -> None:
    """Let mail go to researchers too, and about no round; what makes a mail one of a kind is written out."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("study_id", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("researcher_id", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("once", sa.String(), nullable=True))
    op.execute(
        "UPDATE outbox SET once = kind || ':' || round_id || ':' || panelist_id,"
        " study_id = (SELECT study_id FROM rounds WHERE rounds.id = outbox.round_id)"
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("study_id", existing_type=sa.Integer(), nullable=False)
        outbox.alter_column("once", existing_type=sa.String(), nullable=False)
        outbox.alter_column("panelist_id", existing_type=sa.BigInteger(), nullable=True)
        outbox.alter_column("round_id", existing_type=sa.Integer(), nullable=True)
        outbox.drop_constraint(outbox.f("uq_outbox_panelist_id_round_id_kind"), type_="unique")
        outbox.create_unique_constraint(outbox.f("uq_outbox_once"), ["once"])
        outbox.create_foreign_key(outbox.f("fk_outbox_researcher_id_researchers"), "researchers", ["researcher_id"], ["id"])
        outbox.create_foreign_key(outbox.f("fk_outbox_study_id_studies"), "studies", ["study_id"], ["id"])
