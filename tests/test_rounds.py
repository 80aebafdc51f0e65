"""Posts on their way: nothing twice, nothing out of order, nothing urgent behind something slow, nothing left."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from adapters.trust_file import TrustFile
from bot import rounds
from bot.errors import SendAmbiguous, SendFailed
from bot.message import Card, Destination
from tests import leads
from tests.leads import FickleDoor, at_channel, behind
from tests.on_the_way import say
from tests.school import School, text_of

CHANNEL = at_channel().key


@dataclass
class GatedDoor(FickleDoor):
    """A platform where some posts wait at a gate; `order` is what has been taken, in order."""

    holds: str = ""
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    order: list[tuple[str, str]] = field(default_factory=list)

    async def post(self, destination: Destination, card: Card, token: str = "") -> str:
        if self.holds and self.holds in text_of(card):
            await self.gate.wait()
        id = await FickleDoor.post(self, destination, card, token)
        self.order.append((destination.key, text_of(card)))
        return id


def gated(here: School, holds: str) -> GatedDoor:
    door = GatedDoor(here.page, holds=holds)
    leads.restart(here, door)
    return door


def _place_of(door: GatedDoor, part: str) -> int:
    return next(at for at, (_, text) in enumerate(door.order) if part in text)


async def test_a_later_message_never_overtakes_one_that_is_still_on_its_way_to_the_same_person(
    here: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PATIENCE_SECONDS", 0.05)
    door = gated(here, "Is anyone in danger right now?")
    await here.bot.hear(here.incoming("teacher", text="a girl told me something"))
    await here.bot.deliver()
    await here.bot.hear(here.incoming("teacher", text="no"))
    await here.bot.deliver()
    door.gate.set()
    await here.settles()
    assert _place_of(door, "Is anyone in danger right now?") < _place_of(door, "Which academy is this about?")


async def test_a_new_handoff_does_not_wait_for_slow_posts_of_others(here: School) -> None:
    door = gated(here, "")
    leads.joins_the_page(here, "kim")
    for text in ("a boy told me something", "yes"):
        await here.says(text, "kim")
    card = here.newest_card_with("Continue", "kim")
    press = next(button.press for button in card.buttons if button.label == "Continue")
    door.holds = "You’ve done the right thing"
    await here.bot.hear(here.incoming("teacher", text="a girl told me something"))
    running = asyncio.create_task(here.bot.run())
    await asyncio.sleep(0.05)
    answers = {"academy": ("north",), "staff_concerned": ("none",)}
    await here.bot.hear(here.incoming("kim", press=replace(press, answers=answers)))
    for _ in range(round(rounds.PATIENCE_SECONDS / 2 / 0.01)):
        if any(place == CHANNEL for place, _ in door.order):
            break
        await asyncio.sleep(0.01)
    assert any(place == CHANNEL for place, _ in door.order)
    door.gate.set()
    running.cancel()


async def test_what_is_on_its_way_when_the_process_is_told_to_stop_arrives_and_is_not_sent_again(here: School) -> None:
    door = gated(here, "Is anyone in danger right now?")
    await here.bot.hear(here.incoming("teacher", text="a girl told me something"))
    delivering = asyncio.create_task(here.bot.deliver())
    await asyncio.sleep(0.05)
    delivering.cancel()
    asyncio.get_running_loop().call_later(0.05, door.gate.set)
    await here.bot.close()
    leads.restart(here, door)
    await here.settles()
    asked = [text for _, text in door.order if "Is anyone in danger right now?" in text]
    assert len(asked) == 1
    assert here.rows("select count(*) from outbox where state = 'waiting'") == [(0,)]


async def test_an_update_nobody_knows_the_fate_of_is_repeated_until_it_is_known(here: School) -> None:
    down = [True]

    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return SendAmbiguous("503") if what == "update" and to.key == CHANNEL and down else None

    behind(here, fault)
    await here.tells_the_essentials()
    await here.presses("Acknowledge", who="dsl-north")
    for _ in range(10):
        await here.passes(minutes=2)
    assert "Acknowledge\n" in here.channel_reads() or here.channel_reads().endswith("Acknowledge")
    down.clear()
    await here.passes(minutes=2)
    assert "Acknowledged by the DSL" in here.channel_reads()


async def test_a_place_that_takes_no_changes_for_a_while_still_takes_a_new_handoff(here: School) -> None:
    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return SendFailed("throttled", 3600.0) if what == "update" and to.key == CHANNEL else None

    behind(here, fault)
    await here.tells_the_essentials()
    await here.picks({"How is the child now": ["Calm"]})
    leads.joins_the_page(here, "kim")
    before = len(here.channel())
    await leads.tells(here, who="kim")
    assert len(here.channel()) > before


async def test_a_lead_who_has_left_the_roster_stops_neither_the_alarm_nor_anybody_else(here: School) -> None:
    await here.tells_the_essentials()
    file = leads.trust_file(here.file.parent, ('dsl = "dsl-north"', 'dsl = "deputy-north"'))
    text = file.read_text(encoding="utf-8")
    gone = text[text.index('[[people]]\nid = "dsl-north"') : text.index('[[people]]\nid = "deputy-north"')]
    file.write_text(text.replace(gone, "").replace('deputies = ["deputy-north"]', "deputies = []"), encoding="utf-8")
    here.trust = TrustFile(file)
    leads.restart(here)
    await here.picks({"How is the child now": ["Calm"]})
    assert say("doubt.stranger") in here.reads("trust-lead")
    leads.joins_the_page(here, "kim")
    await leads.tells(here, who="kim")
    assert "Who is the child?" in here.reads("kim")
