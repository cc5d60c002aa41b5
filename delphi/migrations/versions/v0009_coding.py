"""The codebook of a study, what it says of comments, and which of them have been read."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('definition', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_codes_study_id_studies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_codes')),
    sa.UniqueConstraint('study_id', 'name', name=op.f('uq_codes_study_id_name'))
    )
    op.create_table('comment_codes',
    sa.Column('comment_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['code_id'], ['codes.id'], name=op.f('fk_comment_codes_code_id_codes')),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_comment_codes_comment_id_comments')),
    sa.PrimaryKeyConstraint('comment_id', 'code_id', name=op.f('pk_comment_codes'))
    )
    op.create_index(op.f('ix_comment_codes_code_id'), 'comment_codes', ['code_id'])
    op.create_table('comment_readings',
    sa.Column('comment_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('read_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_comment_readings_comment_id_comments')),
    sa.ForeignKeyConstraint(['read_by'], ['researchers.id'], name=op.f('fk_comment_readings_read_by_researchers')),
    sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_comment_readings'))
    )
