"""What is known of panelists besides their group."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('panelist_attributes',
    sa.Column('panelist_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['panelist_id'], ['panelists.id'], name=op.f('fk_panelist_attributes_panelist_id_panelists')),
    sa.PrimaryKeyConstraint('panelist_id', 'name', name=op.f('pk_panelist_attributes'))
    )
