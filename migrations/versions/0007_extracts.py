"""Which responses were written to a file, for whom."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("analyst", sa.String(length=120), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("responses_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("responses >= 0", name=op.f("ck_extract_counted")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_extract_wave_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extract")),
    )


def downgrade() -> None:
    op.drop_table("extract")
