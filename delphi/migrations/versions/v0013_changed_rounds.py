"""What a round asks, changed from what was proposed, with the reason."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('planned_items',
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('round_number', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('is_asked', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['items.id'], name=op.f('fk_planned_items_item_id_items')),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_planned_items_study_id_studies')),
    sa.PrimaryKeyConstraint('study_id', 'round_number', 'item_id', name=op.f('pk_planned_items'))
    )
