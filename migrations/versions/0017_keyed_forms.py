"""Paper forms that wait for their second entry."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keyed_form",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["user.id"], name=op.f("fk_keyed_form_author")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_keyed_form_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyed_form")),
        sa.UniqueConstraint("wave", "number", name=op.f("uq_keyed_form_wave_number")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("keyed_form")
