"""Two people of one firm press Send 25 times each, all at once: one ballot, and only its own person is told so."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journeys.robot import Robot
from tests.torture.fieldwork import PAGE, REVIEW, SEND, SENT, Firm, begin, say
from tests.torture.sizes import size

PEOPLE, PRESSES = 2, 25


@pytest.mark.parametrize("links", [size(4, 200)])
def test_fifty_parallel_sends_of_one_link_make_one_ballot(database_url, tmp_path: Path, links: int):
    work = begin(tmp_path, database_url, links, people=PEOPLE)
    statuses: Counter[int] = Counter()
    with work.place.served(), ThreadPoolExecutor(PEOPLE * PRESSES) as pool:
        for start in range(0, len(work.firms), PEOPLE):
            statuses += _race(pool, work.firms[start : start + PEOPLE])
    outcome = work.outcome()
    told = f"acknowledged presses {statuses[302]}, told that the other form was first {statuses[409]}"
    say(f"{PEOPLE * PRESSES} parallel sends on {links} links", database_url, f"{told}, {outcome}")
    assert outcome.is_clean
    assert outcome.acknowledged == outcome.ballots == links
    assert statuses == {302: links * PRESSES, 409: links * PRESSES}


def _race(pool: ThreadPoolExecutor, people: list[Firm]) -> Counter[int]:
    """Let the people of one firm fill in their forms, then press Send all at once; return the statuses."""
    tokens = [_filled_in(person) for person in people]
    together = threading.Barrier(PEOPLE * PRESSES)

    def press(place: int) -> int:
        robot = Robot(people[place].robot.port, people[place].secrets.link)
        robot.cookies |= people[place].robot.cookies
        together.wait()
        status, where = robot.post(SEND, {"csrf_token": tokens[place]})
        people[place].acknowledged |= (status, where) == (302, SENT)
        return status

    return Counter(pool.map(press, [place for place in range(PEOPLE) for _ in range(PRESSES)]))


def _filled_in(person: Firm) -> str:
    form = person.page_form()
    assert form is not None
    assert person.post(PAGE, form) == (302, REVIEW)
    return form["csrf_token"]
