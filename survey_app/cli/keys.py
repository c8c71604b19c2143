"""`flask keys`: the secrets of the installation."""

from __future__ import annotations

from survey_app.cli.subject import Subject, config, say
from survey_app.keys import Keys

group = Subject("keys", help="Secrets of this installation.")


@group.command("create")
def create() -> None:
    """Write the keys that are missing; never replace one."""
    written = Keys.create(config().keys_dir)
    for path in written:
        say(vi=f"Đã tạo {path}", en=f"Written {path}")
    if not written:
        say(vi="Đã có đủ khóa; không thay khóa nào.", en="All keys are there; none was replaced.")
