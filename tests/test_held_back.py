"""What a platform's own rates keep back, and what somebody took off the screen: nothing is lost, nothing piles up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SendGone
from bot.message import Action, Card, Destination, Lane, Press, Reach
from tests import leads
from tests.leads import FickleDoor, at_channel
from tests.on_the_way import refs, say
from tests.school import School, school, text_of

CHANNEL = at_channel().key


@dataclass
class PacedDoor(FickleDoor):
    """A platform that keeps these lanes back for so many seconds; `asked` is every time it was asked for a place."""

    back: frozenset[Lane] = frozenset()
    seconds: float = 30.0
    asked: list[tuple[str, Lane, bool]] = field(default_factory=list)

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        self.asked.append((destination.key, lane, in_place))
        return self.seconds if lane in self.back else 0.0


def paced(here: School) -> PacedDoor:
    door = PacedDoor(here.page)
    leads.restart(here, door)
    return door


PROMPTS = frozenset({Lane.PROMPT, Lane.COSMETIC})
ALL = frozenset(Lane)


async def test_a_handoff_passes_while_prompts_are_kept_back_and_they_come_later(here: School) -> None:
    door = paced(here)
    await here.says("a girl in my form has just told me something")
    await here.says("yes")
    door.back = PROMPTS
    await here.picks(leads.place(["none"], "north"))
    assert here.ref() in here.channel_reads()
    assert "Who is the child?" not in here.reads("teacher")
    door.back = frozenset()
    await here.passes(seconds=31)
    assert "Who is the child?" in here.reads("teacher")
    assert "With the safeguarding team" in leads.receipt(here)


async def test_what_is_kept_back_is_asked_about_again_only_after_the_time_it_was_given(here: School) -> None:
    door = paced(here)
    door.back = ALL
    await here.says("a girl has told me something")
    before = len(door.asked)
    await here.passes(seconds=29)
    assert len(door.asked) == before
    await here.passes(seconds=2)
    assert len(door.asked) > before
    assert door.ledger == []


async def test_a_short_while_is_waited_in_its_place_and_the_place_is_then_taken(here: School) -> None:
    door, waits = paced(here), [0.01]

    def hold(destination: Destination, lane: Lane, *, in_place: bool) -> float:
        return waits.pop() if waits else 0.0

    door.hold = hold  # type: ignore[method-assign]
    await here.says("a girl has told me something")
    assert waits == []
    assert "Is anyone in danger right now?" in here.reads("teacher")


async def test_changes_kept_back_become_one_in_their_place(here: School) -> None:
    door = paced(here)
    await here.tells_the_essentials()
    door.ledger.clear()
    door.back = ALL
    await here.hears(here.incoming("dsl-north", press=Press(Action.ACKNOWLEDGE, here.ref())))
    await here.says("and one more thing")
    await here.hears(here.incoming("deputy-north", press=Press(Action.TAKE_OVER, here.ref())))
    assert door.ledger == []
    door.back = frozenset()
    await here.passes(seconds=31)
    assert [call.what for call in door.ledger if call.place == CHANNEL] == ["update"]
    assert "Acknowledged by a deputy DSL" in here.channel_reads()


async def test_whether_it_is_an_update_is_said_when_the_place_is_asked_for(here: School) -> None:
    door = paced(here)
    await here.tells_the_essentials()
    await here.presses("Acknowledge", "dsl-north")
    in_channel = [in_place for place, _, in_place in door.asked if place == CHANNEL]
    assert in_channel[0] is False
    assert all(in_channel[1:])


ACTS = (Action.ACKNOWLEDGE, Action.TAKE_OVER, Action.ADD_NOTE)


def test_whatever_was_kept_back_the_case_and_the_receipt_end_as_if_nothing_had_been() -> None:
    holds = st.sets(st.sampled_from(list(Lane)))

    @settings(max_examples=12, deadline=None)
    @given(
        st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["dsl-north", "deputy-north"]), holds), max_size=5)
    )
    def always(way: list[tuple[Action, str, set[Lane]]]) -> None:
        free = [(action, who, set[Lane]()) for action, who, _ in way]
        assert asyncio.run(_at_the_end(way)) == asyncio.run(_at_the_end(free))

    always()


async def _at_the_end(way: Sequence[tuple[Action, str, set[Lane]]]) -> tuple[list[str], str]:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        door = paced(here)
        await here.tells_the_essentials()
        for action, who, back in way:
            door.back = frozenset(back)
            await here.hears(here.incoming(who, text="a note", press=Press(action, here.ref())))
            await here.passes(seconds=7)
        door.back = frozenset()
        await here.passes(seconds=40)
        ref = here.ref()
        return [text_of(card).replace(ref, "REF") for card in here.channel()], leads.receipt(here).replace(ref, "REF")


# --- what no longer stands there ---


def _gone(to: Reach, title: str) -> leads.Fault:
    """The first update of a card that reads so finds nothing there any more."""
    left = [1]

    def fault(what: str, destination: Destination, card: Card) -> Exception | None:
        if what == "update" and destination.reach is to and title in text_of(card) and left:
            left.pop()
            return SendGone("message_not_found")
        return None

    return fault


def _deleted(here: School, place: str, title: str) -> None:
    shown = next(s for s in here.page.board.all() if s.place == place and s.card and title in text_of(s.card))
    here.page.board.take_away(shown.id)


@pytest.mark.parametrize("by", ["a lead", "the reporter"])
async def test_a_case_card_that_was_deleted_is_posted_anew_and_kept_up_to_date_there(here: School, by: str) -> None:
    await here.tells_the_essentials()
    ref = here.ref()
    _deleted(here, CHANNEL, ref)
    door = leads.behind(here, fault=_gone(Reach.CHANNEL, ref))
    if by == "a lead":
        await here.hears(here.incoming("dsl-north", press=Press(Action.ACKNOWLEDGE, ref)))
    else:
        await here.says("and one more thing")
    assert len(here.channel()) == 1
    assert ref in here.channel_reads()
    await here.hears(here.incoming("dsl-north", press=Press(Action.ACKNOWLEDGE, ref)))
    await here.hears(here.incoming("deputy-north", press=Press(Action.TAKE_OVER, ref)))
    assert len(here.channel()) == 1
    assert "Acknowledged by a deputy DSL" in here.channel_reads()
    assert [call.what for call in door.ledger if call.place == CHANNEL and call.done][:2] == ["post", "update"]


async def test_a_deleted_question_is_not_brought_back_to_be_collapsed(here: School) -> None:
    await here.says("A girl in my form has just told me something")
    _deleted(here, leads.TEACHER_SCREEN, "Is anyone in danger right now?")
    door = leads.behind(here, fault=lambda what, to, card: SendGone("gone") if what == "update" else None)
    await here.says("no")
    assert "Is anyone in danger right now?" not in here.reads("teacher")
    assert [call.what for call in door.ledger if call.place == leads.TEACHER_SCREEN].count("post") == 1


async def test_a_deleted_receipt_is_given_again(here: School) -> None:
    await here.tells_the_essentials()
    _deleted(here, leads.TEACHER_SCREEN, "Keep this reference")
    leads.behind(here, fault=_gone(Reach.PERSON, "Keep this reference"))
    await here.hears(here.incoming("dsl-north", press=Press(Action.ACKNOWLEDGE, refs(here)[0])))
    assert say("receipt.keep") in here.reads("teacher")
    assert "Acknowledged by the DSL" in leads.receipt(here)


async def test_where_nothing_more_of_a_case_may_go_its_farewell_is_not_posted_anew(here: School) -> None:
    await here.tells_the_essentials()
    _deleted(here, CHANNEL, here.ref())
    door = leads.behind(here, fault=_gone(Reach.CHANNEL, say("post.moved")))
    here.page.change_channel("dsl-north-channel", public=True, stranger=None)
    await here.hears(here.incoming("dsl-north", press=Press(Action.ACKNOWLEDGE, here.ref())))
    assert here.channel() == []
    assert [call.what for call in door.ledger if call.place == CHANNEL] == ["update"]
