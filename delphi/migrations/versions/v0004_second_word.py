"""Steps that wait for a second person; openings that are taken back, with their links and the seal of a first round."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('step_requests',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(), nullable=False),
    sa.Column('round_number', sa.Integer(), nullable=False),
    sa.Column('deadline', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_by', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['researchers.id'], name=op.f('fk_step_requests_asked_by_researchers')),
    sa.ForeignKeyConstraint(['settled_by'], ['researchers.id'], name=op.f('fk_step_requests_settled_by_researchers')),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_step_requests_study_id_studies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_step_requests'))
    )
    op.create_index(op.f('ix_step_requests_study_id'), 'step_requests', ['study_id'])
    op.create_table('taken_back_links',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['studies.id'], name=op.f('fk_taken_back_links_study_id_studies')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_taken_back_links'))
    )
    _let_go_before_the_first_round()


# An opening that was taken back leaves a study without a round: then nobody has answered under its protocol.
_HAS_ROUND = "OLD.sealed_at IS NOT NULL AND EXISTS (SELECT 1 FROM rounds WHERE rounds.study_id = OLD.study_id)"
_WHY = "a sealed protocol never changes"


def _let_go_before_the_first_round() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER keep_protocols_update")
        op.execute(
            f"CREATE TRIGGER keep_protocols_update BEFORE UPDATE ON protocols WHEN {_HAS_ROUND}"
            f" BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION keep_protocols_update() RETURNS trigger AS $$"
        f" BEGIN IF {_HAS_ROUND} THEN RAISE EXCEPTION '{_WHY}'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
