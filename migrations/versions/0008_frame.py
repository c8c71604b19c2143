"""What the association knows of a firm; whom to write to is encrypted."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _added() -> list[sa.Column]:
    """Return the new columns; a column object belongs to one table, so each call makes its own."""
    return [
        sa.Column("tax_code", sa.String(length=14), nullable=True),
        sa.Column("folded", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("area", sa.String(length=120), nullable=True),
        sa.Column("vsic", sa.String(length=1), nullable=True),
        sa.Column("ownership", sa.String(length=60), nullable=True),
        sa.Column("founded", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False, server_default="vi"),
        sa.Column("opted_out", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table("sample_unit", table_kwargs={"sqlite_with_rowid": False}) as table:
        for column in _added():
            table.add_column(column)
        table.create_unique_constraint(op.f("uq_sample_unit_tax_code"), ["tax_code"])
    unit = sa.table("sample_unit", sa.column("id"), sa.column("name"), sa.column("folded"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(unit.c.id, unit.c.name)).all():
        connection.execute(unit.update().where(unit.c.id == row.id).values(folded=_fold(row.name)))


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()[:200]


def downgrade() -> None:
    with op.batch_alter_table("sample_unit", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.drop_constraint(op.f("uq_sample_unit_tax_code"), type_="unique")
        for column in reversed(_added()):
            table.drop_column(column.name)
