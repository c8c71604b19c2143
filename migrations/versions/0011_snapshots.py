"""What staff know of who has answered, as of a day; rehearsals."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("wave") as wave:
        wave.add_column(sa.Column("rehearsal_of", sa.String(length=40), nullable=True))
        wave.add_column(sa.Column("snapshot_on", sa.Date(), nullable=True))
        wave.create_foreign_key(op.f("fk_wave_rehearsal_of"), "wave", ["rehearsal_of"], ["code"])
    op.add_column("invitation", sa.Column("known_answered", sa.Boolean(), nullable=True))
    op.execute("UPDATE invitation SET known_answered = answered")
    with op.batch_alter_table("invitation") as invitation:
        invitation.alter_column("known_answered", existing_type=sa.Boolean(), nullable=False)
    op.create_table(
        "daily_count",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stratum", sa.String(length=40), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_daily_count_wave")),
        sa.PrimaryKeyConstraint("wave", "day", "stratum", name=op.f("pk_daily_count")),
    )


def downgrade() -> None:
    op.drop_table("daily_count")
    with op.batch_alter_table("invitation") as invitation:
        invitation.drop_column("known_answered")
    with op.batch_alter_table("wave") as wave:
        wave.drop_constraint(op.f("fk_wave_rehearsal_of"), type_="foreignkey")
        wave.drop_column("snapshot_on")
        wave.drop_column("rehearsal_of")
