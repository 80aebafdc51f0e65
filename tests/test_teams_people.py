"""Who is staff, by the trust's rule and what Teams says. In doubt nobody is turned away, and the lead is told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.members import account_id, is_outside
from adapters.teams.people import Known, People
from bot.trust import StaffRule
from tests.scripted_teams import DROPPED, ELSEWHERE, JADE, SAM, US, Place, played
from tests.teams_world import World, member, refused

STAFF_GROUP, PUPIL_GROUP = "0000000d-1111-4111-8111-111111111111", "0000000e-1111-4111-8111-111111111111"
BY_DOMAIN = StaffRule(domains=("staff.example.org",), pupil_domains=("pupils.example.org",))
BY_GROUP = StaffRule(groups=(STAFF_GROUP,), pupil_groups=(PUPIL_GROUP,))
PUPIL = {"userPrincipalName": "jade@pupils.example.org"}

STAFF = Known("Jade Example")
OUTSIDE = Known("Jade Example", outside=True)
UNSURE = Known("Jade Example", unverified=True)


class Asking:
    """People of a world, under a rule that may be changed."""

    def __init__(self, place: Place, rule: StaffRule, roster: frozenset[str] = frozenset()) -> None:
        self.place, self.rule = place, rule
        self.people = People(place.connector, place.graph, lambda: self.rule, roster.__contains__, US, place.seconds)

    async def known(self, person_id: str = JADE, name: str = "Jade Example") -> Known:
        return await self.people.known(person_id, self.place.direct, name)


@asynccontextmanager
async def asking(
    world: World, rule: StaffRule = BY_DOMAIN, roster: frozenset[str] = frozenset()
) -> AsyncIterator[Asking]:
    async with played(world.answer) as place:
        yield Asking(place, rule, roster)


async def known(world: World, rule: StaffRule = BY_DOMAIN) -> Known:
    async with asking(world, rule) as here:
        return await here.known()


def of_jade(**more: Any) -> World:
    return World(members=[member(JADE, "Jade", **more)])


# --- who somebody is ---


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, STAFF),
        ({"userPrincipalName": None, "email": "jade@staff.example.org"}, STAFF),
        (PUPIL, OUTSIDE),
        ({"userRole": "guest"}, OUTSIDE),
        ({"userRole": "anonymous"}, OUTSIDE),
        ({"tenantId": ELSEWHERE}, OUTSIDE),
        ({"userPrincipalName": "jade_else.example#EXT#@staff.example.org"}, OUTSIDE),
        ({"userPrincipalName": "jade@governors.example.org"}, UNSURE),
        ({"userPrincipalName": None}, UNSURE),
        ({"userPrincipalName": 7}, UNSURE),
        ({"tenantId": None, "userRole": None}, STAFF),
    ],
)
async def test_an_account_is_judged_by_the_rule(more: dict[str, Any], found: Known) -> None:
    assert await known(of_jade(**more)) == found


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ([STAFF_GROUP], STAFF),
        ([PUPIL_GROUP], OUTSIDE),
        ([STAFF_GROUP, PUPIL_GROUP], OUTSIDE),
        ([], UNSURE),
    ],
)
async def test_groups_are_asked_for_where_the_rule_names_some(groups: list[str], found: Known) -> None:
    world = of_jade()
    world.groups = groups
    assert await known(world, BY_GROUP) == found


async def test_groups_are_not_asked_for_where_they_decide_nothing() -> None:
    rule = BY_DOMAIN.model_copy(update={"groups": (STAFF_GROUP,)})
    for world in (of_jade(), of_jade(**PUPIL), of_jade(userRole="guest")):
        async with asking(world, rule) as here:
            await here.known()
            assert here.place.cloud.called("POST") == []


async def test_whom_the_trust_names_is_staff_or_a_pupil_though_nothing_can_be_looked_up() -> None:
    world = World(wrong={"": lambda _: refused(500)})
    async with asking(world, StaffRule(pupils=(JADE,)), frozenset({SAM})) as here:
        assert await here.known(SAM.upper(), "Sam Example") == Known("Sam Example")
        assert await here.known() == OUTSIDE
        here.rule = StaffRule(people=(JADE.upper(),), pupils=(JADE,))
        assert await here.known() == STAFF
        assert here.place.cloud.calls == []


async def test_the_name_is_the_one_that_teams_gave_them_and_decides_nothing() -> None:
    async with asking(of_jade(**PUPIL, name="Head Teacher")) as here:
        assert await here.known(name="") == Known("Head Teacher", outside=True)
        assert await here.known(name="Jade Example") == OUTSIDE


# --- in doubt ---


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: refused(403),
        lambda _: refused(404),
        lambda _: refused(429),
        lambda _: refused(401),
        lambda _: refused(500),
        lambda _: DROPPED,
        {},
        member(SAM, "Sam"),
        member(JADE, "Jade", objectId=SAM),
    ],
)
async def test_a_look_up_that_failed_makes_nobody_an_outsider_and_is_made_again(answer: Any) -> None:
    world = of_jade()
    world.wrong = {"/members/29:jade": answer}
    async with asking(world) as here:
        assert await here.known() == UNSURE
        world.wrong.clear()
        here.place.seconds.now += 61.0
        assert await here.known() == STAFF


@pytest.mark.parametrize("answer", [lambda _: refused(403), lambda _: refused(500), {}, {"value": [7]}])
async def test_groups_that_cannot_be_had_make_nobody_staff_or_an_outsider(answer: Any) -> None:
    world = of_jade()
    world.groups = [STAFF_GROUP]
    world.wrong = {"/checkMemberGroups": answer}
    async with asking(world, BY_GROUP) as here:
        assert await here.known() == UNSURE
        world.wrong.clear()
        here.place.seconds.now += 61.0
        assert await here.known() == STAFF


async def test_words_do_not_wait_long_for_a_slow_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.teams.people.PATIENCE_SECONDS", 0.05)
    world = of_jade()
    world.wrong = {"/members/29:jade": lambda _: asyncio.sleep(0.5)}
    assert await known(world) == UNSURE


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*member(JADE, "Jade")]), json_values), json_values)
@settings(max_examples=100)
def test_whatever_teams_says_of_somebody_is_judged_and_never_raises(wrong: dict[str, Any], more: Any) -> None:
    account = {**member(JADE, "Jade"), **wrong, "more": more}
    assert isinstance(account_id(account), str)
    assert isinstance(is_outside(account, US), bool)


# --- kept ---


async def test_somebody_is_looked_up_once_in_ten_minutes() -> None:
    async with asking(of_jade()) as here:
        for _ in range(5):
            assert await here.known() == STAFF
        here.place.seconds.now += 599.0
        await here.known()
        assert len(here.place.cloud.calls) == 1
        here.place.seconds.now += 2.0
        await here.known()
        assert len(here.place.cloud.calls) == 2


async def test_a_rule_that_changed_counts_at_once() -> None:
    world = of_jade()
    world.groups = [PUPIL_GROUP]
    async with asking(world) as here:
        assert await here.known() == STAFF
        here.rule = StaffRule(pupil_domains=("staff.example.org",))
        assert await here.known() == OUTSIDE
        here.rule = StaffRule(domains=("staff.example.org",), pupil_groups=(PUPIL_GROUP,))
        assert await here.known() == OUTSIDE
