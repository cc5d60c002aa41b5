"""Payments for taking part, as the custodian notes them."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('payments',
    sa.Column('panelist_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('is_paid', sa.Boolean(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('note_ciphertext', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['panelist_id'], ['panelists.id'], name=op.f('fk_payments_panelist_id_panelists')),
    sa.PrimaryKeyConstraint('panelist_id', name=op.f('pk_payments'))
    )
