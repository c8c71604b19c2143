"""The contact plan of a wave, and its messages."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=20)


def upgrade() -> None:
    op.create_table(
        "contact_step",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("send_on", sa.Date(), nullable=False),
        sa.Column("channel", _words("channel", "email", "sms", "zalo"), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("queued_on", sa.Date(), nullable=True),
        sa.Column("trouble", sa.String(length=200), nullable=True),
        sa.Column("subject_vi", sa.String(length=200), nullable=False),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.String(length=200), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 4", name=op.f("ck_contact_step_at_most_four")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_contact_step_wave")),
        sa.PrimaryKeyConstraint("wave", "number", name=op.f("pk_contact_step")),
    )
    states = ("queued", "sending", "handing", "sent", "unsure", "failed", "bounced", "skipped")
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("invitation", sa.String(length=32), nullable=False),
        sa.Column("channel", _words("channel", "email", "sms", "zalo"), nullable=False),
        sa.Column("state", _words("messagestate", *states), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["invitation"], ["invitation.id"], name=op.f("fk_message_invitation")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_message_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("wave", "step", "invitation", name=op.f("uq_message_wave_step_invitation")),
    )

    op.add_column("handout", sa.Column("step", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("handout") as handout:
        handout.drop_column("step")
    op.drop_table("message")
    op.drop_table("contact_step")
