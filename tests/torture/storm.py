"""Something breaks at random moments while a block runs."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Storm:
    """How often it struck so far, and whether it has struck as often as it should."""

    strikes: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    faults: list[BaseException] = field(default_factory=list)


@contextmanager
def storm(strike: Callable[[], object], *, pause: tuple[float, float], strikes: int | None = None) -> Iterator[Storm]:
    """Strike after random pauses (seconds) until the block ends, or so many times; raise what a strike raised."""
    found, stop = Storm(), threading.Event()

    def blow() -> None:
        try:
            while found.strikes != strikes and not stop.wait(random.uniform(*pause)):
                strike()
                found.strikes += 1
        except BaseException as error:  # noqa: BLE001 - carried to the test below
            found.faults.append(error)
        finally:
            found.over.set()

    thread = threading.Thread(target=blow)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()
    if found.faults:
        raise found.faults[0]
