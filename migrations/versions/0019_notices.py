"""Notices to firms, whose messages go the same way as those of a wave."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_WAVE = ("wave", "step", "invitation")


def upgrade() -> None:
    channel = sa.Enum("email", "sms", "zalo", name="channel", native_enum=False, create_constraint=True, length=20)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duty", sa.String(length=20), nullable=True),
        sa.Column("vsic", sa.String(length=1), nullable=True),
        sa.Column("area", sa.String(length=120), nullable=True),
        sa.Column("channel", channel, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("queued_on", sa.Date(), nullable=True),
        sa.Column("firms", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.String(length=200), nullable=True),
        sa.Column("subject_vi", sa.String(length=200), nullable=False),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.String(length=200), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("message") as message:
        for name in _WAVE:
            message.alter_column(name, existing_type=_type(name), nullable=True)
        message.add_column(sa.Column("notice", sa.Integer(), nullable=True))
        message.add_column(sa.Column("unit", sa.String(length=32), nullable=True))
        message.create_foreign_key(op.f("fk_message_notice"), "notice", ["notice"], ["id"])
        message.create_foreign_key(op.f("fk_message_unit"), "sample_unit", ["unit"], ["id"])
        message.create_unique_constraint(op.f("uq_message_notice_unit"), ["notice", "unit"])
        message.create_check_constraint(
            op.f("ck_message_one_kind"),
            "(notice IS NULL) = (unit IS NULL) AND (notice IS NULL) = (invitation IS NOT NULL)",
        )


def _type(name: str) -> sa.types.TypeEngine:
    return sa.Integer() if name == "step" else sa.String(length=40 if name == "wave" else 32)


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE notice IS NOT NULL")
    with op.batch_alter_table("message") as message:
        message.drop_constraint(op.f("ck_message_one_kind"), type_="check")
        message.drop_constraint(op.f("uq_message_notice_unit"), type_="unique")
        message.drop_constraint(op.f("fk_message_unit"), type_="foreignkey")
        message.drop_constraint(op.f("fk_message_notice"), type_="foreignkey")
        message.drop_column("unit")
        message.drop_column("notice")
        for name in _WAVE:
            message.alter_column(name, existing_type=_type(name), nullable=False)
    op.drop_table("notice")
