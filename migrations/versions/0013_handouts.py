"""Personal links given out as files."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handout",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cards",
                "letters",
                "xlsx",
                "csv",
                name="handoutkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("only_waiting", sa.Boolean(), nullable=False),
        sa.Column("firm", sa.String(length=32), nullable=True),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_handout_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handout")),
    )


def downgrade() -> None:
    op.drop_table("handout")
