"""What comes from Slack has one effect and what goes there arrives once, whatever Slack and the network do."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.pace import Pace
from adapters.slack.send import slack_pace
from adapters.slack.sweep import Tempo
from bot.case import Kind
from tests.slack.fake import Message, Somebody, text_of
from tests.slack.ledger import Call
from tests.slack.reading import labels_of
from tests.slack_school import (
    NORTH,
    OTHER_TEACHER,
    PRIMARY,
    SOUTH,
    STAFFROOM,
    TEACHER,
    WAYS,
    SlackSchool,
    slack_id,
    slack_school,
)
from tests.sources import phrases

SAY = phrases()
DSL, DEPUTY, LEAD = slack_id("dsl-north"), slack_id("deputy-north"), slack_id("trust-lead")
HELLO, DANGER = "You’ve done the right thing", "Is anyone in danger right now?"


def say(key: str) -> str:
    found = SAY[key]
    assert isinstance(found, str)
    return found


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackSchool]:
    """A school by HTTP whose Slack has 0.3 s to answer."""
    monkeypatch.setattr("adapters.slack.api.CALL_SECONDS", 0.3)
    async with slack_school(tmp_path) as it:
        it.workspace._sweep.tempo = Tempo(calls_a_minute=600_000)
        yield it


@pytest.fixture(params=WAYS)
async def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SlackSchool]:
    monkeypatch.setattr("adapters.store.engine.BUSY_MILLISECONDS", 50)
    async with slack_school(tmp_path, request.param) as it:
        it.slack.set_up(patience=0.5)
        it.workspace._sweep.tempo = Tempo(calls_a_minute=600_000)
        yield it


def posts(here: SlackSchool, channel: str = "") -> list[Call]:
    """What was posted anew, or tried to be."""
    return [call for call in here.written(channel) if call.method == "chat.postMessage"]


def cards(here: SlackSchool, messages: list[Message]) -> list[Message]:
    """Of these messages, the case's own card."""
    return [message for message in messages if text_of(message).startswith(f"Case {here.ref}")]


# --- in: duplicates, and books that are shut ---


async def test_an_event_that_comes_twenty_times_is_heard_once(both: SlackSchool) -> None:
    here = both
    first = await here.slack.says(TEACHER, "A girl in my form has just told me something")
    for retry in range(1, 10):
        await here.slack.redeliver(first, retry)
    await asyncio.gather(*(here.slack.redeliver(first, retry) for retry in range(10, 20)))
    for _ in range(3):
        await here.slack.event(first.payload["event"])  # an event_id of its own, the same channel and ts
    await here.settles()
    assert all(attempt.status == 200 for delivery in here.slack.deliveries() for attempt in delivery.attempts)
    assert (here.count("cases"), here.count("chronology")) == (1, 1)
    assert [here.reads(TEACHER).count(words) for words in (HELLO, DANGER)] == [1, 1]


async def test_a_retry_is_never_ignored_for_being_a_retry(both: SlackSchool) -> None:
    here = both
    here.slack.set_up(retry_delays=())
    with held_up(here.file):
        first = await here.slack.says(TEACHER, "A girl in my form has just told me something")
    assert not first.taken
    assert (await here.slack.redeliver(first, 3)).status == 200
    await here.settles()
    assert here.rows("select kind from chronology") == [("first_words",)]


async def test_what_could_not_be_kept_is_refused_and_heard_once_when_slack_brings_it_again(both: SlackSchool) -> None:
    here = both
    here.slack.set_up(retry_delays=(0.05, 0.5))
    with held_up(here.file):
        first = await here.slack.says(TEACHER, "A girl in my form has just told me something")
        assert here.count("cases") == 0
    await here.settles()
    assert first.attempts[0].status in (503, 0)
    assert first.taken
    assert (here.count("cases"), here.count("chronology")) == (1, 1)
    assert say("emergency.failed") in here.reads(TEACHER)
    assert here.reads(TEACHER).count(DANGER) == 1


async def test_over_http_what_could_not_be_kept_is_answered_503(here: SlackSchool) -> None:
    here.slack.set_up(retry_delays=())
    here.store.close()
    assert (await here.slack.says(TEACHER, "A girl in my form has just told me something")).status == 503


async def test_a_press_and_a_form_that_come_twice_have_one_effect(both: SlackSchool) -> None:
    here = both
    await here.says("A girl in my form has just told me something")
    card = here.slack.with_label(TEACHER, "No, not that I know of")
    pressed = await here.slack.presses(TEACHER, card, "No, not that I know of")
    await here.settles()
    await here.submits_place()
    rows, shown = here.count("chronology"), here.reads(TEACHER)
    for _ in range(3):
        await here.slack.redeliver(pressed)
    await here.settles()
    assert here.count("chronology") == rows
    assert here.reads(TEACHER) == shown


@pytest.mark.parametrize("kind", ["reaction_added", "team_join", "file_shared", "never_heard_of"])
async def test_what_nobody_listens_to_is_answered_well_at_once(both: SlackSchool, kind: str) -> None:
    delivery = await both.slack.event({"type": kind, "user": TEACHER, "event_ts": both.slack.world.stamp()})
    await both.settles()
    assert [attempt.status for attempt in delivery.attempts] == [200]
    assert both.count("cases") == 0


# --- out: asked to wait ---


WINDOWS = [("0", 0), ("30", 30), (None, 30), ("soon", 30), ("-5", 0), ("date", 28)]


def asked_to_wait(value: str | None) -> str | None:
    return formatdate(time.time() + 30, usegmt=True) if value == "date" else value


@pytest.mark.parametrize(("value", "window"), WINDOWS)
async def test_within_the_time_slack_asked_for_nothing_is_sent_there_and_after_it_everything_once(
    here: SlackSchool, value: str | None, window: int
) -> None:
    here.slack.fault("status", "chat.postMessage", channel=TEACHER, status=429, retry_after=asked_to_wait(value))
    await here.says("A girl in my form has just told me something")
    assert len(posts(here, TEACHER)) == 1
    for _ in range(max(0, window - 2)):
        await here.passes(seconds=1)
        assert len(posts(here, TEACHER)) == 1
    await here.says("A boy in my form has just told me something", OTHER_TEACHER)
    assert DANGER in here.reads(OTHER_TEACHER)
    for _ in range(4):
        await here.passes(seconds=20)
    assert [here.reads(TEACHER).count(words) for words in (HELLO, DANGER)] == [1, 1]


async def test_a_channel_that_is_asked_to_wait_for_keeps_no_lead_waiting(here: SlackSchool) -> None:
    here.slack.fault("status", "chat.postMessage", channel=NORTH, status=429, retry_after="30")
    await here.tells_the_essentials()
    assert len(cards(here, here.slack.from_bot(DSL))) == 1
    for _ in range(9):
        await here.passes(seconds=3)
    assert len(posts(here, NORTH)) == 1
    await here.passes(seconds=10)
    assert len(cards(here, here.slack.channel(NORTH))) == 1


async def test_updates_that_are_asked_to_wait_wait_everywhere_and_the_last_word_arrives(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    here.slack.fault("status", "chat.update", status=429, retry_after="30")
    await here.presses("Acknowledge", DSL)
    updates = len(here.slack.calls("chat.update"))
    for _ in range(9):
        await here.passes(seconds=3)
    assert len(here.slack.calls("chat.update")) == updates
    for _ in range(3):
        await here.passes(seconds=30)
    assert not [message for message in here.everywhere() if "Acknowledge" in labels_of(message)]
    assert "Acknowledged by the DSL" in here.channel_reads()


# --- out: nobody knows whether it arrived ---


AMBIGUOUS: dict[str, dict[str, Any]] = {
    "answer lost": {"kind": "drop_after_accept"},
    "request lost": {"kind": "drop_before"},
    "500, done": {"kind": "status", "status": 500, "performed": True},
    "500, not done": {"kind": "status", "status": 500},
    "503, done": {"kind": "status", "status": 503, "performed": True},
    "503, not done": {"kind": "status", "status": 503},
    "slow": {"kind": "slow", "seconds": 0.5},
    "a page, done": {"kind": "html", "status": 200, "performed": True},
    "a page, not done": {"kind": "html", "status": 200},
    "half an answer": {"kind": "truncated"},
    "internal error, done": {"kind": "error", "error": "internal_error", "performed": True},
    "internal error, not done": {"kind": "error", "error": "internal_error"},
    "new error, done": {"kind": "error", "error": "never_heard_of", "performed": True},
}
_NOT_DONE = frozenset(
    {"request lost", "500, not done", "503, not done", "a page, not done", "internal error, not done"}
)


@pytest.mark.parametrize("what", AMBIGUOUS)
async def test_in_direct_messages_a_handoff_and_a_prompt_stand_once_whatever_became_of_the_answer(
    here: SlackSchool, what: str
) -> None:
    for who in (TEACHER, DSL):
        here.slack.fault(method="chat.postMessage", channel=who, **AMBIGUOUS[what])
    await here.tells_the_essentials()
    for _ in range(4):
        await here.passes(seconds=20)
    assert len(cards(here, here.slack.from_bot(DSL))) == 1
    assert [here.reads(TEACHER).count(words) for words in (HELLO, "Danger right now:")] == [1, 1]
    tried = 2 if what in _NOT_DONE else 1
    assert len([call for call in posts(here, DSL) if here.ref in json.dumps(call.arguments)]) == tried


@pytest.mark.parametrize("what", AMBIGUOUS)
async def test_in_a_channel_a_handoff_is_repeated_once_with_the_same_reference(here: SlackSchool, what: str) -> None:
    here.slack.fault(method="chat.postMessage", channel=NORTH, **AMBIGUOUS[what])
    await here.tells_the_essentials()
    for _ in range(4):
        await here.passes(seconds=20)
    assert len(posts(here, NORTH)) == 2
    assert len(cards(here, here.slack.channel(NORTH))) == (1 if what in _NOT_DONE else 2)


async def test_a_handoff_that_is_doubtful_twice_is_not_posted_a_third_time(here: SlackSchool) -> None:
    here.slack.fault("drop_after_accept", "chat.postMessage", channel=NORTH, times=0)
    await here.tells_the_essentials()
    for _ in range(4):
        await here.passes(seconds=20)
    assert len(cards(here, here.slack.channel(NORTH))) == 2
    assert len(cards(here, here.slack.from_bot(DSL))) == 1


async def test_where_it_cannot_be_looked_for_at_once_it_is_looked_for_later_and_not_sent_twice(
    here: SlackSchool,
) -> None:
    here.slack.fault("drop_after_accept", "chat.postMessage", channel=DSL)
    looked = here.slack.fault("status", "conversations.history", status=500, times=2)
    await here.tells_the_essentials()
    for _ in range(4):
        await here.passes(seconds=20)
    assert looked.hits == 2
    assert len(cards(here, here.slack.from_bot(DSL))) == 1


async def test_a_lost_answer_to_an_update_is_made_good_in_place(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    here.slack.fault("drop_before", "chat.update", times=3)
    await here.presses("Acknowledge", DSL)
    for _ in range(4):
        await here.passes(seconds=20)
    assert "Acknowledged by the DSL" in here.channel_reads()
    assert len(cards(here, here.slack.channel(NORTH))) == len(cards(here, here.slack.from_bot(DSL))) == 1


# --- out: it will not be taken ---


@pytest.mark.parametrize("error", ["is_archived", "channel_not_found", "not_in_channel", "restricted_action"])
async def test_a_channel_that_takes_nothing_is_passed_over_and_no_other_is_chosen(
    here: SlackSchool, error: str
) -> None:
    here.slack.fault("error", "chat.postMessage", channel=NORTH, error=error, times=0)
    await here.tells_the_essentials()
    for _ in range(2):
        await here.passes(seconds=61)
    assert len(cards(here, here.slack.from_bot(DSL))) == 1
    assert "With the DSL since 10:4" in here.reads(TEACHER)
    assert len(posts(here, NORTH)) == 1
    assert not {str(call.arguments["channel"]) for call in here.written()} & {SOUTH, PRIMARY, STAFFROOM}
    assert not [
        call for call in here.slack.calls() if call.method.startswith("conversations.") and "join" in call.method
    ]


@pytest.mark.parametrize("place", ["channel", "messages"])
async def test_a_card_that_somebody_took_away_is_posted_anew_and_lives_on_there(here: SlackSchool, place: str) -> None:
    await here.tells_the_essentials()
    (card,) = cards(here, here.slack.channel(NORTH) if place == "channel" else here.slack.from_bot(DSL))
    here.slack.world.messages[card.channel][card.ts].deleted = True
    await here.presses("Continue", TEACHER, {"How is the child now, from what you saw and heard?": ["Calm"]})
    await here.presses_in_channel("Acknowledge", DEPUTY)
    (again,) = cards(here, here.slack.channel(card.channel))
    assert again.ts != card.ts
    assert "Acknowledged by a deputy DSL" in text_of(again)


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive"])
async def test_without_the_right_to_call_everything_is_kept_and_slack_is_asked_once_a_minute(
    here: SlackSchool, error: str
) -> None:
    await here.says("A girl in my form has just told me something")
    await here.passes(minutes=1)
    here.slack.set_up(token_error=error)
    before = len(here.slack.calls())
    heard = await here.slack.says(TEACHER, "no")
    other = await here.slack.says(OTHER_TEACHER, "A boy in my form has just told me something")
    for _ in range(18):
        await here.passes(seconds=10)
    assert heard.taken
    assert other.taken
    assert here.count("cases") == 2
    assert 1 <= len(here.slack.calls()) - before <= 4
    assert here.workspace.health()["trouble"] == error
    assert not here.workspace.is_well()
    here.slack.set_up(token_error="")
    for _ in range(4):
        await here.passes(seconds=61)
    assert here.workspace.health()["trouble"] is None
    assert here.workspace.is_well()
    assert here.reads(TEACHER).count("Which academy is this about?") == 1
    assert [here.reads(OTHER_TEACHER).count(words) for words in (HELLO, DANGER)] == [1, 1]


@pytest.mark.parametrize("minutes", [1, 20, 600])
async def test_while_slack_is_away_everything_is_kept_and_after_it_everything_arrives_once(
    here: SlackSchool, minutes: int
) -> None:
    await here.says("A girl in my form has just told me something")
    await here.slack.down()
    for text in ("yes", "A boy is with me too"):
        assert (await here.slack.says(TEACHER, text)).taken
    await here.passes(minutes=minutes)
    await here.slack.up()
    for _ in range(4):
        await here.passes(seconds=61)
    texts = Counter(text_of(message) for message in here.slack.from_bot(TEACHER))
    assert max(texts.values()) == 1
    assert "".join(texts).count(HELLO) == 1
    assert say("asking.note_kept") in "".join(texts)
    assert here.reads(LEAD).count(say("blind.notice")) == 1


# --- out: at Slack's own pace ---


@pytest.fixture
async def paced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackSchool]:
    """A school whose Slack has Slack's rates, which pass as the practice clock does."""
    async with slack_school(tmp_path, pace=slack_pace()) as it:
        with_rates(it, monkeypatch)
        yield it


def with_rates(here: SlackSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's rates are on. What is held back waits in the books, where the practice clock moves it on."""
    monkeypatch.setattr("bot.sending.LONGEST_HOLD", 0.02)
    slacks_time = SimpleNamespace(monotonic=lambda: here.clock.now().timestamp())
    monkeypatch.setattr("tests.slack.trouble.time", slacks_time)
    here.slack.set_up(rates=True)
    here.slack.world.people |= {who: Somebody(who, f"Teacher {who} Example") for who in CROWD}


CROWD = [f"U0CROWD{number:03}" for number in range(70)]


def throttled(here: SlackSchool) -> list[Call]:
    return [call for call in here.slack.calls() if call.status == 429]


async def a_crowd_writes(here: SlackSchool) -> None:
    for who in CROWD:
        await here.slack.says(who, f"A pupil told {who} something")


async def test_a_handoff_never_waits_behind_thirty_prompts_and_slack_never_has_to_say_wait(paced: SlackSchool) -> None:
    here = paced
    await tells_all_but_the_last(here)
    await a_crowd_writes(here)
    await here.bot.deliver()
    before = len(posts(here))
    assert waiting(here) >= 30
    await here.slack.presses(TEACHER, here.slack.with_label(TEACHER, LAST), LAST)
    await here.settles()
    assert [_kind(call) for call in posts(here)[before:]][:2] == ["handoff", "handoff"]
    for _ in range(12):
        await here.passes(seconds=2)
    order = [_kind(call) for call in posts(here)[before:]]
    assert order == [*["handoff"] * 2, *["receipt"] * order.count("receipt"), *["prompt"] * order.count("prompt")]
    assert order.count("prompt") >= 30
    assert throttled(here) == []
    assert [here.reads(who).count(DANGER) for who in CROWD] == [1] * len(CROWD)
    assert waiting(here) == 0


def waiting(here: SlackSchool) -> int:
    return int(str(here.rows("select count(*) from outbox where state = 'waiting'")[0][0]))


LAST = "No, nothing like that was said"


async def tells_all_but_the_last(here: SlackSchool) -> None:
    """Up to the last of the essentials, slowly, as a person does."""
    for text in ("A girl in my form has just told me something", "no"):
        await here.says(text)
        await here.passes(seconds=10)
    await here.submits_place()
    await here.passes(seconds=10)
    await here.says("Jade Example, year 9")
    for label in ("The child in the picture told me", "13, 14 or 15", "No, only under-18s"):
        await here.passes(seconds=10)
        await here.presses(label)
        if label.startswith("The child"):
            await here.passes(seconds=10)
            await here.says("He said he would show everyone")
    await here.passes(seconds=90)


def _kind(call: Call) -> str:
    said = json.dumps(call.arguments, ensure_ascii=False)
    if call.arguments["channel"] in (NORTH, DSL) and "Open case" in said:
        return "handoff"
    return "prompt" if '"type": "actions"' in said else "receipt"


async def test_a_pace_that_holds_nothing_is_told_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with slack_school(tmp_path, pace=Pace.open()) as here:
        with_rates(here, monkeypatch)
        for number in range(8):
            await here.says(f"Something more, number {number}")
        assert throttled(here) != []


async def test_updates_of_one_case_are_made_one_and_the_last_word_stands(paced: SlackSchool) -> None:
    here = paced
    await tells_all_but_the_last(here)
    await here.presses(LAST)
    await here.passes(seconds=30)
    before = len(here.written(NORTH))
    for number in range(8):
        await here.slack.says(TEACHER, f"Something more, number {number}")
        await here.bot.deliver()
    await here.slack.presses(DSL, here.slack.with_label(DSL, "Acknowledge"), "Acknowledge")
    for _ in range(12):
        await here.passes(seconds=3)
    assert len(here.written(NORTH)) - before < 9
    assert "Acknowledged by the DSL" in here.channel_reads()
    assert throttled(here) == []


# --- in: what Slack never delivered ---


async def words_kept(here: SlackSchool) -> list[tuple[Kind, str]]:
    """Everything in every chronology, by kind."""
    refs = [str(ref) for (ref,) in here.rows("select ref from cases order by n")]
    found = [await here.store.transact(lambda tx, ref=ref: tx.chronology(ref)) for ref in refs]  # type: ignore[misc]
    return [(entry.kind, entry.words) for entries in found for entry in entries]


async def test_a_first_message_that_slack_lost_is_found_once_and_its_sender_is_told_that_it_was_late(
    both: SlackSchool,
) -> None:
    here = both
    here.slack.fault("lose_events", "message")
    await here.says("A girl in my form has just told me something")
    assert here.count("cases") == 0
    here.clock.advance(timedelta(minutes=4))
    for _ in range(3):
        await here.workspace.sweep()
        await here.settles()
    assert await words_kept(here) == [(Kind.FIRST_WORDS, "A girl in my form has just told me something")]
    assert here.reads(TEACHER).count(say("asking.late")) == 1
    assert here.reads(TEACHER).count(DANGER) == 1


async def test_a_message_that_was_delivered_is_not_found_again(both: SlackSchool) -> None:
    here = both
    await here.says("A girl in my form has just told me something")
    await here.workspace.sweep()
    await here.settles()
    assert len(await words_kept(here)) == 1
    assert say("asking.late") not in here.reads(TEACHER)


async def test_an_answer_that_slack_lost_is_never_taken_for_the_answer_to_a_later_question(here: SlackSchool) -> None:
    await here.says("A girl in my form has just told me something")
    here.slack.fault("lose_events", "message")
    await here.says("no")
    await here.passes(minutes=3)
    await here.presses("No, not that I know of")
    await here.submits_place()
    await here.workspace.sweep()
    await here.settles()
    assert (Kind.NOTE, "no") in await words_kept(here)
    assert say("asking.late") in here.reads(TEACHER)
    assert "Who told you, or how did it come to light?" not in here.reads(TEACHER)
    await here.says("Jade Example, year 9")
    assert "Who told you, or how did it come to light?" in here.reads(TEACHER)


async def test_the_same_word_in_time_is_taken(here: SlackSchool) -> None:
    await here.says("A girl in my form has just told me something")
    await here.presses("No, not that I know of")
    await here.submits_place()
    await here.says("no")
    assert "Who told you, or how did it come to light?" in here.reads(TEACHER)


@pytest.mark.parametrize("seed", [1, 2])
async def test_of_five_conversations_that_lose_a_third_everything_is_found_exactly_once(
    here: SlackSchool, seed: int
) -> None:
    here.slack.world.people |= {who: Somebody(who, f"Teacher {who} Example") for who in CROWD[:5]}
    here.slack.world.chance.seed(seed)
    here.slack.fault("lose_events", "message", times=0, chance=0.3)
    said = []
    for number in range(6):
        for who in CROWD[:5]:
            said.append(f"Sentence {number} that {who} wrote")
            await here.says(said[-1], who)
    lost = [delivery for delivery in here.slack.deliveries() if delivery.lost]
    assert len(lost) >= 4
    here.clock.advance(timedelta(minutes=4))
    for _ in range(2):
        await here.workspace.sweep()
        await here.settles()
    kept = Counter(words for _, words in await words_kept(here))
    assert {words: kept[words] for words in said} == dict.fromkeys(said, 1)
    assert here.count("cases") == 5


async def test_with_no_sweep_the_same_loss_is_for_ever(here: SlackSchool) -> None:
    here.slack.fault("lose_events", "message")
    await here.says("A girl in my form has just told me something")
    await here.passes(minutes=10)
    assert await words_kept(here) == []


# --- small things ---


@contextmanager
def held_up(file: Path) -> Iterator[None]:
    """The books, held by another who writes, until the block ends."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()
