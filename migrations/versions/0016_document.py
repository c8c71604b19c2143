"""Where to read the draft that a consultation is about."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("document", sa.String(length=500), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("wave") as wave:
        wave.drop_column("document")
