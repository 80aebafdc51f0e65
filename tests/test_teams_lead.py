"""What a lead meets in Teams: one truth on every screen, and the words only in a dialog, checked and audited first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.teams.presses import press_data
from bot.message import Action, Button, Press
from tests.leads import rewrite
from tests.on_the_way import FIRST, say
from tests.teams.fake import Message, text_of
from tests.teams.reading import labels_of
from tests.teams.world import Json
from tests.teams_school import (
    GUEST,
    NORTH,
    OTHER_TEACHER,
    PRIMARY,
    TEACHER,
    TeamsSchool,
    entra_id,
    teams_school,
)

DSL, DEPUTY, HEAD = entra_id("dsl-north"), entra_id("deputy-north"), entra_id("head-north")
CHAIR, OTHER_DSL = entra_id("chair-north"), entra_id("dsl-south")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield it


def cards(messages: list[Message], title: str) -> list[Message]:
    return [message for message in messages if f"\n{title}" in text_of(message)]


def everywhere(here: TeamsSchool) -> list[Message]:
    return [message for room in here.teams.world.rooms for message in here.teams.from_bot(room)]


def to_acknowledge(here: TeamsSchool) -> list[str]:
    """Where a button still offers to acknowledge something."""
    return [message.id for message in everywhere(here) if "Acknowledge" in labels_of(message)]


def messages_sent(here: TeamsSchool) -> str:
    return json.dumps([call.body for call in here.written()], ensure_ascii=False)


# --- one truth ---


async def test_one_card_in_each_place_tells_the_same_truth_from_handoff_to_acknowledgement(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    title = f"Case {here.ref}"
    places: list[Callable[[], list[Message]]] = [partial(here.teams.from_bot, place) for place in (NORTH, DSL)]
    first = [cards(place(), title) for place in places]
    assert [len(found) for found in first] == [1, 1]
    await here.presses("Continue", TEACHER, {"child_now": ["Calm"]})
    await here.passes(minutes=11)
    await here.presses_on(NORTH, "Acknowledge", DEPUTY)
    for place, before in zip(places, first, strict=True):
        (card,) = [message for message in place() if message.id == before[0].id]
        assert card.versions > before[0].versions
        assert "Answers so far: 10" in text_of(card)
        assert "Acknowledged by a deputy DSL at 10:51" in text_of(card)
        assert say("post.waiting") not in "".join(map(text_of, place()))
    assert len(cards(here.teams.from_bot(DEPUTY), title)) == 1
    assert to_acknowledge(here) == []
    assert "Acknowledged by a deputy DSL at 10:51" in here.reads(TEACHER)


async def test_the_check_above_sees_a_button_that_is_left(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    assert len(to_acknowledge(here)) == 2


@pytest.mark.parametrize("place", ["channel", "chat", "dialog"])
async def test_it_is_acknowledged_from_the_channel_from_the_chat_and_from_the_dialog(
    here: TeamsSchool, place: str
) -> None:
    await here.tells_the_essentials()
    if place == "dialog":
        await here.presses("Open case", DSL)
        await here.presses_in_dialog("Acknowledge", DSL)
        told = here.dialog(DSL)
    else:
        told = (await here.presses_on(NORTH if place == "channel" else DSL, "Acknowledge", DSL)).said
    assert say("press.acknowledged", role="the DSL") in told
    assert here.audited().count("acknowledged") == 1
    assert to_acknowledge(here) == []
    assert "Acknowledged by the DSL at 10:40" in here.reads(TEACHER)


async def test_two_who_acknowledge_at_once_and_one_has_it_and_the_other_hears_who(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    message = here.teams.with_label(NORTH, "Acknowledge")
    pressed = await asyncio.gather(*(here.teams.press(who, message, "Acknowledge") for who in (DSL, DEPUTY)))
    await here.settles()
    told = sorted(each.said for each in pressed)
    assert "Already acknowledged by" in told[0]
    assert "You have it" in told[1]
    assert sorted(act for act in here.audited() if act.startswith("ack")) == ["acknowledge_lost", "acknowledged"]


async def test_a_dialog_that_was_open_when_somebody_else_acknowledged_says_who_has_it(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_on(NORTH, "Acknowledge", DEPUTY)
    await here.presses_in_dialog("Acknowledge", DSL)
    assert "Already acknowledged by a deputy DSL at 10:40" in here.dialog(DSL)


async def test_a_case_is_taken_over_and_everybody_reads_who_has_it_now(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", DSL)
    await here.passes(minutes=5)
    await here.presses_on(NORTH, "Open case", DEPUTY)
    await here.presses_in_dialog("Take over", DEPUTY)
    assert say("press.taken_over") in here.dialog(DEPUTY)
    for screen in (here.reads(DSL), here.channel_reads(), here.reads(TEACHER)):
        assert "Acknowledged by a deputy DSL at 10:45" in screen
    assert "Acknowledged by the DSL" not in here.channel_reads() + here.reads(DSL)


async def test_a_press_that_is_brought_again_under_a_new_id_is_one_deed(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    pressed = await here.presses_on(NORTH, "Acknowledge", DSL)
    before = here.audited(), here.count("chronology"), here.channel_reads(), here.reads(TEACHER)
    await here.teams.resend(pressed.delivery)
    await here.settles()
    after = here.audited(), here.count("chronology"), here.channel_reads(), here.reads(TEACHER)
    assert after[0].count("acknowledged") == 1
    assert after[1:] == before[1:]


async def test_the_deputies_are_written_to_one_to_one_when_the_ladder_climbs(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    title = f"Case {here.ref}"
    assert cards(here.teams.from_bot(DEPUTY), title) == []
    await here.passes(minutes=11)
    assert len(cards(here.teams.from_bot(DEPUTY), title)) == 1
    assert cards(here.teams.from_bot(HEAD), title) == []
    await here.passes(minutes=11)
    assert title in here.reads(HEAD)
    await here.presses("Acknowledge", HEAD)
    assert to_acknowledge(here) == []


async def test_a_group_chat_is_as_good_a_place_as_a_channel(here: TeamsSchool) -> None:
    who = entra_id("dsl-primary")
    await here.says(FIRST)
    await here.says("no")
    picks = {"academy": ["Example Primary"], "staff_concerned": ["No, nothing points to one"]}
    await here.presses("Continue", picks=picks)
    await here.says("Jade Example, year 6")
    await here.presses("Send now")
    (card,) = here.teams.from_bot(PRIMARY)
    assert f"Case {here.ref}" in text_of(card)
    assert "Jade" not in text_of(card)
    await here.presses_on(PRIMARY, "Open case", who)
    assert "Jade Example, year 6" in here.dialog(who)
    await here.presses_on(PRIMARY, "Acknowledge", who)
    (now,) = here.teams.from_bot(PRIMARY)
    assert now.id == card.id
    assert "Acknowledged by the DSL" in text_of(now)
    assert here.teams.from_bot(NORTH) == []


# --- a concern about staff (T52) ---


async def test_a_concern_about_a_colleague_goes_to_the_head_and_the_team_never_sees_a_line(here: TeamsSchool) -> None:
    before = [here.reads(who) for who in (DSL, DEPUTY)]
    await here.tells_the_essentials(staff="Yes, the designated safeguarding lead (DSL)")
    await here.passes(minutes=40)
    assert f"Case {here.ref}" in here.reads(HEAD)
    assert here.written(NORTH) == []
    assert [here.reads(who) for who in (DSL, DEPUTY)] == before
    await here.presses("Open case", HEAD)
    assert "Jade Example, year 9" in here.dialog(HEAD)


async def test_where_nobody_knows_about_staff_the_head_hands_it_to_the_team(here: TeamsSchool) -> None:
    await here.tells_the_essentials(staff="I don’t know")
    assert here.written(NORTH) == []
    assert here.ref in here.reads(HEAD)
    await here.presses("Open case", HEAD)
    assert say("post.staff_unknown") in here.dialog(HEAD) + here.reads(HEAD)
    await here.presses_in_dialog(say("post.share"), HEAD)
    assert say("press.shared") in here.dialog(HEAD)
    assert f"Case {here.ref}" in here.channel_reads()
    assert here.audited().count("shared") == 1


# --- the dialog: checked and audited before the words ---


async def test_every_look_is_in_the_audit_the_second_as_well_as_the_first(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    for place, who in ((DSL, DSL), (NORTH, DEPUTY), (NORTH, DSL)):
        pressed = await here.presses_on(place, "Open case", who)
        assert pressed.dialog
        assert pressed.dialog.title == f"Case {here.ref}"
    assert here.audited().count("opened") == 3
    assert FIRST not in messages_sent(here)


async def test_when_the_look_cannot_be_written_down_nothing_is_shown_but_the_numbers(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    here.store.close()
    await here.teams.press(DSL, here.teams.with_label(NORTH, "Open case"), "Open case")
    await here.tenant.settled()
    assert say("teams.not_saved") in here.dialog(DSL)
    assert "999" in here.dialog(DSL)
    assert "Jade Example" not in json.dumps([dialog.card for dialog in here.teams.dialogs])


# --- who may ---

WAYS = ("adaptiveCard/action", "task/fetch", "task/submit", "message")
ACTS = (
    Action.OPEN_CASE,
    Action.ACKNOWLEDGE,
    Action.SHARE_WITH_DSL,
    Action.TAKE_OVER,
    Action.ASK_REPORTER,
    Action.ADD_NOTE,
)


def forged(action: Action, ref: str) -> Json:
    """What a button that never stood anywhere would carry, with words in its form."""
    return {**press_data(Button("Press", Press(action, ref))), "nonce": f"{action}{ref}", "words": "Is she here?"}


async def answers_to(here: TeamsSchool, way: str, who: str, data: Json) -> str:
    """All that Teams is told to show after a press."""
    before, on = len(here.teams.calls()), here.teams.from_bot(NORTH)[-1]
    if way == "message":
        delivery = await here.teams.deliver({**here.teams.activity(who), "value": data, "replyToId": on.id})
    else:
        value = {"action": {"type": "Action.Execute", "verb": "press", "data": data}, "data": data}
        delivery = await here.teams.invoke(who, on, way, value)
    await here.settles()
    shown = [(call.method, call.place, call.body) for call in here.teams.calls()[before:] if call.body]
    return json.dumps([delivery.attempts[-1].status, delivery.attempts[-1].body, shown], sort_keys=True)


async def rests(here: TeamsSchool, who: str) -> None:
    """Somebody of outside is answered once a minute (T65)."""
    if who == GUEST:
        await here.passes(minutes=1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", [TEACHER, OTHER_TEACHER, GUEST, OTHER_DSL, HEAD, CHAIR])
async def test_who_may_not_is_told_the_same_whether_the_case_exists_or_not(
    here: TeamsSchool, who: str, way: str
) -> None:
    await here.tells_the_essentials()
    await here.teams.add(who, NORTH, told=False)
    for action in ACTS:
        real = await answers_to(here, way, who, forged(action, here.ref))
        await rests(here, who)
        unreal = await answers_to(here, way, who, forged(action, "ZZZZ-ZZZZ-ZZ"))
        await rests(here, who)
        assert real == unreal
        assert here.ref not in real
    unheard = 2 * (way in {"adaptiveCard/action", "message"})  # opening is for a dialog alone
    assert here.audited().count("turned_away" if who == GUEST else "refused") == 2 * len(ACTS) - unheard
    assert not {"opened", "acknowledged", "shared", "taken_over", "asked", "noted"} & set(here.audited())


async def test_the_same_press_of_somebody_who_may_is_told_more(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    real = await answers_to(here, "task/fetch", DSL, forged(Action.OPEN_CASE, here.ref))
    assert real != await answers_to(here, "task/fetch", DSL, forged(Action.OPEN_CASE, "ZZZZ-ZZZZ-ZZ"))


async def test_a_member_of_the_team_who_is_on_no_roster_opens_and_acknowledges_nothing(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.teams.add(OTHER_TEACHER, NORTH, by=DSL)
    await here.presses_on(NORTH, "Open case", OTHER_TEACHER)
    pressed = await here.presses_on(NORTH, "Acknowledge", OTHER_TEACHER)
    assert say("press.not_for_you") in here.dialog(OTHER_TEACHER)
    assert say("press.not_for_you") in pressed.said
    assert here.audited().count("refused") == 2


async def test_the_roster_of_the_moment_of_the_click_decides(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    rewrite(here.file.parent / "trust.toml", ('dsl = "dsl-north"', 'dsl = "head-north"'))
    await here.presses_in_dialog("Acknowledge", DSL)
    assert say("press.not_for_you") in here.dialog(DSL)
    await here.presses("Open case", DSL)
    assert say("press.not_for_you") in here.dialog(DSL)
    assert (here.audited().count("opened"), here.audited().count("acknowledged")) == (1, 0)
    await answers_to(here, "task/fetch", HEAD, forged(Action.OPEN_CASE, here.ref))
    assert here.audited().count("opened") == 2
