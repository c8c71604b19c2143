"""Frozen questionnaire files and waves."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "frozen_file",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_frozen_file")),
    )
    op.create_table(
        "in_force",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["frozen_file.hash"], name=op.f("fk_in_force_hash")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_in_force")),
    )
    op.create_table(
        "wave",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_vi", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "closed",
                "opened",
                "discarded",
                name="wavestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("instrument_hash", sa.String(length=64), nullable=False),
        sa.Column("framework_hash", sa.String(length=64), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("consent_version", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("stratum_ladder", sa.JSON(), nullable=False),
        sa.Column("frame_counts", sa.JSON(), nullable=False),
        sa.Column("coarsening", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("discarded", sa.Integer(), nullable=False),
        sa.Column("paper", sa.Integer(), nullable=False),
        sa.Column("open_link", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_wave_closes_after_opening")),
        sa.CheckConstraint(
            "withdrawn >= 0 AND discarded >= 0 AND paper >= 0 AND open_link >= 0", name=op.f("ck_wave_counts")
        ),
        sa.ForeignKeyConstraint(["framework_hash"], ["frozen_file.hash"], name=op.f("fk_wave_framework_hash")),
        sa.ForeignKeyConstraint(["instrument_hash"], ["frozen_file.hash"], name=op.f("fk_wave_instrument_hash")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_wave")),
    )


def downgrade() -> None:
    op.drop_table("wave")
    op.drop_table("in_force")
    op.drop_table("frozen_file")
