"""The second step of signing in: secrets that make codes, and recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('second_factors',
    sa.Column('researcher_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('secret_ciphertext', sa.LargeBinary(), nullable=True),
    sa.Column('pending_ciphertext', sa.LargeBinary(), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['researcher_id'], ['researchers.id'], name=op.f('fk_second_factors_researcher_id_researchers')),
    sa.PrimaryKeyConstraint('researcher_id', name=op.f('pk_second_factors'))
    )
    op.create_table('recovery_codes',
    sa.Column('researcher_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['researcher_id'], ['researchers.id'], name=op.f('fk_recovery_codes_researcher_id_researchers')),
    sa.PrimaryKeyConstraint('researcher_id', 'digest', name=op.f('pk_recovery_codes'))
    )
