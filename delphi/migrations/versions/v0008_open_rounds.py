"""While a round is open: a daily count, targets, items pulled, deadlines put off, the close by itself."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('completion_counts',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_completion_counts_round_id_rounds')),
    sa.PrimaryKeyConstraint('round_id', 'day', name=op.f('pk_completion_counts'))
    )
    op.create_table('extensions',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('earlier', sa.DateTime(timezone=True), nullable=False),
    sa.Column('later', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_extensions_round_id_rounds')),
    sa.PrimaryKeyConstraint('round_id', 'number', name=op.f('pk_extensions'))
    )
    for table, column in (
        ("rounds", sa.Column("closes_after", sa.Integer(), nullable=True)),
        ("round_items", sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=True)),
        ("round_items", sa.Column("pull_reason", sa.Text(), nullable=False, server_default="")),
        ("stakeholder_groups", sa.Column("target", sa.Integer(), nullable=True)),
    ):
        op.add_column(table, column)
