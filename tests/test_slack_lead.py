"""What a lead meets in Slack: one truth on every screen, and the words only in a view, checked and audited first."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from adapters.pressed import Pressed
from adapters.slack import presses
from adapters.slack.acts import Act
from adapters.slack.modal import opening_view
from adapters.slack.receive import Reception
from bot.message import Action, Button, Press
from tests.leads import rewrite
from tests.slack.fake import Message, View, text_of
from tests.slack.ledger import Call
from tests.slack.reading import blocks_of, labels_of
from tests.slack_school import (
    GUEST,
    NORTH,
    OTHER_TEACHER,
    TEACHER,
    WAYS,
    SlackSchool,
    slack_id,
    slack_school,
)
from tests.sources import phrases

SAY = phrases()
DSL, DEPUTY, HEAD = slack_id("dsl-north"), slack_id("deputy-north"), slack_id("head-north")
CHAIR, OTHER_DSL = slack_id("chair-north"), slack_id("dsl-south")
CANARY = "kestrel-velvet-4711"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[SlackSchool]:
    async with slack_school(tmp_path) as it:
        yield it


@pytest.fixture(params=WAYS)
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SlackSchool]:
    async with slack_school(tmp_path, request.param) as it:
        yield it


def say(key: str, **filled: str) -> str:
    found = SAY[key]
    assert isinstance(found, str)
    return found.format(**filled) if filled else found


def cards(messages: list[Message], title: str) -> list[Message]:
    return [message for message in messages if text_of(message).startswith(title)]


def to_acknowledge(here: SlackSchool) -> list[str]:
    """Where a button still offers to acknowledge something."""
    return [message.id for message in here.everywhere() if "Acknowledge" in labels_of(message)]


# --- one truth ---


async def test_one_card_in_each_place_tells_the_same_truth_from_handoff_to_acknowledgement(both: SlackSchool) -> None:
    here = both
    await here.tells_the_essentials()
    title = f"Case {here.ref}"
    places: list[Callable[[], list[Message]]] = [partial(here.slack.channel, NORTH), partial(here.slack.from_bot, DSL)]
    first = [cards(place(), title) for place in places]
    assert [len(found) for found in first] == [1, 1]
    await here.presses("Continue", TEACHER, {"How is the child now, from what you saw and heard?": ["Calm"]})
    await here.passes(minutes=11)
    await here.presses_in_channel("Acknowledge", DEPUTY)
    for place, before in zip(places, first, strict=True):
        (card,) = [message for message in place() if message.ts == before[0].ts]
        assert "Answers so far: 10" in text_of(card)
        assert "Acknowledged by a deputy DSL at 10:51" in text_of(card)
        assert say("post.waiting") not in "".join(map(text_of, place()))
    assert len(cards(here.slack.from_bot(DEPUTY), title)) == 1
    assert to_acknowledge(here) == []
    assert "Acknowledged by a deputy DSL at 10:51" in here.reads(TEACHER)


async def test_the_check_above_sees_a_button_that_is_left(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    assert len(to_acknowledge(here)) == 2


@pytest.mark.parametrize("place", ["channel", "messages", "view"])
async def test_it_is_acknowledged_from_the_channel_from_the_messages_and_from_the_view(
    here: SlackSchool, place: str
) -> None:
    await here.tells_the_essentials()
    if place == "channel":
        await here.presses_in_channel("Acknowledge", DSL)
    elif place == "messages":
        await here.presses("Acknowledge", DSL)
    else:
        await here.presses("Open case", DSL)
        await here.presses_in_view("Acknowledge", DSL)
    told = [*map(text_of, here.slack.ephemerals(DSL)), here.reads(DSL), *map(text_of, here.slack.views_of(DSL))]
    assert any(say("press.acknowledged", role="the DSL") in each for each in told)
    assert here.audited().count("acknowledged") == 1
    assert to_acknowledge(here) == []
    assert "Acknowledged by the DSL at 10:40" in here.reads(TEACHER)


async def test_two_who_acknowledge_at_once_and_one_has_it_and_the_other_hears_who(both: SlackSchool) -> None:
    here = both
    await here.tells_the_essentials()
    message = here.slack.channel(NORTH)[-1]
    await asyncio.gather(*(here.slack.presses(who, message, "Acknowledge") for who in (DSL, DEPUTY)))
    await here.settles()
    told = sorted(text_of(here.slack.ephemerals(who)[-1]) for who in (DSL, DEPUTY))
    assert "Already acknowledged by" in told[0]
    assert "You have it" in told[1]
    assert sorted(act for act in here.audited() if act.startswith("ack")) == ["acknowledge_lost", "acknowledged"]


async def test_a_view_that_was_open_when_somebody_else_acknowledged_says_who_has_it(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_channel("Acknowledge", DEPUTY)
    await here.presses_in_view("Acknowledge", DSL)
    assert "Already acknowledged by a deputy DSL at 10:40" in here.view(DSL)


async def test_a_case_is_taken_over_and_everybody_reads_who_has_it_now(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", DSL)
    await here.passes(minutes=5)
    await here.presses_in_channel("Open case", DEPUTY)
    await here.presses_in_view("Take over", DEPUTY)
    assert say("press.taken_over") in here.view(DEPUTY)
    for screen in (here.reads(DSL), here.channel_reads(), here.reads(TEACHER)):
        assert "Acknowledged by a deputy DSL at 10:45" in screen
    assert "Acknowledged by the DSL" not in here.channel_reads() + here.reads(DSL)


async def test_the_deputies_are_written_to_one_to_one_when_the_ladder_climbs(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    assert here.slack.from_bot(DEPUTY) == []
    await here.passes(minutes=11)
    assert f"Case {here.ref}" in here.reads(DEPUTY)
    assert "has not been acknowledged for 10 minutes" in here.reads(DEPUTY) or "for 11 minutes" in here.reads(DEPUTY)
    assert here.slack.from_bot(HEAD) == []
    await here.passes(minutes=11)
    assert f"Case {here.ref}" in here.reads(HEAD)
    await here.presses("Acknowledge", HEAD)
    assert to_acknowledge(here) == []


# --- the view: neutral, checked, audited, and only then the words ---


Step = tuple[str, int, bool]
IN_ORDER: list[Step] = [("views.open", 0, False), ("views.update", 1, True)]


def watched(here: SlackSchool) -> list[Step]:
    """Of every call about a view: how many openings stood in the raw audit at that moment, and whether it had words."""
    steps: list[Step] = []

    def note(call: Call) -> None:
        if call.method.startswith("views."):
            shown = "Jade Example" in json.dumps(call.arguments)
            steps.append((call.method, here.audited().count("opened"), shown))

    here.slack.wire.after = note
    return steps


@pytest.mark.parametrize("place", ["channel", "messages"])
async def test_a_neutral_view_comes_first_then_the_audit_row_then_the_words(both: SlackSchool, place: str) -> None:
    here = both
    await here.tells_the_essentials()
    calls, steps = len(here.slack.calls()), watched(here)
    if place == "channel":
        await here.presses_in_channel("Open case", DSL)
    else:
        await here.presses("Open case", DSL)
    assert steps == IN_ORDER
    first = here.slack.calls()[calls]
    assert (first.method, first.arguments["view"]) == ("views.open", opening_view(say))


async def test_the_order_above_is_seen_to_be_wrong_when_it_is(
    here: SlackSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hasty(self: Reception, act: Act, pressed: Pressed) -> None:
        view = await self._content(act, pressed)
        await self.screens.open_view(act.trigger, view)

    monkeypatch.setattr(Reception, "_open_case", hasty)
    await here.tells_the_essentials()
    steps = watched(here)
    await here.presses("Open case", DSL)
    assert steps == [("views.open", 1, True)]


async def test_while_the_books_are_held_up_nothing_but_the_neutral_view_is_seen(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    rows = here.count("inbox"), here.count("audit")
    opened = asyncio.Event()
    here.slack.wire.after = lambda call: opened.set() if call.method == "views.open" else None
    with held_up(here.file):
        await here.slack.presses(DSL, here.slack.with_label(DSL, "Open case"), "Open case")
        await asyncio.wait_for(opened.wait(), 3)
        await asyncio.sleep(0.3)
        assert here.view(DSL).splitlines()[1] == say("slack.opening")
        assert "Jade Example" not in here.view(DSL)
        assert (here.count("inbox"), here.count("audit")) == rows
    await here.settles()
    assert "Jade Example" in here.view(DSL)
    assert here.audited().count("opened") == 1


async def test_when_the_look_cannot_be_written_down_nothing_is_shown_but_the_numbers(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    card = here.slack.with_label(DSL, "Open case")
    here.store.close()
    await here.slack.presses(DSL, card, "Open case")
    await here.workspace.settled()
    assert say("slack.not_saved") in here.view(DSL)
    assert "999" in here.view(DSL)
    assert "Jade Example" not in json.dumps([view.view for view in here.slack.views_of(DSL, all=True)])


@pytest.mark.parametrize("place", ["channel", "messages"])
@pytest.mark.parametrize("why", ["late", "lost"])
async def test_what_was_too_late_says_press_again_and_nothing_was_opened_or_audited(
    here: SlackSchool, place: str, why: str
) -> None:
    await here.tells_the_essentials()
    if why == "late":
        here.slack.set_up(trigger_life=0)
    else:
        here.slack.fault("drop_before", "views.open")
    if place == "channel":
        await here.presses_in_channel("Open case", DSL)
        told = text_of(here.slack.ephemerals(DSL)[-1])
    else:
        await here.presses("Open case", DSL)
        told = here.reads(DSL)
    assert say("slack.open_again") in told
    assert here.slack.views_of(DSL, all=True) == []
    assert "opened" not in here.audited()
    here.slack.set_up(trigger_life=3)
    await here.presses_in_channel("Open case", DSL)
    assert "Jade Example" in here.view(DSL)


async def test_every_look_is_in_the_audit_the_second_as_well_as_the_first(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_channel("Open case", DEPUTY)
    await here.presses("Open case", DSL)
    assert here.audited().count("opened") == 3


# --- who may ---


def forged(action: Action, ref: str) -> Message:
    """A button that never stood anywhere, in the leads' channel."""
    button = Button("Press", Press(action, ref))
    text = {"type": "plain_text", "text": "Press"}
    id = presses.button_id(button, 0)
    element = {"type": "button", "text": text, "action_id": id, "value": presses.button_value(button)}
    return Message(
        NORTH, "1795171200.000100", "U0BOT00001", blocks=[{"type": "actions", "block_id": "b", "elements": [element]}]
    )


async def answers_to(here: SlackSchool, who: str, button: Message) -> str:
    """All that Slack is told to show after a press, without the ids of the press itself."""
    before = len(here.slack.calls())
    await here.slack.presses(who, button, "Press")
    await here.settles()
    shown = [
        (call.method, {name: it for name, it in call.arguments.items() if name not in ("trigger_id", "view_id")})
        for call in here.slack.calls()[before:]
        if call.method.startswith(("chat.", "views."))
    ]
    return json.dumps(shown, sort_keys=True)


LEADS = (
    Action.OPEN_CASE,
    Action.ACKNOWLEDGE,
    Action.SHARE_WITH_DSL,
    Action.TAKE_OVER,
    Action.ASK_REPORTER,
    Action.ADD_NOTE,
)


@pytest.mark.parametrize("who", [TEACHER, OTHER_TEACHER, GUEST, OTHER_DSL, HEAD, CHAIR])
async def test_who_may_not_is_told_the_same_whether_the_case_exists_or_not(here: SlackSchool, who: str) -> None:
    await here.tells_the_essentials()
    await here.slack.add_member(NORTH, who)
    for action in LEADS:
        real = await answers_to(here, who, forged(action, here.ref))
        unreal = await answers_to(here, who, forged(action, "ZZZZ-ZZZZ-ZZ"))
        assert real == unreal
        assert "chat." in real or "views." in real
        assert here.ref not in real
    told = "turned_away" if who == GUEST else "refused"
    assert here.audited().count(told) == 2 * len(LEADS)
    assert not {"opened", "acknowledged", "shared", "taken_over", "asked", "noted"} & set(here.audited())


async def test_the_same_press_of_somebody_who_may_is_told_more(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    real = await answers_to(here, DSL, forged(Action.OPEN_CASE, here.ref))
    assert real != await answers_to(here, DSL, forged(Action.OPEN_CASE, "ZZZZ-ZZZZ-ZZ"))


async def test_somebody_brought_into_the_channel_opens_and_acknowledges_nothing(both: SlackSchool) -> None:
    here = both
    await here.tells_the_essentials()
    await here.slack.add_member(NORTH, OTHER_TEACHER, by=DSL)
    await here.presses_in_channel("Open case", OTHER_TEACHER)
    await here.presses_in_channel("Acknowledge", OTHER_TEACHER)
    assert say("press.not_for_you") in here.view(OTHER_TEACHER)
    assert say("press.not_for_you") in text_of(here.slack.ephemerals(OTHER_TEACHER)[-1])
    assert "Jade Example" not in json.dumps([call.arguments for call in here.slack.calls()])
    assert here.audited().count("refused") == 2


async def test_the_roster_of_the_moment_of_the_click_decides(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    rewrite(here.file.parent / "trust.toml", ('dsl = "dsl-north"', 'dsl = "head-north"'))
    await here.presses_in_view("Acknowledge", DSL)
    assert say("press.not_for_you") in here.view(DSL)
    await here.presses("Open case", DSL)
    assert say("press.not_for_you") in here.view(DSL)
    assert (here.audited().count("opened"), here.audited().count("acknowledged")) == (1, 0)
    assert "10:40" in here.reads(TEACHER)
    assert "Acknowledged" not in here.reads(TEACHER)


async def test_a_lead_who_is_new_on_the_roster_may_at_once(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await answers_to(here, HEAD, forged(Action.OPEN_CASE, here.ref))
    assert say("press.not_for_you") in here.view(HEAD)
    rewrite(here.file.parent / "trust.toml", ('dsl = "dsl-north"', 'dsl = "head-north"'))
    await answers_to(here, HEAD, forged(Action.OPEN_CASE, here.ref))
    assert "Jade Example" in here.view(HEAD)


# --- asking the reporter, adding a note ---


async def test_a_question_goes_to_the_reporter_and_its_answer_comes_back_and_neither_stands_in_a_message(
    both: SlackSchool,
) -> None:
    here = both
    question, answer = f"Is she with you {CANARY}-asked", f"She is in the library {CANARY}-told"
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_view("Ask the reporter", DSL)
    await here.writes(question, DSL)
    assert say("press.asked") in here.view(DSL)
    assert say("question.line", Whom="The DSL") in here.reads(TEACHER)
    await here.presses("Read it", TEACHER)
    assert question in here.view(TEACHER)
    await here.presses_in_view("Write your answer", TEACHER)
    await here.writes(answer, TEACHER)
    assert say("question.answered", ref=here.ref) in here.reads(TEACHER)
    for screen in (here.reads(DSL), here.channel_reads()):
        assert say("post.answered", ref=here.ref) in screen
    await here.presses("Open case", DSL)
    assert question in here.view(DSL)
    assert answer in here.view(DSL)
    assert CANARY not in json.dumps([call.arguments for call in here.written()])
    assert here.audited().count("asked") == 1


async def test_a_question_is_read_by_nobody_but_the_one_it_was_put_to(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_view("Ask the reporter", DSL)
    await here.writes(f"Is she with you {CANARY}", DSL)
    asked = here.slack.with_label(TEACHER, "Read it")
    for who in (OTHER_TEACHER, DEPUTY):
        await here.slack.presses(who, asked, "Read it")
        await here.settles()
        assert say("asking.not_yours") in here.view(who)
    assert here.audited().count("question_read") == 0


async def test_a_note_is_kept_with_the_case_and_read_by_leads_alone(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_view("Add a note", DSL)
    await here.writes(f"Spoke to the head of year {CANARY}", DSL)
    assert say("press.noted") in here.view(DSL)
    await here.presses_in_channel("Open case", DEPUTY)
    assert f"Spoke to the head of year {CANARY}" in here.view(DEPUTY)
    assert CANARY not in json.dumps([call.arguments for call in here.written()])
    assert CANARY not in here.reads(TEACHER)
    assert CANARY.encode() not in here.raw()


# --- long words ---


def words_on(view: View) -> str:
    """What is read in a view, without its buttons and without the spaces between its parts."""
    kept = [block for block in blocks_of(view) if block["type"] != "actions"]
    return "".join(text_of(replace(view, view={"blocks": kept})).split())


async def turned(here: SlackSchool, who: str) -> list[View]:
    """Every part of the view that stands open, turned to the last."""
    parts = [here.slack.views_of(who)[-1]]
    while say("slack.next_part") in labels_of(parts[-1]):
        await here.presses_in_view(say("slack.next_part"), who)
        parts.append(here.slack.views_of(who)[-1])
    return parts


def story(name: str) -> str:
    """Twenty thousand letters in which every word is another."""
    return " ".join(f"{name}{number:04}<&>" for number in range(1700))


async def test_twenty_thousand_letters_at_a_time_are_read_in_parts_and_not_one_is_lost(both: SlackSchool) -> None:
    here = both
    told = [story(name) for name in ("first", "second", "third", "fourth")]
    await here.says("A girl in my form has just told me something")
    await here.says("no")
    await here.submits_place()
    await here.says("Jade Example, year 9")
    await here.presses("The child in the picture told me")
    await here.says(told[0])
    await here.presses("Send now")
    for more in told[1:]:
        await here.says(more)
    await here.presses("Open case", DSL)
    parts = await turned(here, DSL)
    read = "".join(map(words_on, parts))
    assert len(told[0]) > 20_000
    assert len(parts) > 1
    assert [read.count("".join(each.split())) for each in told] == [2, 2, 2, 2]
    assert here.audited().count("opened") == len(parts)
    await here.presses_in_view(say("slack.earlier_part"), DSL)
    assert words_on(here.slack.views_of(DSL)[-1]) == words_on(parts[-2])


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
