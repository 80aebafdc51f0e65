"""Case data in Teams goes where it may at this moment and nowhere else; in doubt the leads hear one to one, and why."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import pytest

from bot.message import Card, Destination, Reach
from tests.on_the_way import say
from tests.sources import phrases
from tests.teams.fake import FakeTeams, Room, Somebody, guid, text_of, thread
from tests.teams.ledger import Call
from tests.teams.world import OTHER_TENANT, Json
from tests.teams_school import (
    GUEST,
    NORTH,
    OTHER_TEACHER,
    PRIMARY,
    SOUTH,
    STAFFROOM,
    TEACHER,
    TeamsSchool,
    by_practice_clock,
    entra_id,
    teams_school,
)

DSL, DEPUTY, LEAD = entra_id("dsl-north"), entra_id("deputy-north"), entra_id("trust-lead")
FOREIGN, ANONYMOUS = guid("foreign"), "29:1anonymous"
CANARY = "kestrel-velvet-4711"
SHARED_CHANNEL = "shared"


def newcomers() -> list[Somebody]:
    return [
        Somebody(FOREIGN, "Strange Example", tenant=OTHER_TENANT),
        Somebody("", "Ash", role="anonymous", id=ANONYMOUS),
        Somebody(guid("invited"), "Invited Example", upn="invited_elsewhere.example#EXT#@staff.example.org"),
    ]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    """A school. Whatever is done in it, no notification says anything."""
    async with teams_school(tmp_path) as it:
        it.teams.world.people |= {who.key: who for who in newcomers()}
        it.teams.set_up(page=1)
        by_practice_clock(it)
        yield it
        assert loud(it.written()) == []


# --- notifications ---


def neutral() -> list[re.Pattern[str]]:
    """Every sentence that may pop up on a locked screen."""
    filled = {"ref": "[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}", "time": r"\d\d:\d\d"}
    filled |= {"role": "(the|a) [a-zA-Z ’]+", "date": r"\d{1,2} [A-Z][a-z]+ \d{4}"}
    keys = [key for key in phrases() if key.startswith("notification.")]
    keys += ["post.moved", "post.acknowledged", "asking.superseded", "teams.use_teams", "teams.gone"]
    return [_pattern(str(phrases()[key]), filled) for key in keys]


def _pattern(line: str, filled: dict[str, str]) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", line)
    return re.compile("".join(filled[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)))


def loud(calls: Iterable[Call]) -> list[str]:
    """The notifications that say more than they may: the summary, and the first that is read on the card (T47)."""
    may = neutral()
    activities = [call.body.get("activity", call.body) for call in calls if "members" not in call.body]
    shown = [each for activity in activities for each in _popping_up(activity)]
    return [text for text in shown if not any(pattern.fullmatch(text) for pattern in may)]


def _popping_up(activity: dict[str, object]) -> list[str]:
    content = activity["attachments"][0]["content"]  # type: ignore[index]
    text = str(activity.get("text") or "")
    return [str(activity.get("summary")), text_of(content).split("\n")[0], *([text] if text else [])]


async def test_a_notification_that_says_more_would_be_seen(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    calls = here.written()
    assert loud(calls) == []
    body = next(call.body for call in calls if call.body.get("summary"))
    spoilt = [{**body, "summary": f"Case {CANARY}"}, {**body, "summary": ""}, {**body, "text": "Jade Example"}]
    assert len(loud(Call(0, 0.0, "activities.send", "", {}, {}, each) for each in spoilt)) == 3


# --- ways in which a place stops being safe ---


Change = Callable[[FakeTeams], Awaitable[object]]


def added(who: str) -> Change:
    return lambda teams: teams.add(who, NORTH, told=False)


def troubled(kind: str, method: str, **more: object) -> Change:
    async def change(teams: FakeTeams) -> None:
        teams.fault(kind, method, times=0, **more)  # type: ignore[arg-type]

    return change


def team_is(**said: object) -> Change:
    async def change(teams: FakeTeams) -> None:
        for name, value in said.items():
            setattr(teams.world.teams[NORTH], name, value)

    return change


async def bot_removed(teams: FakeTeams) -> None:
    await teams.uninstall(DSL, NORTH, told=False)


async def strangely_shown(teams: FakeTeams) -> None:
    def without_an_id(who: Somebody, shown: Json) -> Json:
        return {name: it for name, it in shown.items() if who.aad != DEPUTY or "bjectId" not in name}

    teams.set_up(members_as=without_an_id)


UNSAFE: dict[str, tuple[Change, str]] = {
    "public": (team_is(visibility="Public"), "public"),
    "seen by all": (team_is(visibility="hiddenMembership"), "unknown"),
    "another group": (team_is(group=""), "unknown"),
    "colleague added": (added(OTHER_TEACHER), "stranger"),
    "guest added": (added(GUEST), "stranger"),
    "invited added": (added(guid("invited")), "stranger"),
    "other tenant added": (added(FOREIGN), "shared"),
    "anonymous added": (added(ANONYMOUS), "stranger"),
    "other academy's lead added": (added(entra_id("dsl-south")), "stranger"),
    "nobody in it": (team_is(members=[]), "empty"),
    "bot removed": (bot_removed, "bot_not_in_it"),
    "who is in it is not said": (strangely_shown, "unknown"),
    "no visibility": (troubled("missing", "graph.team", field="visibility"), "unknown"),
    "Graph 403": (troubled("status", "graph.team", status=403), "unchecked"),
    "Graph 401": (troubled("status", "graph.team", status=401), "unchecked"),
    "Graph 500": (troubled("status", "graph.team", status=500), "unchecked"),
    "Graph throttled": (troubled("status", "graph.team", status=429, retry_after="30"), "unchecked"),
    "team 500": (troubled("status", "teams.get", status=500), "unchecked"),
    "channels cut off": (troubled("truncated", "teams.channels"), "unchecked"),
    "members 500": (troubled("status", "members.page", status=500), "unchecked"),
    "members throttled": (troubled("status", "members.page", status=429, retry_after="30"), "unchecked"),
    "members not JSON": (troubled("garbage", "members.page"), "unchecked"),
    "members hang up": (troubled("drop_before", "members.page", place=NORTH), "unchecked"),
}
PASSING = ["Graph 500", "Graph throttled", "team 500", "channels cut off", "members 500", "members throttled"]


def of_the_case(here: TeamsSchool, calls: Sequence[Call]) -> list[Call]:
    """The calls that carry its reference, whether Teams took them or not."""
    return [call for call in calls if here.ref in json.dumps(call.body)]


def assert_one_to_one(here: TeamsSchool, reason: str) -> None:
    """The leads have the case, they and the trust's lead know why, and it stands in no other channel."""
    assert f"Case {here.ref}" in here.reads(DSL)
    for who in (DSL, LEAD):
        assert say("alarm.title") in here.reads(who)
        assert say(f"doubt.{reason}") in here.reads(who)
    assert not any(here.written(place) for place in (SOUTH, PRIMARY, STAFFROOM))
    alarms = [m for m in here.teams.from_bot(LEAD) if say("alarm.title") in text_of(m)]
    assert len(alarms) == 1
    assert here.ref not in text_of(alarms[0])


@pytest.mark.parametrize("way", UNSAFE)
async def test_nothing_of_a_case_is_put_into_a_channel_that_is_not_safe(here: TeamsSchool, way: str) -> None:
    change, reason = UNSAFE[way]
    await change(here.teams)
    await here.tells_the_essentials()
    assert here.written(NORTH) == []
    assert_one_to_one(here, reason)
    holder = "the safeguarding team of Example Academy North" if reason == "unchecked" else "the DSL"
    assert f"With {holder} since 10:4" in here.reads(TEACHER)


@pytest.mark.parametrize("way", UNSAFE)
async def test_nothing_more_of_a_case_goes_into_a_channel_that_became_unsafe(here: TeamsSchool, way: str) -> None:
    change, reason = UNSAFE[way]
    await here.tells_the_essentials()
    assert len(of_the_case(here, here.written(NORTH))) == 1
    await change(here.teams)
    await here.passes(seconds=6)
    await goes_on(here)
    await here.presses("Acknowledge", DSL)
    assert len(of_the_case(here, here.written(NORTH))) == 1
    assert_one_to_one(here, reason)
    assert "Acknowledged by the DSL" in here.reads(DSL)


async def goes_on(here: TeamsSchool) -> None:
    """One more answer, which changes the case's card wherever it stands."""
    await here.presses("Continue", TEACHER, {"child_now": ["Calm"]})


async def test_in_a_safe_channel_the_same_acts_do_write(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.passes(seconds=6)
    await goes_on(here)
    await here.presses("Acknowledge", DSL)
    assert len(of_the_case(here, here.written(NORTH))) == 3
    assert say("alarm.title") not in here.reads(LEAD)


async def test_what_stands_in_a_channel_that_is_found_unsafe_is_taken_back(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.teams.add(OTHER_TEACHER, NORTH)
    await goes_on(here)
    assert here.ref not in here.channel_reads()
    assert say("post.moved") in here.channel_reads()


@pytest.mark.parametrize("way", PASSING)
async def test_once_it_can_be_looked_at_again_the_channel_has_the_case_once(here: TeamsSchool, way: str) -> None:
    await UNSAFE[way][0](here.teams)
    await here.tells_the_essentials()
    here.teams.all_well()
    for _ in range(4):
        await here.passes(seconds=20)
    assert here.channel_reads().count(f"\nCase {here.ref}\n") == 1
    assert here.reads(DSL).count(f"\nCase {here.ref}\n") == 1


async def test_once_whoever_was_let_in_is_put_out_the_next_case_goes_to_the_channel(here: TeamsSchool) -> None:
    await here.teams.add(OTHER_TEACHER, NORTH)
    await here.teams.remove(OTHER_TEACHER, NORTH)
    await here.tells_the_essentials()
    assert f"Case {here.ref}" in here.channel_reads()


@pytest.mark.parametrize("tell", [True, False])
async def test_what_teams_says_of_a_channel_ends_a_look_at_once(here: TeamsSchool, tell: bool) -> None:
    await here.tells_the_essentials()
    await here.passes(seconds=6)
    await goes_on(here)
    posts = len(of_the_case(here, here.written(NORTH)))
    await here.teams.add(OTHER_TEACHER, NORTH, told=tell)
    await here.says("Yes")
    assert len(of_the_case(here, here.written(NORTH))) - posts == (0 if tell else 1)


async def test_a_group_chat_with_a_stranger_in_it_is_not_written_to(here: TeamsSchool) -> None:
    await here.teams.add(OTHER_TEACHER, PRIMARY, told=False)
    await here.says("A girl in my form told me something")
    await here.says("yes")
    picks = {"academy": ["Example Primary"], "staff_concerned": ["No, nothing points to one"]}
    await here.presses("Continue", picks=picks)
    assert here.written(PRIMARY) == []
    assert f"Case {here.ref}" in here.reads(entra_id("dsl-primary"))


async def test_a_lead_whose_account_is_a_guests_now_is_not_written_to(here: TeamsSchool) -> None:
    here.teams.world.people[DSL].role = "guest"
    await here.tells_the_essentials()
    assert of_the_case(here, here.written(DSL)) == []
    assert here.ref not in here.channel_reads()
    assert f"Case {here.ref}" in here.reads(DEPUTY)


# --- what was written is in dialogs of leads alone ---


def seers(here: TeamsSchool, words: str) -> set[str]:
    """Who was shown the words: in a dialog, by person; "message" where they stand in one."""
    shown = {
        dialog.person
        for dialog in here.teams.dialogs
        for card in (dialog.card, *dialog.earlier)
        if words in text_of(card)
    }
    shown |= {"message"} if any(words in json.dumps(call.body) for call in here.teams.calls()) else set()
    return shown | ({"aside"} if any(words in said for _, said in here.teams.asides) else set())


async def test_what_the_teacher_wrote_is_shown_in_dialogs_of_people_on_the_roster_and_nowhere_else(
    here: TeamsSchool,
) -> None:
    await here.says(f"A girl told me {CANARY} one")
    await here.says("no")
    await here.submits_place()
    await here.writes(f"Jade {CANARY} two", "Save")
    await here.presses("The child in the picture told me")
    await here.says(f"He said {CANARY} three")
    await here.presses("Send now")
    await here.says(f"And then {CANARY} four")
    await here.presses("Open case", DSL)
    await here.presses_on(NORTH, "Open case", DEPUTY)
    await here.presses_in_dialog("Acknowledge", DEPUTY)
    for number in ("one", "two", "three", "four"):
        assert seers(here, f"{CANARY} {number}") == {DSL, DEPUTY}


async def test_words_in_a_message_would_be_seen(here: TeamsSchool) -> None:
    leak = Card(say("notification.reply"), title=CANARY)
    await here.tenant.door.post(Destination("teams", Reach.PERSON, TEACHER), leak)
    assert seers(here, CANARY) == {"message"}


async def test_somebody_without_an_account_is_heard_nowhere_but_with_numbers(here: TeamsSchool) -> None:
    chat = thread("a meeting", chat=True)
    here.teams.world.add_place(Room(chat, members=[ANONYMOUS, TEACHER]))
    await here.teams.mention(ANONYMOUS, chat, f"my friend has {CANARY}")
    await here.settles()
    assert [here.count(table) for table in ("cases", "conversations", "chronology")] == [0, 0, 0]
    assert CANARY.encode() not in here.raw()
    assert here.teams.from_bot(chat) == []
