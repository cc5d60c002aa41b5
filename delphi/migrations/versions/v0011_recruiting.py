"""Open recruitment: a study's link, who has asked to join by it, and the mail that confirms an address."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('recruitments',
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('admits_all', sa.Boolean(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('questions', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_recruitments_study_id_studies')),
    sa.PrimaryKeyConstraint('study_id', name=op.f('pk_recruitments')),
    sa.UniqueConstraint('key', name=op.f('uq_recruitments_key'))
    )
    op.create_table('applicants',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('address_hash', sa.String(), nullable=False),
    sa.Column('name_ciphertext', sa.LargeBinary(), nullable=False),
    sa.Column('address_ciphertext', sa.LargeBinary(), nullable=False),
    sa.Column('link_digest', sa.String(), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('is_confirmed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['stakeholder_groups.id'], name=op.f('fk_applicants_group_id_stakeholder_groups')),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_applicants_study_id_studies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_applicants')),
    sa.UniqueConstraint('link_digest', name=op.f('uq_applicants_link_digest')),
    sa.UniqueConstraint('study_id', 'address_hash', name=op.f('uq_applicants_study_id_address_hash'))
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("applicant_id", sa.BigInteger(), nullable=True))
        outbox.create_foreign_key(outbox.f("fk_outbox_applicant_id_applicants"), "applicants", ["applicant_id"], ["id"])
