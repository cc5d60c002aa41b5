"""Who asks for people's views, by name, in a study's mail."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('mail_plans', sa.Column('sender', sa.String(), server_default='', nullable=False))
