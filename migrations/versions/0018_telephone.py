"""How many answers of a wave came by telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("wave") as wave:
        wave.add_column(sa.Column("telephone", sa.Integer(), nullable=False, server_default="0"))
        wave.create_check_constraint(op.f("ck_wave_telephone"), "telephone >= 0")


def downgrade() -> None:
    with op.batch_alter_table("wave") as wave:
        wave.drop_constraint(op.f("ck_wave_telephone"), type_="check")
        wave.drop_column("telephone")
