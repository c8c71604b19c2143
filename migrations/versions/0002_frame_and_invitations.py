"""The frame and the outer envelopes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_unit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.String(length=20), nullable=True),
        sa.Column("sector", sa.String(length=20), nullable=True),
        sa.Column("age", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_unit")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("stratum", sa.String(length=40), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "refused",
                "wrong_firm",
                "closed_firm",
                "no_contact",
                "duplicate",
                "paper",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("consent_version", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["sample_unit.id"], name=op.f("fk_invitation_unit")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_invitation_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("lookup", name=op.f("uq_invitation_lookup")),
        sa.UniqueConstraint("wave", "unit", name=op.f("uq_invitation_wave_unit")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("sample_unit")
