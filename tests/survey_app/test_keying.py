"""Paper forms: two people, the same answers, one sealed ballot that nothing tells from the others."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from questionnaires.conditions import SPECIAL
from questionnaires.instrument import SPECIAL_KEYS
from survey_app import create_app
from survey_app.db import db, transaction
from survey_app.envelopes import Unreadable, ballot_info, decrypt, open_ballot, read_box_key
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.people import RoleName, User
from survey_app.models.response import Ballot, Comment, KeyedForm, Response
from survey_app.services import box, box_key, keying, people
from survey_app.services.keying import STRATUM, Typed
from survey_app.services.storage import StorageBusy
from survey_app.services.waves import UnknownWave, WrongState
from survey_app.staff.keying_forms import DECIDED, SURE
from tests.checked_client import CheckedClient, hidden_fields
from tests.factories import PASSPHRASE, instrument, item, make_wave, option
from tests.proof.canaries import forms, found_in
from tests.survey_app.fieldwork_story import (
    CODE,
    FIRMS,
    TINY,
    close_wave,
    counts,
    open_box,
    open_wave_with_key,
    send_all,
)
from tests.survey_app.signing_in import PASSWORD, sign_in, signed_in

PAPER = f"/nhap-phieu/{CODE}"
TYPED = {STRATUM: "all", "size": "1", "number": "4711", "words": "bớt thủ tục"}


def keyer(app: Flask, name: str) -> CheckedClient:
    """Return the browser of somebody who keys."""
    email = f"{name}@example.vn"
    with app.app_context(), transaction() as session:
        people.create_user(session, email=email, name=name, role=RoleName.KEYER, password=PASSWORD)
    client: CheckedClient = app.test_client()  # type: ignore[assignment]
    assert sign_in(client, email).status_code == 302
    return client


@pytest.fixture
def lan(app: Flask) -> CheckedClient:
    """The person who types first."""
    return keyer(app, "lan")


@pytest.fixture
def minh(app: Flask) -> CheckedClient:
    """The person who types second."""
    return keyer(app, "minh")


@pytest.fixture
def key_file(session: Session, tmp_path: Path) -> Path:
    """The box key of an open wave."""
    return open_wave_with_key(tmp_path, FIRMS)


def first_entry(client: CheckedClient, typed: dict[str, str] = TYPED) -> int:
    """Type a form for the first time and return its number."""
    answer = client.post_form(f"{PAPER}/moi", typed)
    assert answer.status_code == 302, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def second_entry(client: CheckedClient, number: int, typed: dict[str, str] = TYPED):
    """Type a form for the second time and return the answer."""
    return client.post_form(f"{PAPER}/{number}/lan-hai", typed)


def waiting(session: Session) -> int:
    """Return how many forms wait for a second entry."""
    count = session.scalar(select(func.count()).select_from(KeyedForm))
    session.rollback()
    assert count is not None
    return count


def contents(session: Session, key_file: Path) -> list[dict]:
    """Return what is in the box, read with its key."""
    key = read_box_key(key_file.read_bytes().split(b"\n", 1)[1], PASSPHRASE)
    info = ballot_info(CODE, session.get_one(Wave, CODE).instrument_hash)
    return [open_ballot(key, sealed, info) for sealed in session.scalars(select(Ballot.sealed))]


def test_a_form_typed_alike_by_two_people_is_sealed_and_both_entries_are_gone(session, key_file, lan, minh):
    number = first_entry(lan)
    assert (waiting(session), counts().ballots, counts().paper) == (1, 0, 0)
    page = lan.get(f"{PAPER}/{number}").text
    assert f"Ghi số {number} lên phiếu giấy" in page
    assert second_entry(minh, number).location == PAPER
    assert (waiting(session), counts().ballots, counts().paper) == (0, 1, 1)
    assert counts().agree
    (content,) = contents(session, key_file)
    assert content["answers"] == {"size": "s", "number": 4711}
    assert content["comments"] == {"words": "bớt thủ tục"}
    assert content["stratum"] == "all"
    assert set(content) == {"answers", "receipt", "stratum", "comments"}


def test_the_same_person_cannot_type_a_form_twice(session, key_file, lan):
    number = first_entry(lan)
    assert "phải là người khác" in lan.get(f"{PAPER}/{number}/lan-hai").text
    assert "Nhập lần hai</a>" not in lan.get(f"{PAPER}/{number}").text
    author = session.scalars(select(User.id).where(User.email == "lan@example.vn")).one()
    session.rollback()
    typed = Typed("all", {"size": "s", "number": 4711, "words": "bớt thủ tục"})
    with pytest.raises(keying.SamePerson), transaction() as writing:
        keying.seal_second(writing, CODE, number, b"k" * 32, typed, by=author)
    assert (waiting(session), counts().ballots) == (1, 0)


def test_where_two_entries_differ_both_values_are_shown_and_the_paper_decides(session, key_file, lan, minh):
    number = first_entry(lan)
    blind = minh.get(f"{PAPER}/{number}/lan-hai").text
    assert "4711" not in blind
    assert "bớt thủ tục" not in blind
    shown = second_entry(minh, number, {**TYPED, "size": "2", "number": "4117"}).text
    assert "Lần một: 1 – s (vi). Lần hai: 2 – m (vi)." in shown
    assert "Lần một: 4711. Lần hai: 4117." in shown
    assert re.findall(r'name="form.decided" value="([^"]+)"', shown) == ["size", "number"]
    assert 'id="words"' not in shown
    assert (waiting(session), counts().ballots) == (1, 0)
    kept = hidden_fields(shown) | {DECIDED: ["size", "number"], "size": "2", "number": "4711"}
    assert minh.post(f"{PAPER}/{number}/lan-hai", data=kept).location == PAPER
    assert [each["answers"] for each in contents(session, key_file)] == [{"size": "m", "number": 4711}]
    assert (waiting(session), counts().paper) == (0, 1)


def test_only_what_was_shown_as_different_is_decided(session, key_file, lan, minh):
    number = first_entry(lan)
    sent = {**hidden_fields(minh.get(f"{PAPER}/{number}/lan-hai").text), **TYPED, DECIDED: ["size"], "number": "1"}
    shown = minh.post(f"{PAPER}/{number}/lan-hai", data=sent).text
    assert "Lần một: 4711. Lần hai: 1." in shown
    assert counts().ballots == 0


NINE = instrument(*(item(f"q{number}") for number in range(9)))


@pytest.mark.parametrize(("different", "is_shown"), [(3, True), (4, False), (9, False)])
def test_of_an_entry_from_another_sheet_nothing_is_shown_and_nothing_sealed(
    session, lan, minh, tmp_path, different, is_shown
):
    with transaction() as writing:
        make_wave(writing, NINE, code=CODE, frame_counts={"all": 100})
    typed = {STRATUM: "all"} | {f"q{number}": "1" for number in range(9)}
    number = first_entry(lan, typed)
    other = typed | {f"q{number}": "2" for number in range(different)}
    answer = second_entry(minh, number, other)
    assert ("Lần một" in answer.text) == is_shown
    assert (f"khác nhau ở {different} trong 10 chỗ" in answer.text) != is_shown
    if not is_shown:  # and not either by naming beforehand what would be asked about
        forged = hidden_fields(answer.text) | other | {DECIDED: list(typed), SURE: "1"}
        assert "khác nhau ở" in minh.post(f"{PAPER}/{number}/lan-hai", data=forged).text
        assert f'id="q0" value="{other["q0"]}"' in answer.text
    assert (waiting(session), counts().ballots) == (1, 0)


def test_an_entry_left_blank_to_see_the_first_one_shows_nothing(session, lan, minh, tmp_path):
    with transaction() as writing:
        make_wave(writing, NINE, code=CODE, frame_counts={"all": 100})
    number = first_entry(lan, {STRATUM: "all"} | {f"q{number}": "1" for number in range(9)})
    answer = second_entry(minh, number, {STRATUM: "all", SURE: "1"})
    assert "Lần một" not in answer.text
    assert "khác nhau ở 9 trong 10 chỗ" in answer.text


def test_an_empty_box_is_asked_about_once(session, key_file, lan):
    asked = lan.post_form(f"{PAPER}/moi", {**TYPED, "number": ""})
    assert "Để trống: number." in asked.text
    assert waiting(session) == 0
    again = lan.post(f"{PAPER}/moi", data={**hidden_fields(asked.text), **TYPED, "number": ""})
    assert again.status_code == 302
    assert waiting(session) == 1


FAULTS = {
    "no such answer": ({"size": "4"}, "“4” không phải lựa chọn của câu này: gõ 1, 2, 3"),
    "two answers": ({"size": "1 2"}, "Chỉ một lựa chọn"),
    "no number": ({"number": "nhiều"}, "“nhiều” không phải là số"),
    "as long as a page": ({"number": "1" + ".000" * 1500}, "không phải là số"),
    "too large": ({"number": "10000"}, "Số phải từ 0 đến 9999"),
    "too long": ({"words": "a" * 101}, "101"),
    "no such group": ({STRATUM: "khác"}, "Nhóm doanh nghiệp"),
    "a script": ({"number": "<script>alert(1)</script>"}, "&lt;script&gt;alert(1)&lt;/script&gt;"),
}


@pytest.mark.parametrize(("typed", "words"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_answer_is_named_and_nothing_is_kept(session, key_file, lan, typed, words):
    answer = lan.post_form(f"{PAPER}/moi", {**TYPED, **typed})
    assert answer.status_code == 200
    assert words in answer.text
    assert "<script>alert" not in answer.text
    assert waiting(session) == 0


def test_codes_of_several_answers_special_answers_and_routes_are_read_as_printed(session, lan, minh, tmp_path):
    source = instrument(
        item("a", "multi", options=[option("x"), option("y"), option("z", exclusive=True)], dk=True),
        item("b", "number", range={"min": 0, "max": 100, "soft_max": 50}, ref=True),
        item("c", ask_if={"item": "a", "has": "x"}),
    )
    with transaction() as writing:
        make_wave(writing, source, code=CODE, frame_counts={"all": 1})
    assert keying_of(lan, {"a": "2 1", "b": "t", "c": "1"}) == {"a": ["x", "y"], "b": "ref", "c": "yes"}
    assert keying_of(lan, {"a": "K", "b": "51", "c": "1"}) == {"a": "dk", "b": 51, "c": "yes"}
    asked = lan.post_form(f"{PAPER}/moi", {STRATUM: "all", "a": "k", "b": "51", "c": "1"}).text
    assert "sẽ không tính: c." in asked
    assert "Lớn hơn thường gặp: b." in asked
    assert "đứng riêng" in lan.post_form(f"{PAPER}/moi", {"a": "1 3", "b": "1"}).text
    assert "đứng riêng" in lan.post_form(f"{PAPER}/moi", {"a": "1 k", "b": "1"}).text


def keying_of(client: CheckedClient, typed: dict[str, str]) -> dict:
    """Type a form, and return what is kept of it, opened with the key as the service does."""
    number = first_entry(client, {STRATUM: "all", **typed, SURE: "1"})
    with client.application.app_context():
        form = keying.find(db.session, CODE, number)
        return dict(keying._opened(client.application.extensions["keys"].contact, form).answers)


def test_a_first_entry_can_be_taken_back_by_its_author_alone(session, key_file, lan, minh):
    number = first_entry(lan)
    token = {"csrf_token": hidden_fields(minh.get(f"{PAPER}/moi").text)["csrf_token"]}
    refused = minh.post(f"{PAPER}/{number}/lay-lai", data=token)
    assert refused.status_code == 409
    assert waiting(session) == 1
    assert (
        lan.post(f"{PAPER}/{number}/lay-lai", data=hidden_fields(lan.get(f"{PAPER}/{number}").text)).location == PAPER
    )
    assert (waiting(session), counts().paper) == (0, 0)


def test_the_box_opens_with_forms_of_both_kinds_and_the_counts_agree(session, keys, key_file, lan, minh):
    send_all(keys, range(15))
    for number in range(15, FIRMS):
        typed = {**TYPED, "number": str(number), "words": f"comment {number}"}
        assert second_entry(minh, first_entry(lan, typed), typed).status_code == 302
    assert {len(sealed) for sealed in session.scalars(select(Ballot.sealed))} == {
        len(session.scalars(select(Ballot.sealed).limit(1)).one())
    }
    assert {len(each) for each in session.scalars(select(Ballot.id))} == {32}
    close_wave()
    after = open_box(key_file)
    assert (after.answered, after.paper, after.responses, after.receipts) == (15, FIRMS - 15, FIRMS, FIRMS)
    assert after.agree
    numbers = [answers["number"] for answers in session.scalars(select(Response.answers))]
    assert sorted(numbers) == list(range(FIRMS))
    assert {tuple(answers) for answers in session.scalars(select(Response.answers))} == {("size", "number")}
    assert len(session.scalars(select(Comment.text)).all()) == 7 + FIRMS - 15


def test_a_form_that_waits_keeps_the_box_shut_and_can_then_be_taken_back_by_anybody(
    app, session, keys, key_file, lan, minh
):
    send_all(keys, range(box.MIN_BALLOTS))
    number = first_entry(lan)
    close_wave()
    with pytest.raises(keying.FormsWaiting, match="1 paper forms of the wave w1"):
        open_box(key_file)
    assert counts().ballots == box.MIN_BALLOTS
    assert "còn chờ nhập lần hai: 1." in signed_in(app, RoleName.ANALYST).get(f"/pt/dot/{CODE}").text
    page = minh.get(f"{PAPER}/{number}").text
    assert minh.post(f"{PAPER}/{number}/lay-lai", data=hidden_fields(page)).status_code == 302
    assert open_box(key_file).responses == box.MIN_BALLOTS


def test_discarding_deletes_forms_that_wait(session, key_file, lan):
    first_entry(lan)
    close_wave()
    box.discard(transaction, CODE)
    assert waiting(session) == 0


@pytest.mark.parametrize("state", [WaveState.DRAFT, WaveState.OPENED, WaveState.DISCARDED])
def test_a_wave_whose_box_is_not_there_takes_no_paper(session, key_file, lan, state):
    number = first_entry(lan)
    with transaction() as writing:
        writing.execute(update(Wave).values(state=state))
    assert CODE not in lan.get("/nhap-phieu").text
    for path in (PAPER, f"{PAPER}/moi", f"{PAPER}/{number}", f"{PAPER}/{number}/lan-hai"):
        assert lan.get(path).status_code == 409
    with pytest.raises(WrongState), transaction() as writing:
        keying.take_back(writing, CODE, number, by=0)


def test_a_rehearsal_takes_no_paper(session, key_file, lan):
    with transaction() as writing:
        make_wave(writing, TINY, code="thu", rehearsal_of=CODE)
    assert "thu" not in re.findall(r"/nhap-phieu/(\w+)", lan.get("/nhap-phieu").text)
    with pytest.raises(UnknownWave):
        keying.wave_taking(session, "thu")


def test_pressing_twice_keeps_one_form(session, key_file, lan):
    sent = hidden_fields(lan.get(f"{PAPER}/moi").text) | TYPED
    first, second = (lan.post(f"{PAPER}/moi", data=sent) for _ in range(2))
    assert first.location == second.location
    assert waiting(session) == 1


def test_pressing_twice_seals_one_answer_by_telephone(session, key_file, lan):
    sent = hidden_fields(lan.get(f"{PAPER}/dien-thoai").text) | TYPED
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: other_tab(lan).post(f"{PAPER}/dien-thoai", data=sent), range(8)))
    assert {answer.location for answer in answers} == {PAPER}
    assert (counts().telephone, counts().ballots) == (1, 1)


def other_tab(client: CheckedClient) -> CheckedClient:
    """Return another tab of the same browser."""
    tab: CheckedClient = client.application.test_client()  # type: ignore[assignment]
    tab._cookies = client._cookies
    return tab


PRIVATE = instrument(
    item("bribe", sensitive="high"),
    item("after", ask_if={"item": "bribe", "in": ["yes"]}),
    item("number", "number", range={"min": 0, "max": 9999}),
    item("words", "text", max_length=100),
    comment_item="words",
)


@pytest.fixture
def private_box(session: Session, tmp_path: Path) -> Path:
    """The box key of an open wave that asks a private question."""
    path = tmp_path / "box.pem"
    with transaction() as writing:
        wave, pem = make_wave(writing, PRIVATE, code=CODE, frame_counts={"all": 100})
        path.write_bytes(box_key.header(wave) + pem)
    return path


def by_paper(session: Session, keys, numbers: range) -> None:
    """Seal forms as if two people had typed them."""
    people_ids = session.scalars(select(User.id)).all()
    session.rollback()
    for number in numbers:
        typed = Typed("all", {"bribe": None, "after": None, "number": number, "words": None})
        with transaction() as writing:
            waiting_as = keying.keep_first(writing, CODE, keys.contact, typed, by=people_ids[0], once=str(number))
        with transaction() as writing:
            assert keying.seal_second(writing, CODE, waiting_as, keys.contact, typed, by=people_ids[1]) == []


def by_telephone(client: CheckedClient, number: int):
    """Type what a firm says by telephone."""
    return client.post_form(f"{PAPER}/dien-thoai", {STRATUM: "all", "number": str(number), "words": ""})


def test_private_questions_are_not_asked_by_telephone_and_never_stored(session, private_box, lan):
    page = lan.get(f"{PAPER}/dien-thoai").text
    assert 'name="number"' in page
    assert 'name="bribe"' not in page
    assert 'name="after"' not in page
    forged = {STRATUM: "all", "number": "7", "words": "", "bribe": "1", "after": "1", SURE: "1"}
    assert lan.post_form(f"{PAPER}/dien-thoai", forged).location == PAPER
    (content,) = contents(session, private_box)
    assert content["answers"] == {"number": 7}
    assert (counts().telephone, counts().paper, counts().ballots) == (1, 0, 1)
    assert counts().agree


@pytest.mark.parametrize(("telephone", "others", "kept"), [(4, 20, 20), (5, 20, 25), (20, 4, 4)])
def test_telephone_answers_are_opened_only_among_five_of_their_own_kind(
    session, keys, private_box, lan, minh, telephone, others, kept
):
    by_paper(session, keys, range(others))
    for number in range(100, 100 + telephone):
        assert by_telephone(lan, number).status_code == 302
    assert len(set(session.scalars(select(func.length(Ballot.sealed))))) == 1
    close_wave()
    if kept < box.MIN_BALLOTS:
        with pytest.raises(box.TooFewBallots):
            open_box(private_box)
        assert counts().ballots == telephone + others
        return
    after = open_box(private_box)
    assert after.agree
    assert (after.responses, after.receipts, after.discarded) == (kept, kept, telephone + others - kept)
    told = [tuple(answers) for answers in session.scalars(select(Response.answers))]
    session.rollback()
    assert (told.count(("number",)), told.count(("bribe", "number"))) == (kept - others, others)
    page = signed_in(lan.application, RoleName.ANALYST).get(f"/pt/dot/{CODE}").text
    assert re.search(rf"Nhận qua điện thoại</th>\s*<td[^>]*>{telephone}<", page)


def test_where_nothing_is_private_no_answer_by_telephone_shows_and_none_is_lost(session, keys, key_file, lan):
    send_all(keys, range(box.MIN_BALLOTS))
    assert lan.post_form(f"{PAPER}/dien-thoai", TYPED).location == PAPER
    assert len({tuple(content) for content in contents(session, key_file)}) == 1
    close_wave()
    assert "bị hủy khi mở hòm" not in signed_in(lan.application, RoleName.ANALYST).get(f"/pt/dot/{CODE}").text
    after = open_box(key_file)
    assert (after.telephone, after.discarded, after.responses) == (1, 0, box.MIN_BALLOTS + 1)


def test_control_characters_in_a_comment_neither_spoil_nor_overflow_a_ballot(session, key_file, lan, minh):
    longest = TINY.item("words").max_length
    typed = {**TYPED, "words": "".join(chr(number) for number in (*range(1, 9), 11, 12, *range(14, 32), 127)) * 40}
    typed["words"] = "a" + typed["words"][: longest - 2] + "b"
    assert second_entry(minh, first_entry(lan, typed), typed).location == PAPER
    assert lan.post_form(f"{PAPER}/dien-thoai", typed).location == PAPER
    assert [content["comments"] for content in contents(session, key_file)] == [{"words": "a b"}] * 2


def test_of_second_entries_at_once_one_is_sealed(session, key_file, app, lan):
    number = first_entry(lan)
    seconds = [keyer(app, f"second{each}") for each in range(4)]
    sent = [hidden_fields(each.get(f"{PAPER}/{number}/lan-hai").text) | TYPED for each in seconds]
    with ThreadPoolExecutor(4) as together:
        posts = [
            together.submit(each.post, f"{PAPER}/{number}/lan-hai", data=fields)
            for each, fields in zip(seconds, sent, strict=True)
        ]
    assert sorted(each.result().status_code for each in posts) == [302, 404, 404, 404]
    assert (waiting(session), counts().ballots, counts().paper) == (0, 1, 1)


def test_what_is_typed_while_the_wave_closes_and_its_box_opens_is_whole_or_refused(
    session, keys, key_file, app, lan, minh
):
    send_all(keys, range(box.MIN_BALLOTS))
    numbers = [first_entry(lan) for _ in range(3)]
    sent = {number: hidden_fields(minh.get(f"{PAPER}/{number}/lan-hai").text) | TYPED for number in numbers}
    spoken = [hidden_fields(lan.get(f"{PAPER}/dien-thoai").text) | TYPED for _ in range(3)]

    def end():
        with app.app_context():
            close_wave()
            while True:
                try:
                    return open_box(key_file)
                except (keying.FormsWaiting, StorageBusy):
                    time.sleep(0.05)

    with ThreadPoolExecutor(7) as together:
        opening = together.submit(end)
        seals = [together.submit(other_tab(minh).post, f"{PAPER}/{each}/lan-hai", data=sent[each]) for each in numbers]
        calls = [together.submit(other_tab(lan).post, f"{PAPER}/dien-thoai", data=each) for each in spoken]
        after = opening.result()
    assert [each.result().status_code for each in seals] == [302] * 3
    heard = [each.result().status_code for each in calls]
    assert set(heard) <= {302, 409}
    assert after.agree
    assert (after.paper, after.telephone, after.ballots) == (3, heard.count(302), 0)
    assert after.responses == box.MIN_BALLOTS + 3 + heard.count(302)


def test_a_form_is_sealed_or_taken_back_and_never_both(session, key_file, lan, minh):
    number = first_entry(lan)
    both = threading.Barrier(2, timeout=10)

    def sealed():
        sent = hidden_fields(minh.get(f"{PAPER}/{number}/lan-hai").text) | TYPED
        both.wait()
        return minh.post(f"{PAPER}/{number}/lan-hai", data=sent).status_code

    def taken_back():
        sent = hidden_fields(lan.get(f"{PAPER}/{number}").text)
        both.wait()
        return lan.post(f"{PAPER}/{number}/lay-lai", data=sent).status_code

    with ThreadPoolExecutor(2) as together:
        results = [each.result() for each in (together.submit(sealed), together.submit(taken_back))]
    assert sorted(results) == [302, 404]
    assert counts().ballots == (results[0] == 302)
    assert waiting(session) == 0


def test_taking_back_a_form_that_is_being_sealed_says_that_it_is_gone(session, key_file, lan, minh, keys):
    number = first_entry(lan)
    lan_id, minh_id = (session.scalars(select(User.id).where(User.name == name)).one() for name in ("lan", "minh"))
    session.rollback()
    sealing, typed = threading.Event(), Typed("all", {"size": "s", "number": 4711, "words": "bớt thủ tục"})

    def seal():
        with lan.application.app_context(), transaction() as writing:
            assert keying.seal_second(writing, CODE, number, keys.contact, typed, by=minh_id) == []
            sealing.set()
            time.sleep(0.3)

    def take_back():
        sealing.wait(10)
        with lan.application.app_context(), pytest.raises(keying.FormGone), transaction() as writing:
            keying.take_back(writing, CODE, number, by=lan_id)

    with ThreadPoolExecutor(2) as together:
        for each in (together.submit(seal), together.submit(take_back)):
            each.result()
    assert (counts().ballots, waiting(session)) == (1, 0)


def _killed_before_the_commit(config, keys, number: int, by: int) -> None:
    with create_app(config, keys).app_context(), transaction() as session:
        typed = Typed("all", {"size": "s", "number": 4711, "words": "bớt thủ tục"})
        assert keying.seal_second(session, CODE, number, keys.contact, typed, by=by) == []
        session.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_kill_while_sealing_leaves_the_first_entry_and_no_ballot(session, config, keys, key_file, lan, minh):
    number = first_entry(lan)
    other = session.scalars(select(User.id).where(User.email == "minh@example.vn")).one()
    session.rollback()
    db.engine.dispose()
    process = multiprocessing.get_context("fork").Process(
        target=_killed_before_the_commit, args=(config, keys, number, other)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert (waiting(session), counts().ballots, counts().paper) == (1, 0, 0)
    assert second_entry(minh, number).status_code == 302
    assert (waiting(session), counts().ballots, counts().paper) == (0, 1, 1)


def test_a_form_that_somebody_else_has_just_sealed_is_not_sealed_again(session, key_file, lan, minh, app):
    number = first_entry(lan)
    sent = hidden_fields(minh.get(f"{PAPER}/{number}/lan-hai").text) | TYPED
    assert second_entry(keyer(app, "nam"), number).status_code == 302
    late = minh.post(f"{PAPER}/{number}/lan-hai", data=sent)
    assert late.status_code == 404
    assert "không còn chờ nhập" in late.text
    assert counts().ballots == 1


def test_what_is_typed_stands_nowhere_in_clear_and_all_entries_have_one_length(
    session, config, key_file, lan, minh, tmp_path
):
    canary = "chimhoangyen7f3a"
    number = first_entry(lan, {**TYPED, "words": canary})
    first_entry(lan, {**TYPED, "number": "1", "words": ""})
    assert len({len(blob) for blob in session.scalars(select(KeyedForm.blob))}) == 1
    session.rollback()
    second_entry(minh, number, {**TYPED, "words": canary, "size": "2"})
    assert kept_in(session, canary) == []
    second_entry(minh, number, {**TYPED, "words": canary})
    assert counts().ballots == 1
    assert kept_in(session, canary) == []
    assert found_in([tmp_path], {"comment": forms(canary)}) == []


def kept_in(session: Session, value: str) -> list[str]:
    """Return the tables in which a value stands in any row."""
    found = []
    for table in KeyedForm.metadata.sorted_tables:
        rows = session.execute(select(table)).all()
        found += [table.name for row in rows if value in repr(tuple(row))]
    session.rollback()
    return found


def test_a_first_entry_cannot_be_read_with_another_key_or_moved_to_another_form(session, keys, key_file, lan):
    form = keying.find(session, CODE, first_entry(lan))
    assert decrypt(keying._key(keys.contact), form.blob, keying._place(CODE, form.id)).startswith(b'{"stratum":"all"')
    with pytest.raises(Unreadable):
        decrypt(keying._key(keys.lookup), form.blob, keying._place(CODE, form.id))
    with pytest.raises(Unreadable):
        decrypt(keying._key(keys.contact), form.blob, keying._place(CODE, "0" * 32))


def test_special_letters_are_no_numbers_and_one_for_each():
    source = instrument(item("a", options=[option("x")], dk=True, na=True, ref=True))
    assert source.item("a").keys == {"1": "x", "k": "dk", "a": "na", "t": "ref"}
    assert set(SPECIAL_KEYS) == set(SPECIAL)
