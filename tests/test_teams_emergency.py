"""While the books cannot be written, whoever writes in Teams has the numbers within five seconds, and the truth (I12).

The books are held by another program, as a backup or a full disk would hold them; Teams itself is all there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from tests.on_the_way import FIRST, say
from tests.teams.fake import text_of
from tests.teams_delivering import ACADEMY, DANGER, DSL, cards, chat, hands_off, posts
from tests.teams_school import NORTH, OTHER_TEACHER, TEACHER, TeamsSchool, by_practice_clock, teams_school

WORDS = "Jessamine-Canary told me that somebody has her picture"
FAILED, NOT_SAVED = say("emergency.failed"), say("teams.not_saved")
NUMBERS = "01632 960111"


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TeamsSchool]:
    """A school whose books wait a moment only for another program."""
    monkeypatch.setattr("adapters.store.engine.BUSY_MILLISECONDS", 50)
    async with teams_school(tmp_path) as it:
        yield by_practice_clock(it)


@contextmanager
def held_up(here: TeamsSchool) -> Iterator[None]:
    """The books, held by another who writes, until the block ends."""
    connection = sqlite3.connect(here.file, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def words_in_books(here: TeamsSchool) -> int:
    return here.count("chronology")


# --- words ---


@pytest.mark.parametrize("met", [True, False])
async def test_within_five_seconds_the_sender_has_999_and_the_leads_telephones_and_teams_is_told_503(
    tmp_path: Path, met: bool
) -> None:
    async with teams_school(tmp_path, met=met) as here:
        by_practice_clock(here)
        with held_up(here):
            began = time.monotonic()
            heard = await here.teams.say(TEACHER, WORDS)
            assert time.monotonic() - began < 5
        assert heard.status == 503
        shown = text_of(here.teams.from_bot(TEACHER)[-1])
        assert all(each in shown for each in (FAILED, "ring 999", NUMBERS, "07700 900101"))
        assert "kept" not in shown
        assert words_in_books(here) == 0


async def test_of_somebody_new_the_books_are_waited_for_twice_at_most_before_the_numbers_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with teams_school(tmp_path, met=False) as here:
        asked = []

        async def refused(work: object) -> None:
            asked.append(work)
            raise StoreUnavailable("held")

        monkeypatch.setattr(here.store, "transact", refused)
        assert (await here.teams.say(TEACHER, WORDS)).status == 503
        assert FAILED in here.reads(TEACHER)
        assert len(asked) == 2


async def test_the_numbers_come_once_until_it_works_again_and_once_more_when_it_fails_again(here: TeamsSchool) -> None:
    with held_up(here):
        for text in (FIRST, "hello", "is anybody there"):
            assert (await here.teams.say(TEACHER, text)).status == 503
        assert (await here.teams.say(OTHER_TEACHER, FIRST)).status == 503
    assert [here.reads(who).count(FAILED) for who in (TEACHER, OTHER_TEACHER)] == [1, 1]
    await here.says(FIRST)
    with held_up(here):
        assert (await here.teams.say(TEACHER, "no")).status == 503
    assert here.reads(TEACHER).count(FAILED) == 2


async def test_what_teams_brings_again_afterwards_is_heard_once(here: TeamsSchool) -> None:
    with held_up(here):
        first = await here.teams.say(TEACHER, FIRST)
        assert (await here.teams.resend(first)).status == 503
    for _ in range(2):
        assert (await here.teams.office.attempt(first, first.activity)).status == 200
    await here.settles()
    assert (here.count("cases"), words_in_books(here)) == (1, 1)
    assert here.reads(TEACHER).count(DANGER) == 1


async def test_what_waits_to_leave_leaves_when_the_books_are_free_again(here: TeamsSchool) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, status=429, retry_after="10")
    await hands_off(here)
    here.clock.advance(timedelta(seconds=15))
    with held_up(here), pytest.raises(StoreUnavailable):
        await here.bot.deliver()
    assert cards(here, NORTH) == []
    await here.settles()
    assert len(cards(here, NORTH)) == 1


@pytest.mark.parametrize("kind", ["hang", "drop_before", "status"])
async def test_when_teams_fails_too_it_is_answered_503_in_time_and_nothing_is_said_to_be_kept(
    here: TeamsSchool, kind: str
) -> None:
    here.teams.fault(kind, "activities.send", times=0, status=500)  # type: ignore[arg-type]
    with held_up(here):
        began = time.monotonic()
        assert (await here.teams.say(TEACHER, WORDS)).status == 503
        assert time.monotonic() - began < 5
    here.teams.all_well()
    assert words_in_books(here) == 0


@pytest.mark.parametrize("typed", ["oncall", "on call", "/OnCall"])
async def test_oncall_needs_no_books(here: TeamsSchool, typed: str) -> None:
    with held_up(here):
        assert (await here.teams.say(TEACHER, typed)).status == 200
        await here.tenant.settled()
    shown = text_of(here.teams.from_bot(TEACHER)[-1])
    assert NUMBERS in shown
    assert FAILED not in shown


async def test_contacts_are_given_with_the_truth(here: TeamsSchool) -> None:
    with held_up(here):
        await here.teams.say(TEACHER, "contacts")
    assert NUMBERS in text_of(here.teams.from_bot(TEACHER)[-1])


async def test_whoever_gets_the_app_now_sees_the_numbers(here: TeamsSchool) -> None:
    with held_up(here):
        for delivery in await here.teams.install(OTHER_TEACHER):
            assert delivery.status in (200, 503)
        await here.tenant.settled()
    shown = text_of(here.teams.from_bot(OTHER_TEACHER)[-1])
    assert NUMBERS in shown


# --- presses ---


async def test_a_press_is_answered_with_the_sentence_and_the_numbers_and_works_afterwards(here: TeamsSchool) -> None:
    await here.says(FIRST)
    card = here.teams.with_label(TEACHER, "No, not that I know of")
    rows = words_in_books(here)
    with held_up(here):
        pressed = await here.teams.press(TEACHER, card, "No, not that I know of")
        assert NOT_SAVED in pressed.said
        assert NUMBERS in pressed.said
        assert words_in_books(here) == rows
    await here.presses("No, not that I know of")
    assert here.reads(TEACHER).count(ACADEMY) == 1


async def test_the_same_press_from_an_old_app_is_answered_503_and_the_numbers_come(here: TeamsSchool) -> None:
    await here.says(FIRST)
    here.teams.set_up(old_client=True)
    with held_up(here):
        card = here.teams.with_label(TEACHER, "No, not that I know of")
        assert (await here.teams.press(TEACHER, card, "No, not that I know of")).delivery.status == 503
    assert FAILED in here.reads(TEACHER)


async def test_a_form_stays_with_its_words_and_is_kept_once_when_it_is_sent_again(here: TeamsSchool) -> None:
    await hands_off(here)
    opened = await here.presses_on(NORTH, "Open case", DSL)
    assert opened.dialog
    await here.presses_in_dialog("Add a note", DSL)
    audited = here.audited()
    with held_up(here):
        await here.teams.dialogs_of(DSL)[-1].press("Save", words=WORDS)
        form = here.teams.dialogs_of(DSL)[-1]
        assert NOT_SAVED in text_of(form.card)
        assert WORDS in text_of(form.card)
        assert here.audited() == audited
    await here.presses_in_dialog("Save", DSL, words=WORDS)
    entries = await here.store.transact(lambda tx: tx.chronology(here.ref))
    assert [entry.words for entry in entries].count(WORDS) == 1


async def test_words_written_on_a_card_are_not_said_to_be_saved(here: TeamsSchool) -> None:
    await hands_off(here)
    with held_up(here):
        card = here.teams.with_label(TEACHER, "Save")
        pressed = await here.teams.press(TEACHER, card, "Save", words=WORDS)
    assert NOT_SAVED in pressed.said
    assert WORDS not in pressed.said


async def test_a_case_is_not_opened_while_it_cannot_be_written_who_opened_it(here: TeamsSchool) -> None:
    await hands_off(here)
    with held_up(here):
        await here.teams.press(DSL, here.teams.with_label(NORTH, "Open case"), "Open case")
        assert FIRST not in here.dialog(DSL)
        assert NOT_SAVED in here.dialog(DSL)
        assert NUMBERS in here.dialog(DSL)
    assert "opened" not in here.audited()


async def test_nothing_of_it_stands_in_a_log_or_in_the_open(
    here: TeamsSchool, capsys: pytest.CaptureFixture[str]
) -> None:
    with held_up(here):
        await here.teams.say(TEACHER, WORDS)
    said = capsys.readouterr()
    assert "Canary" not in said.out + said.err
    assert b"Canary" not in here.raw()
    assert "Canary" not in "".join(str(call.body) for call in posts(here, chat(here, TEACHER)))
