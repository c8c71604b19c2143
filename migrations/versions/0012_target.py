"""How many answers a wave hopes for."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("wave") as wave:
        wave.add_column(sa.Column("target", sa.Integer(), nullable=True))
        wave.create_check_constraint(op.f("ck_wave_target"), "target > 0")


def downgrade() -> None:
    with op.batch_alter_table("wave") as wave:
        wave.drop_constraint(op.f("ck_wave_target"), type_="check")
        wave.drop_column("target")
