"""How Alembic reaches the database: on the connection it is given, with the models' metadata."""

from alembic import context

import survey_app.models  # noqa: F401 - fills the metadata
from survey_app.db import Base


def include_name(name, kind, parents):  # noqa: ARG001 - Alembic's signature
    """Leave tables alone that are not ours."""
    return kind != "table" or name in Base.metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=include_name,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
