"""What may open a report: a message or a start, and nothing that was left lying on an old screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.message import Action, Change, Press
from tests.on_the_way import say
from tests.school import School, text_of


def _cases(here: School) -> int:
    return len(here.rows("select ref from cases"))


@pytest.mark.parametrize("action", [a for a in Action if a not in (Action.NEW, Action.START)])
async def test_a_press_on_an_old_card_with_nothing_open_opens_nothing_and_says_why(
    here: School, action: Action
) -> None:
    shown = await here.hears(here.incoming("stranger", press=Press(action, "gone", 1)))
    assert shown is not None
    assert "nothing was changed" in text_of(shown).lower()
    assert _cases(here) == 0
    assert here.screen("stranger") == []


@pytest.mark.parametrize("action", [Action.NEW, Action.START])
async def test_a_start_button_opens_a_report(here: School, action: Action) -> None:
    await here.hears(here.incoming("teacher", press=Press(action, "")))
    assert "Is anyone in danger right now?" in here.reads("teacher")
    assert _cases(here) == 1


async def test_a_deleted_or_emptied_message_with_nothing_open_opens_nothing(here: School) -> None:
    for change in Change:
        await here.hears(replace(here.incoming("teacher"), change=change))
    await here.says("   ")
    assert _cases(here) == 0


async def test_words_put_into_an_older_message_with_nothing_open_are_kept_as_a_new_report(here: School) -> None:
    await here.hears(replace(here.incoming("teacher", text="she is being blackmailed"), change=Change.EDITED))
    assert _cases(here) == 1
    assert "Is anyone in danger right now?" in here.reads("teacher")


async def test_a_message_edited_long_after_the_end_stays_with_its_own_report(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.passes(hours=5)
    await here.hears(replace(here.incoming("teacher", text="he showed everyone"), change=Change.EDITED))
    assert _cases(here) == 1


async def test_a_report_begun_with_a_button_and_left_calls_nobody_and_is_said_to_be_unsent(here: School) -> None:
    await here.hears(here.incoming("teacher", press=Press(Action.START, "")))
    await here.passes(minutes=6)
    assert say("silence.nudge_wordless") in here.reads("teacher")
    await here.passes(minutes=10)
    assert say("stopping.nothing_told") in here.reads("teacher")
    assert here.places() == set()
    await here.says("a girl told me something")
    assert len(here.rows("select ref from cases")) == 2


@pytest.mark.parametrize("attachments", [0, 1])
async def test_a_word_or_a_refused_picture_is_enough_for_somebody_to_be_called(here: School, attachments: int) -> None:
    await here.hears(here.incoming("teacher", press=Press(Action.START, "")))
    await here.says("" if attachments else "she told me", attachments=attachments)
    await here.passes(minutes=16)
    assert say("blind.notice") in here.reads("trust-lead")
