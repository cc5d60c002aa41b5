"""Links by mail to researchers' accounts; mail that is about no study."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_links',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=True),
    sa.Column('roles', sa.JSON(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['researchers.id'], name=op.f('fk_account_links_by_id_researchers')),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_account_links_study_id_studies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_links')),
    sa.UniqueConstraint('digest', name=op.f('uq_account_links_digest'))
    )
    op.create_index(op.f('ix_account_links_address'), 'account_links', ['address'])
    with op.batch_alter_table('outbox') as outbox:
        outbox.alter_column('study_id', existing_type=sa.Integer(), nullable=True)
        outbox.add_column(sa.Column('account_link_id', sa.BigInteger(), nullable=True))
        outbox.create_foreign_key(
            outbox.f('fk_outbox_account_link_id_account_links'), 'account_links', ['account_link_id'], ['id']
        )
