"""While Microsoft's cloud, its login or the app's secret fails, everything is kept, and leaves once when that is over.

The rates that Teams documents are kept too, and no flood of questions ever holds a handoff (P1, P4, T67).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.pace import Pace
from adapters.teams.send import teams_pace
from tests.on_the_way import FIRST, say
from tests.teams.fake import Somebody, guid, text_of
from tests.teams.ledger import Call
from tests.teams.login import SECRET
from tests.teams_delivering import ACADEMY, DANGER, DEPUTY, DSL, HELLO, LEAD, cards, chat, hands_off, posts, waits
from tests.teams_school import NORTH, OTHER_TEACHER, TEACHER, TeamsSchool, by_practice_clock, teams_school

CROWD = [guid(f"crowd {number}") for number in range(60)]
LAST = "No, nothing like that was said"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield by_practice_clock(it)


def of_login(here: TeamsSchool) -> int:
    """How often a token was asked for."""
    return len(here.teams.calls("login.token"))


# --- our own token ---


async def test_a_token_that_is_not_taken_any_more_is_exchanged_once_and_nothing_is_said_twice(
    here: TeamsSchool,
) -> None:
    await here.says(FIRST)
    asked = of_login(here)
    here.teams.login.revoke()
    await here.says("no")
    tried = [call.status for call in here.written(chat(here, TEACHER))][-4:]
    assert tried.count(401) <= 2
    assert of_login(here) == asked + 1
    assert here.reads(TEACHER).count(ACADEMY) == 1


async def test_while_no_token_can_be_had_everything_is_kept_and_leaves_once_afterwards(here: TeamsSchool) -> None:
    fault = here.teams.fault("drop_before", "login.*", times=0)
    here.teams.login.revoke()
    heard = [await here.teams.say(TEACHER, FIRST), await here.teams.say(OTHER_TEACHER, FIRST)]
    await waits(here, 9, 10)
    assert all(delivery.taken for delivery in heard)
    assert here.count("cases") == 2
    assert DANGER not in here.reads(TEACHER)
    fault.lift()
    await waits(here, 4, 61)
    for who in (TEACHER, OTHER_TEACHER):
        assert [here.reads(who).count(words) for words in (HELLO, DANGER)] == [1, 1]


async def test_an_expired_secret_is_told_by_health_and_asked_about_once_a_minute_and_nothing_is_lost(
    here: TeamsSchool,
) -> None:
    assert here.tenant.is_well()
    here.teams.set_up(secret="the-new-secret")
    here.teams.login.revoke()
    before, calls = of_login(here), len(here.teams.calls())
    heard = [await here.teams.say(TEACHER, FIRST), await here.teams.say(TEACHER, "no")]
    await waits(here, 18, 10)
    assert all(delivery.taken for delivery in heard)
    assert here.tenant.health()["trouble"] == "app_refused"
    assert not here.tenant.is_well()
    assert SECRET not in json.dumps(here.tenant.health())
    assert 1 <= of_login(here) - before <= 4
    assert len(here.teams.calls()) - calls <= 12
    here.teams.set_up(secret=SECRET)
    await waits(here, 4, 61)
    assert here.tenant.is_well()
    assert here.tenant.health()["trouble"] is None
    assert here.reads(TEACHER).count(ACADEMY) == 1


async def test_a_redirection_is_followed_nowhere_and_takes_no_token_along(here: TeamsSchool) -> None:
    here.teams.fault("redirect", "*", times=0, location=f"{here.teams.elsewhere}/collect")
    await here.teams.say(TEACHER, FIRST)
    await here.settles()
    here.teams.all_well()
    await waits(here)
    assert here.teams.calls("elsewhere") == []
    assert {call.host for call in here.teams.calls() if call.token} == {here.teams.address.removeprefix("http://")}


async def test_a_stranger_who_is_called_would_be_seen(here: TeamsSchool) -> None:
    async with here.tenant._session.get(f"{here.teams.elsewhere}/collect"):
        pass
    assert len(here.teams.calls("elsewhere")) == 1


# --- the whole cloud ---


@pytest.mark.parametrize("seconds", [1, 60, 1200, 36000])
async def test_while_the_cloud_is_away_everything_is_kept_and_after_it_everything_arrives_once(
    here: TeamsSchool, seconds: int
) -> None:
    await here.says(FIRST)
    await here.teams.down()
    for text in ("yes", "A boy is with me too"):
        assert (await here.teams.say(TEACHER, text)).taken
    await here.settles()
    await here.passes(seconds=seconds)
    assert here.tenant.is_well() == (seconds < 60)
    await here.teams.up()
    await waits(here, 4, 61)
    texts = Counter(text_of(message) for message in here.teams.from_bot(TEACHER))
    assert max(texts.values()) == 1
    assert "".join(texts).count(HELLO) == 1
    assert say("asking.note_kept") in "".join(texts)
    assert here.tenant.is_well()


@pytest.mark.parametrize("minutes", [1, 600])
async def test_a_handoff_that_waits_for_the_cloud_arrives_when_it_is_back(here: TeamsSchool, minutes: int) -> None:
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()
    card = here.teams.with_label(TEACHER, "Send now")
    await here.teams.down()
    assert (await here.teams.press(TEACHER, card, "Send now")).delivery.taken
    await here.passes(minutes=minutes)
    await here.teams.up()
    await waits(here, 4, 31)
    assert len(cards(here, NORTH)) == 1
    assert "since 10:4" in here.reads(TEACHER) or "since 20:4" in here.reads(TEACHER)


async def test_when_no_lead_can_be_reached_the_teacher_is_told_within_two_minutes_to_ring(here: TeamsSchool) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, status=412, times=0)
    for who in (DSL, DEPUTY, LEAD):
        here.teams.fault("status", "activities.send", place=chat(here, who), status=412, times=0)
    await hands_off(here)
    await waits(here, 65, 2)
    assert "Please ring now" in here.reads(TEACHER)
    assert here.ref in here.reads(TEACHER)
    assert "since 10:4" not in here.reads(TEACHER)
    here.teams.all_well()
    await waits(here, 4, 61)
    assert len(cards(here, NORTH)) == 1


async def test_what_goes_to_one_place_goes_there_in_order_whatever_comes_between(here: TeamsSchool) -> None:
    place = chat(here, TEACHER)
    here.teams.fault("status", "activities.send", place=place, status=412)
    here.teams.fault("status", "activities.send", place=place, status=429, retry_after="5")
    for text in (FIRST, "and there is more", "much more"):
        await here.says(text)
    await waits(here)
    read, tried = here.reads(TEACHER), posts(here, place)
    assert read.index(HELLO) < read.index(DANGER)
    assert [call.status for call in tried][-3:] == [201, 201, 201]
    assert [HELLO in json.dumps(call.body, ensure_ascii=False) for call in tried[1:4]] == [True] * 3


# --- at the pace that Teams documents ---


@pytest.fixture
async def paced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TeamsSchool]:
    """A school at Teams' own pace; the ledger's times and the waiting pass as the practice clock does."""
    async with teams_school(tmp_path, pace=teams_pace(), met=False) as it:
        at_pace(by_practice_clock(it), monkeypatch)
        for who, place in ((DSL, NORTH), (DEPUTY, ""), (DSL, "")):
            await it.teams.install(who, place)
        yield it


def at_pace(here: TeamsSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sending.LONGEST_HOLD", 0.02)
    monkeypatch.setattr("tests.teams.wire.time", SimpleNamespace(time=lambda: here.clock.now().timestamp()))
    here.teams.world.people |= {who: _one_of(who) for who in CROWD}


def _one_of(who: str) -> Somebody:
    return Somebody(who, "Teacher Example", upn=f"{who}@staff.example.org")


async def a_crowd_writes(here: TeamsSchool) -> None:
    for who in CROWD:
        await here.teams.say(who, "A pupil has just told me something")


async def tells_all_but_the_last(here: TeamsSchool) -> None:
    for text in (FIRST, "no"):
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


def kind_of(call: Call) -> str:
    said = json.dumps(call.body, ensure_ascii=False)
    return "handoff" if "Open case" in said else "other"


def waiting(here: TeamsSchool) -> int:
    return int(str(here.rows("select count(*) from outbox where state = 'waiting'")[0][0]))


WINDOWS = ((1.0, 7), (2.0, 8), (30.0, 60))
"""So many messages in so many seconds may go into one conversation, by Teams' own page."""


def too_fast(calls: Sequence[Call]) -> list[tuple[str, float]]:
    """The places that were written to faster than that, and in how many seconds; all places together as ''."""
    found = [("", 1.0)] * (_most_in(1.0, [call.at for call in calls]) > 50)
    for place in {call.place.partition(";")[0] for call in calls}:
        times = [call.at for call in calls if call.place.partition(";")[0] == place]
        found += [(place, seconds) for seconds, most in WINDOWS if _most_in(seconds, times) > most]
    return found


def _most_in(seconds: float, times: Sequence[float]) -> int:
    return max((sum(begin <= at < begin + seconds for at in times) for begin in times), default=0)


async def test_a_handoff_never_waits_behind_a_crowds_questions_and_teams_own_rates_are_kept(
    paced: TeamsSchool,
) -> None:
    here = paced
    await tells_all_but_the_last(here)
    await a_crowd_writes(here)
    await here.bot.deliver()
    before = len(posts(here))
    assert waiting(here) >= 30
    await here.teams.press(TEACHER, here.teams.with_label(TEACHER, LAST), LAST)
    await here.settles()
    assert [kind_of(call) for call in posts(here)[before:]][:2] == ["handoff", "handoff"]
    for _ in range(15):
        await here.passes(seconds=2)
    assert too_fast(here.written()) == []
    assert [here.reads(who).count(DANGER) for who in CROWD] == [1] * len(CROWD)
    assert waiting(here) == 0


async def test_whoever_writes_much_at_once_is_answered_no_faster_than_teams_takes(paced: TeamsSchool) -> None:
    here = paced
    for number in range(12):
        await here.says(f"Something more, number {number}")
    await waits(here, 20, 2)
    assert too_fast(here.written()) == []
    assert waiting(here) == 0
    assert here.reads(TEACHER).count(DANGER) >= 1


async def test_without_a_pace_the_same_words_are_answered_too_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with teams_school(tmp_path, pace=Pace.open(), met=False) as here:
        at_pace(by_practice_clock(here), monkeypatch)
        for number in range(8):
            await here.says(f"Something more, number {number}")
        assert too_fast(here.written()) != []
