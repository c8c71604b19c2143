"""`flask plan`: which plan, framework and agencies the pages show."""

from __future__ import annotations

from survey_app.cli.subject import Subject, config, say
from survey_app.db import transaction
from survey_app.services import plans

group = Subject("plan", help="The plan in force.")


@group.command("publish")
def publish() -> None:
    """Put the shipped plan, framework and agencies in force (run it after each update)."""
    with transaction() as session:
        plans.publish(session, config().plan, config().framework)
    say(vi=f"Kế hoạch {config().plan} đang có hiệu lực.", en=f"The plan {config().plan} is in force.")
