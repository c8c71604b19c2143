"""A little work for the browser before an open link begins a form, and a brake for those that cannot do it.

A phone finds the number in about a second; a machine that wants thousands of forms has to pay for each. No address is looked
at or stored. Without JavaScript a form can begin too, but only a few a minute in all.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from hashlib import sha256

BITS = 14
_BUCKET = 600  # seconds: a page may be open for one to two buckets
#: Forms that may begin in a minute, in each process.
WITH_WORK, WITHOUT_WORK = 120, 6
_MOST_REMEMBERED = 20_000


def challenge(key: bytes, wave: str, *, bucket: int | None = None) -> str:
    """Return what the browser must find a number for."""
    now = int(time.time()) // _BUCKET if bucket is None else bucket
    return hmac.digest(key, f"open link\0{wave}\0{now}".encode(), "sha256").hex()[:32]


def is_solved(key: bytes, wave: str, number: str) -> bool:
    """Say whether the number solves the challenge of now, or of the ten minutes before."""
    if not (number.isascii() and number.isdigit() and len(number) <= 12):
        return False
    now = int(time.time()) // _BUCKET
    return any(_is_hard(challenge(key, wave, bucket=bucket), number) for bucket in (now, now - 1))


def _is_hard(words: str, number: str) -> bool:
    return int.from_bytes(sha256(f"{words}:{number}".encode()).digest()) >> (256 - BITS) == 0


class Brake:
    """Lets so many through in a minute, whoever they are; a solved number only once."""

    def __init__(self) -> None:
        self._passed: dict[bool, deque[float]] = {True: deque(), False: deque()}
        self._used: deque[str] = deque(maxlen=_MOST_REMEMBERED)

    def lets_through(self, number: str, *, solved: bool) -> bool:
        """Say whether one more may begin now."""
        if solved and number in self._used:
            return False
        passed, now = self._passed[solved], time.monotonic()
        while passed and passed[0] < now - 60:
            passed.popleft()
        if len(passed) >= (WITH_WORK if solved else WITHOUT_WORK):
            return False
        passed.append(now)
        if solved:
            self._used.append(number)
        return True
