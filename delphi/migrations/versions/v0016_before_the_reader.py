"""What was written while the protocol named no safeguarding reader stays out of sight of one who is named later."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ('comment_versions', 'proposal_versions', 'messages'):
        op.add_column(table, sa.Column('predates_reader', sa.Boolean(), server_default=sa.false(), nullable=False))
