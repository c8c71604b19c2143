"""Score runs and releases."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("responses_hash", sa.String(length=64), nullable=False),
        sa.Column("instrument_hash", sa.String(length=64), nullable=False),
        sa.Column("framework_hash", sa.String(length=64), nullable=False),
        sa.Column("code_version", sa.String(length=64), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("in_scope", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name=op.f("ck_score_run_release_is_whole")),
        sa.ForeignKeyConstraint(["framework_hash"], ["frozen_file.hash"], name=op.f("fk_score_run_framework_hash")),
        sa.ForeignKeyConstraint(["instrument_hash"], ["frozen_file.hash"], name=op.f("fk_score_run_instrument_hash")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_score_run_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_run")),
    )
    op.create_table(
        "indicator_estimate",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sub_index", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("n_asked", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("dk", sa.Integer(), nullable=False),
        sa.Column("na", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.Column("se", sa.Double(), nullable=True),
        sa.Column("n_effective", sa.Double(), nullable=True),
        sa.Column("deff", sa.Double(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["score_run.id"], name=op.f("fk_indicator_estimate_run_id")),
        sa.PrimaryKeyConstraint("run_id", "code", name=op.f("pk_indicator_estimate")),
    )
    op.create_table(
        "sub_index_estimate",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("se", sa.Double(), nullable=True),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("indicators", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["score_run.id"], name=op.f("fk_sub_index_estimate_run_id")),
        sa.PrimaryKeyConstraint("run_id", "code", name=op.f("pk_sub_index_estimate")),
    )
    op.create_table(
        "released_indicator",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sub_index", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("band", sa.String(length=20), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("match", sa.String(length=10), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["score_run.id"], name=op.f("fk_released_indicator_run_id")),
        sa.PrimaryKeyConstraint("run_id", "code", name=op.f("pk_released_indicator")),
    )
    op.create_table(
        "released_sub_index",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("indicators", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["score_run.id"], name=op.f("fk_released_sub_index_run_id")),
        sa.PrimaryKeyConstraint("run_id", "code", name=op.f("pk_released_sub_index")),
    )
    op.create_table(
        "released_chart",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("sub_index", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["score_run.id"], name=op.f("fk_released_chart_run_id")),
        sa.PrimaryKeyConstraint("run_id", "sub_index", "language", name=op.f("pk_released_chart")),
    )


def downgrade() -> None:
    op.drop_table("released_chart")
    op.drop_table("released_sub_index")
    op.drop_table("released_indicator")
    op.drop_table("sub_index_estimate")
    op.drop_table("indicator_estimate")
    op.drop_table("score_run")
