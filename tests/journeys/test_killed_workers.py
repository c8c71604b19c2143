"""Workers killed at random moments: what was acknowledged is stored, and nothing is half there."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import create_engine, text

from survey_app.keys import Keys
from tests.checked_client import hidden_fields
from tests.factories import instrument, item, make_invitation, make_wave
from tests.journeys.robot import Robot, receipt_in
from tests.server import installation, workers_of

FIRMS = 200


def send_with_patience(port: int, link: str) -> bool:
    """Answer and send as a firm would that meets a dying server: try again, and count only what was acknowledged."""
    robot = Robot(port, link)
    for _ in range(30):
        try:
            robot.begin()
            robot.post("/p/t/page1", {**_hidden(robot, "/p/t/page1"), "q1": "yes", "skip": "1"})
            if robot.send():
                return True
            if receipt_in(robot.get("/p/da-gui")[1]):
                return True
        except (OSError, ValueError, KeyError):
            time.sleep(0.2)
    return False


def _hidden(robot: Robot, path: str) -> dict[str, str]:
    return hidden_fields(robot.get(path)[1])


def test_acknowledged_answers_survive_killed_workers(app, session, keys, database_url, tmp_path: Path):
    wave, _ = make_wave(session, instrument(item("q1")))
    links = [make_invitation(session, keys, wave)[1] for _ in range(FIRMS)]
    session.commit()
    place = installation(tmp_path, database_url)
    assert Keys.read(tmp_path / "keys") == keys
    stop, kills = threading.Event(), []
    with place.served() as server:

        def kill() -> None:
            while not stop.wait(random.uniform(0.5, 1.5)):
                victims = workers_of(server)
                if victims:
                    os.kill(random.choice(victims), signal.SIGKILL)
                    kills.append(1)

        killer = threading.Thread(target=kill)
        killer.start()
        with ThreadPoolExecutor(8) as pool:
            acknowledged = list(pool.map(lambda link: send_with_patience(place.port, link), links))
        stop.set()
        killer.join()
    engine = create_engine(database_url)
    with engine.connect() as connection:
        ballots = connection.execute(text("SELECT count(*) FROM ballot")).scalar_one()
        answered = connection.execute(text("SELECT count(*) FROM invitation WHERE answered")).scalar_one()
        drafts = connection.execute(text("SELECT count(*) FROM draft")).scalar_one()
    engine.dispose()
    print(
        f"kills {len(kills)}, acknowledged {sum(acknowledged)}, ballots {ballots}, answered {answered}, drafts {drafts}"
    )
    assert len(kills) >= 3
    assert sum(acknowledged) == FIRMS
    assert ballots == answered == FIRMS
    assert drafts == 0
