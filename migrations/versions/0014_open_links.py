"""Waves that anybody may answer by an open link."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("by_open_link", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("invitation") as invitation:
        invitation.alter_column("unit", existing_type=sa.String(length=32), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM invitation WHERE unit IS NULL")
    with op.batch_alter_table("invitation") as invitation:
        invitation.alter_column("unit", existing_type=sa.String(length=32), nullable=False)
    with op.batch_alter_table("wave") as wave:
        wave.drop_column("by_open_link")
