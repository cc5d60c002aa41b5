"""Studies that are archived."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("studies", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
