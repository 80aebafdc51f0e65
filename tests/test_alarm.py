"""A channel in doubt gets nothing of a case, and the people who can put it right hear why, one to one (I4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message import Destination, Lane, Reach
from bot.ports import Doubt
from tests import leads
from tests.leads import STAFF, FickleDoor
from tests.on_the_way import say
from tests.school import School, school, text_of

DOUBTS = [doubt for doubt in Doubt if doubt is not Doubt.NONE]
CERTAIN = [doubt for doubt in DOUBTS if doubt is not Doubt.UNCHECKED]


@dataclass
class DoubtfulDoor(FickleDoor):
    """A platform whose look-up of a channel answers as drawn, and then as the page has it."""

    doubts: list[Doubt] = field(default_factory=list)
    held: list[float] = field(default_factory=list)

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        if destination.reach is Reach.CHANNEL and self.doubts:
            return self.doubts.pop(0)
        return await self.page.doubt(destination, readers)

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        return self.held.pop() if destination.reach is Reach.CHANNEL and self.held else 0.0


def doubtful(here: School, *doubts: Doubt, held: float = 0.0) -> DoubtfulDoor:
    door = DoubtfulDoor(here.page, doubts=list(doubts), held=[held] if held else [])
    leads.restart(here, door)
    return door


def alarms(here: School) -> dict[str, list[str]]:
    """What each person was told of a channel, by person."""
    found: dict[str, list[str]] = {}
    for place, card in leads.cards(here):
        if card.title == say("alarm.title"):
            found.setdefault(place.split(":", 2)[2], []).append(text_of(card))
    return found


@pytest.mark.parametrize("doubt", CERTAIN)
async def test_a_channel_in_doubt_gets_nothing_and_its_lead_and_the_trusts_hear_why_once(
    here: School, doubt: Doubt
) -> None:
    doubtful(here, *[doubt] * 9)
    await leads.tells(here)
    await here.passes(minutes=1)
    assert here.channel() == []
    assert {who: len(said) for who, said in alarms(here).items()} == {"dsl-north": 1, "trust-lead": 1}
    for (said,) in alarms(here).values():
        assert say("alarm.channel", academy="Example Academy North", why=say(f"doubt.{doubt}")) in said
        assert here.ref() not in said
    assert leads.details(here, "doubted") == [doubt]
    assert here.ref() in here.reads("dsl-north"), "the case itself has gone to them one to one"


async def test_a_channel_that_could_not_be_looked_up_is_tried_again_and_then_gets_the_case(here: School) -> None:
    doubtful(here, Doubt.UNCHECKED, Doubt.UNCHECKED)
    await leads.tells(here)
    assert here.channel() == []
    assert set(alarms(here)) == {"dsl-north", "trust-lead"}
    for _ in range(2):
        await here.passes(seconds=20)
    assert here.ref() in here.channel_reads()
    assert alarms(here) == {}, "the alarm gives way to what is true now"
    for who in ("dsl-north", "trust-lead"):
        assert say("alarm.over", academy="Example Academy North") in here.reads(who)
    assert leads.details(here, "doubted") == ["unchecked"]


async def test_a_channel_first_not_looked_up_and_then_found_public_is_told_of_as_public(here: School) -> None:
    doubtful(here, Doubt.UNCHECKED, Doubt.PUBLIC)
    await leads.tells(here)
    await here.passes(seconds=20)
    assert here.channel() == []
    assert all(say("doubt.public") in said[-1] for said in alarms(here).values())
    assert leads.details(here, "doubted") == ["unchecked", "public"]


async def test_a_case_that_was_kept_back_before_the_doubt_raises_the_alarm_too(here: School) -> None:
    doubtful(here, Doubt.PUBLIC, held=30.0)
    await leads.tells(here)
    assert alarms(here) == {}
    await here.passes(seconds=31)
    assert set(alarms(here)) == {"dsl-north", "trust-lead"}


async def test_an_alarm_carries_no_reference_and_a_neutral_notification(here: School) -> None:
    doubtful(here, Doubt.SHARED)
    await here.tells_the_essentials()
    for place, card in leads.cards(here):
        if card.title == say("alarm.title"):
            assert card.notification == say("notification.alarm")
            assert card.buttons == ()
            assert not [word for word in ("Jade", here.ref(), "Zebedee") if word in text_of(card)], place


async def test_a_safe_channel_raises_no_alarm(here: School) -> None:
    """The control."""
    doubtful(here)
    await leads.tells(here)
    assert alarms(here) == {}
    assert here.ref() in here.channel_reads()


def test_whom_a_case_is_about_hears_no_alarm_of_it_whatever_the_channel() -> None:
    roles = st.sets(st.sampled_from(list(STAFF)), min_size=1, max_size=3).filter(
        lambda picked: len(picked) == 1 or not picked & {"none", "unknown"}
    )

    @settings(max_examples=25, deadline=None)
    @given(roles, st.lists(st.sampled_from(DOUBTS), max_size=4))
    def never(staff: set[str], doubts: list[Doubt]) -> None:
        asyncio.run(_hear_none(sorted(staff), doubts))

    never()


async def _hear_none(staff: list[str], doubts: list[Doubt]) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        doubtful(here, *doubts)
        await leads.tells(here, staff)
        await here.passes(minutes=30)
        about = {f"{role}-north" for role in staff}
        assert not about & set(alarms(here))
