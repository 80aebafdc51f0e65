"""What every door promises, whatever platform is behind it: the same words, the same outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.message import Action, Button, Card, Destination, Lane, Option, Passage, Press, Tone
from bot.message import Field as Asked
from bot.ports import Doubt
from tests.doors import DOORS, Town, tells_the_essentials
from tests.on_the_way import FIRST, say

FAMILY = "Jade Example, year 9"
HOSTILE = "*bold* _i_ <b>x</b> [a](https://evil.example) {{DATE(2026-11-20T10:00:00Z)}} ${x} <!channel> & &amp; 1. x"


@pytest.fixture(params=DOORS)
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    async with DOORS[request.param](tmp_path) as it:
        yield it


# --- the main job ---


async def test_a_disclosure_reaches_the_lead_who_opens_and_acknowledges_it(town: Town) -> None:
    await tells_the_essentials(town)
    assert "Example Academy North" in town.leads_read()
    assert "Not acknowledged yet." in town.leads_read()
    opened = await town.opens()
    assert FAMILY in opened
    assert FIRST in opened
    assert say("press.acknowledged", role="the DSL") in await town.acknowledges()
    assert "Acknowledged by the DSL at" in town.leads_read()
    assert "Acknowledged by the DSL at" in town.reads()


async def test_no_name_and_no_word_stands_where_the_leads_channel_shows_the_case(town: Town) -> None:
    await tells_the_essentials(town)
    for word in ("Jade", "picture of her", "show everyone"):
        assert word not in town.leads_read()


async def test_a_concern_about_the_dsl_leaves_no_trace_in_their_channel(town: Town) -> None:
    before = town.leads_read()
    await tells_the_essentials(town, staff="Yes, the designated safeguarding lead (DSL)")
    assert town.leads_read() == before


async def test_danger_is_told_at_once_with_the_number_to_ring(town: Town) -> None:
    await town.says(FIRST)
    await town.says("yes, she is going to hurt herself")
    assert "999" in town.reads()
    await town.places("No, nothing points to one")
    assert "Act now" in town.leads_read()


async def test_a_file_is_refused_and_the_words_beside_it_are_kept(town: Town) -> None:
    await town.offers_a_file("She is in my form")
    assert say("files.refused") in town.reads()
    await town.says("no")
    await town.places("No, nothing points to one")
    await town.says(FAMILY)
    await town.presses("Send now")
    assert "She is in my form" in await town.opens()


async def test_an_answer_collapses_in_place_and_what_was_typed_is_not_repeated(town: Town) -> None:
    await tells_the_essentials(town)
    assert "Danger right now: No, not that I know of" in town.reads()
    assert "He said he would show everyone" not in town.reads()


async def test_every_question_has_its_ways_out(town: Town) -> None:
    await town.says(FIRST)
    for label in ("Send now", "Contacts", "Stop"):
        assert label in town.labels()


async def test_contacts_come_at_any_step_and_the_question_still_stands(town: Town) -> None:
    await town.says(FIRST)
    before = list(town.labels())
    await town.presses("Contacts")
    assert "0800 1313 126" in town.reads()
    assert list(town.labels()) == before


async def test_who_falls_silent_is_asked_once_and_what_is_known_goes(town: Town) -> None:
    await town.says(FIRST)
    await town.says("no")
    await town.places("No, nothing points to one")
    await town.passes(6)
    assert town.reads().count(say("silence.nudge")) == 1
    await town.passes(16)
    assert "Sent before the end" in town.leads_read()


async def test_what_was_written_lies_nowhere_in_the_books_as_it_was_written(town: Town) -> None:
    await tells_the_essentials(town)
    for word in (b"Jade", b"picture of her", b"show everyone"):
        assert word not in town.raw()


# --- the port ---


def card(*lines: str, **more: object) -> Card:
    return Card("Handrail: a reply for you", "", (Passage(lines),), **more)  # type: ignore[arg-type]


def stands(town: Town, place: Destination) -> str:
    return town.reads() if place == town.teacher else town.leads_read()


@pytest.mark.parametrize("where", ["teacher", "channel"])
async def test_a_post_stands_there_and_an_update_takes_its_place(town: Town, where: str) -> None:
    place: Destination = getattr(town, where)
    first = await town.door.post(place, card("the first of two"))
    other = await town.door.post(place, card("another line"))
    assert first != other
    await town.door.update(place, first, card("the second of two"))
    assert "the first of two" not in stands(town, place)
    assert "the second of two" in stands(town, place)
    assert stands(town, place).index("the second of two") < stands(town, place).index("another line")


async def test_text_is_shown_as_it_is_and_nothing_in_it_comes_alive(town: Town) -> None:
    await town.door.post(town.teacher, card(HOSTILE))
    assert HOSTILE in town.reads().replace("\u2060", "")


async def test_a_card_of_every_part_is_shown_whole(town: Town) -> None:
    press = Press(Action.ANSWER, "c", 1)
    field = Asked("where", "Where was it?", (Option("a", "At home"), Option("b", "At school")), many=True)
    passages = tuple(Passage((f"a {tone} line",), f"Heading {tone}", tone) for tone in Tone)
    whole = Card("Handrail: a reply for you", "A title", passages, (field,), (Button("Go on", press),))
    await town.door.post(town.teacher, whole)
    read = town.reads()
    for part in ("A title", "Where was it?", "At home", "At school", "Go on", *(f"a {tone} line" for tone in Tone)):
        assert part in read


async def test_a_place_with_a_stranger_in_it_is_doubted_and_one_without_is_not(town: Town) -> None:
    everybody = frozenset(f"{town.teacher.door}:{id}" for id in _leads(town))
    assert await town.door.doubt(town.channel, everybody) is Doubt.NONE
    assert await town.door.doubt(town.channel, everybody - {next(iter(everybody))}) is Doubt.STRANGER
    assert await town.door.doubt(town.teacher, everybody) is Doubt.STRANGER


def _leads(town: Town) -> list[str]:
    from tests.slack_school import slack_id
    from tests.teams_school import entra_id

    ids = ("dsl-north", "deputy-north")
    named = {"slack": slack_id, "teams": entra_id}.get(town.teacher.door, str)
    return [named(id) for id in ids]


async def test_a_handoff_is_never_held_back_at_rest(town: Town) -> None:
    assert town.door.hold(town.channel, Lane.HANDOFF, in_place=False) == 0.0


async def test_a_token_is_found_again_or_the_door_says_that_it_cannot_look(town: Town) -> None:
    posted = await town.door.post(town.teacher, card("found again"), "a-token")
    found = await town.door.find(town.teacher, "a-token")
    assert found in (posted, None)
    assert await town.door.find(town.teacher, "never-posted") in ("", None)
