"""Merging groups that are too small, by a rule that is stated before anybody looks at an answer."""

from __future__ import annotations

from collections.abc import Mapping


class CannotMerge(ValueError):
    """Groups stay too small, because no group that may be merged with them is left."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(f"too small, and nothing like it to merge with: {', '.join(names)}")


def merge_small(sizes: Mapping[str, int], least: int, within: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return by group the name of the group it now belongs to: itself, or several names joined by ` + `.

    sizes: units in each group. least: what every group must have. within: by group, the larger class it may be merged
    inside of; None lets any two merge. The rule: the smallest group under `least` joins the smallest other of its class, ties go
    by name, until none is under it. Nothing but sizes and names decides.
    Raises CannotMerge where a class as a whole has too few.
    """
    groups = {name: [name] for name in sizes}
    size = dict(sizes)
    classes = {name: within[name] if within else "" for name in sizes}
    while small := sorted((name for name in groups if size[name] < least), key=lambda name: (size[name], name)):
        first = small[0]
        others = [name for name in groups if name != first and classes[name] == classes[first]]
        if not others:
            raise CannotMerge([first])
        second = min(others, key=lambda name: (size[name], name))
        members = sorted(groups.pop(first) + groups.pop(second))
        joined = " + ".join(members)
        groups[joined], classes[joined] = members, classes[first]
        size[joined] = size.pop(first) + size.pop(second)
    return {member: name for name, members in groups.items() for member in members}
