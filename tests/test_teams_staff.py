"""Who may speak in Teams, where pupils have accounts too: by the trust's own rule and never by a name (T16, T19)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from adapters.teams.people import KEPT_SECONDS
from tests.on_the_way import FIRST, say
from tests.teams.fake import Somebody, guid, text_of
from tests.teams.reading import action_of
from tests.teams.world import OTHER_TENANT
from tests.teams_school import (
    GUEST,
    NOBODY_KNOWS,
    NORTH,
    OTHER_TEACHER,
    PUPIL,
    RULE,
    STAFFROOM,
    TEACHER,
    TeamsSchool,
    entra_id,
    teams_school,
)

DSL = entra_id("dsl-north")
STAFF_GROUP, PUPIL_GROUP = guid("all staff"), guid("all pupils")
FOREIGN = guid("foreign")
CANARY = "kestrel-velvet-4711"
GROUPS = f'groups = ["{STAFF_GROUP}"]\npupil_groups = ["{PUPIL_GROUP}"]\n'

Open = Callable[[str], AbstractAsyncContextManager[TeamsSchool]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    return partial(with_rule, tmp_path)


@asynccontextmanager
async def with_rule(folder: Path, rule: str) -> AsyncIterator[TeamsSchool]:
    """A school with this rule. What was found of anybody when they got the app is forgotten."""
    async with teams_school(folder, rule=rule) as here:
        here.tenant.people.seconds = lambda: here.clock.now().timestamp() + KEPT_SECONDS
        yield here


async def is_only_given_numbers(here: TeamsSchool, who: str) -> bool:
    before = len(here.teams.from_bot(who))
    await here.says(f"my friend has {CANARY}", who)
    kept = sum(here.count(table) for table in ("cases", "conversations", "chronology"))
    told = "\n".join(map(text_of, here.teams.from_bot(who)[before:]))
    assert CANARY.encode() not in here.raw()
    assert ("999" in told) == (not kept)
    return not kept


async def is_marked(here: TeamsSchool, who: str) -> bool:
    """Whether the lead reads that nobody could confirm who that is, once somebody's words were kept."""
    await here.says(FIRST, who)
    await here.says("no", who)
    await here.submits_place(who=who)
    await here.says("Jade Example, year 9", who)
    await here.presses("Send now", who)
    assert f"Case {here.ref}" in here.channel_reads()
    await here.presses_on(NORTH, "Open case", DSL)
    assert FIRST in here.dialog(DSL)
    marked = say("post.unverified") in here.channel_reads()
    assert marked == (say("post.unverified") in here.dialog(DSL))
    assert say("post.unverified") not in here.reads(who)
    return marked


# --- known not to be staff ---


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (GUEST, RULE),
        (PUPIL, RULE),
        (NOBODY_KNOWS, f'pupils = ["{NOBODY_KNOWS.upper()}"]\n'),
        (NOBODY_KNOWS, GROUPS),
        (TEACHER, GROUPS),
        (FOREIGN, RULE),
    ],
    ids=[
        "guest",
        "pupil by address",
        "pupil by id",
        "pupil by group",
        "pupil by group with a staff address",
        "foreign",
    ],
)
async def test_whoever_is_known_not_to_be_staff_gets_the_numbers_and_nothing_is_kept(
    opened: Open, who: str, rule: str
) -> None:
    async with opened(rule) as here:
        if who == FOREIGN:
            here.teams.new_person(Somebody(FOREIGN, "Strange Example", tenant=OTHER_TENANT))
        here.teams.world.people[who].groups = [PUPIL_GROUP]
        assert await is_only_given_numbers(here, who)
        assert here.audited()[-1] == "turned_away"
        await here.teams.mention(TEACHER, STAFFROOM, CANARY)
        await here.settles()
        assert here.count("cases") == 0


async def test_the_first_page_is_the_numbers_for_them(opened: Open) -> None:
    async with opened(RULE) as here:
        for who in (PUPIL, GUEST):
            assert "999" in here.reads(who)
            assert say("home.start") not in here.reads(who)


async def test_a_pupil_who_presses_what_a_colleague_pressed_starts_nothing(opened: Open) -> None:
    async with opened(RULE) as here:
        start = here.teams.with_label(TEACHER, say("home.start"))
        value = {"action": action_of(start.card, say("home.start"))}
        delivery = await here.teams.invoke(PUPIL, here.teams.from_bot(PUPIL)[-1], "adaptiveCard/action", value)
        await here.settles()
        assert "999" in delivery.attempts[-1].body
        assert here.count("cases") == 0
        assert here.audited()[-1] == "turned_away"


# --- known to be, or not known ---


@pytest.mark.parametrize(
    ("who", "rule", "marked"),
    [
        (TEACHER, RULE, False),
        (NOBODY_KNOWS, RULE, True),
        (NOBODY_KNOWS, f'people = ["{NOBODY_KNOWS.upper()}"]\n', False),
        (TEACHER, GROUPS, False),
        (NOBODY_KNOWS, GROUPS, True),
        (TEACHER, "", True),
        (entra_id("head-south"), "", False),
    ],
    ids=["by address", "unknown", "by id", "by group", "in no group", "without a rule", "on the roster without a rule"],
)
async def test_everybody_elses_words_are_kept_and_the_lead_is_told_where_nobody_can_say_who_it_is(
    opened: Open, who: str, rule: str, marked: bool
) -> None:
    async with opened(rule) as here:
        here.teams.world.people[TEACHER].groups = [STAFF_GROUP]
        assert await is_marked(here, who) == marked


@pytest.mark.parametrize("method", ["graph.groups", "members.get"])
@pytest.mark.parametrize("status", [403, 429, 500])
async def test_when_it_cannot_be_looked_up_nobody_is_turned_away(opened: Open, method: str, status: int) -> None:
    async with opened(GROUPS) as here:
        chat = here.teams.world.personal(NOBODY_KNOWS).id if method == "members.get" else ""
        fault = here.teams.fault("status", method, status=status, times=0, place=chat)
        here.teams.world.people[NOBODY_KNOWS].groups = [PUPIL_GROUP]
        assert await is_marked(here, NOBODY_KNOWS)
        assert fault.hits > 0


# --- never by a name ---


async def test_names_change_nothing_for_anybody(opened: Open) -> None:
    async with opened(RULE) as here:
        people = here.teams.world.people
        people[PUPIL].name, people[OTHER_TEACHER].name = "DSL Team", people[DSL].name
        people[GUEST].name = people[TEACHER].name = f"Dana Example (DSL) {CANARY}"
        people[DSL].name = "Pip"
        for who in (PUPIL, GUEST):
            assert await is_only_given_numbers(here, who)
        assert not await is_marked(here, TEACHER)
        await here.teams.add(OTHER_TEACHER, NORTH, told=False)
        pressed = await here.presses_on(NORTH, "Acknowledge", OTHER_TEACHER)
        assert say("press.not_for_you") in pressed.said
        pressed = await here.presses_on(NORTH, "Acknowledge", DSL)
        assert say("press.acknowledged", role="the DSL") in pressed.said
