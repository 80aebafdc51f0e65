"""Danger and adults of the academy, told in words: nobody waits for a button, and nobody reads what is about them."""

from __future__ import annotations

import pytest

from bot.case import Kind
from bot.message import Action, Change, Press
from tests import leads
from tests.on_the_way import goes_to, kept, say, step_now
from tests.school import School, text_of

DANGER = "she has taken tablets and wants to die"


@pytest.mark.parametrize(
    "words",
    [
        "Jade Example, year 9. The DSL took the picture",
        "Her PE teacher Mr Green took the picture",
        "It was sir",
        "Dana Example asked her for pictures",
        "Jade, year 9: Lee Example has seen it",
    ],
)
async def test_whom_it_is_about_written_at_the_first_free_line_waits(here: School, words: str) -> None:
    await goes_to(here, "child")
    await here.says(words)
    assert step_now(here) == "staff_concerned"
    await here.presses("Send now")
    for lead in ("dsl-north", "deputy-north"):
        assert here.ref() not in here.reads(lead)


@pytest.mark.parametrize("words", ["Jade Example, year 9, in Mr Green's form", "Jade Head, year 9", "Jade, 9B"])
async def test_a_childs_name_and_class_do_not_wait(here: School, words: str) -> None:
    await goes_to(here, "child")
    await here.says(words)
    assert step_now(here) == "came_from"


async def test_a_full_name_of_the_roster_waits_wherever_it_is_written(here: School) -> None:
    await goes_to(here, "words")
    await here.says("She said Dana Example asked her for pictures")
    assert step_now(here) == "staff_concerned"
    assert "Dana Example asked" not in " ".join(await kept(here, Kind.ANSWER))


async def test_danger_in_words_sends_what_there_is_at_once_and_as_now(here: School) -> None:
    await goes_to(here, "words")
    await here.says(DANGER)
    assert "Act now" in here.channel_reads()
    assert say("post.alert") in here.channel_reads()
    assert "999" in here.reads("teacher")


async def test_danger_in_the_first_words_and_then_silence_is_not_waited_for_long(here: School) -> None:
    await here.says("She has taken tablets and is unconscious in the toilets")
    await here.passes(minutes=3, seconds=5)
    assert say("blind.notice") in here.reads("trust-lead")


async def test_a_no_to_danger_answers_the_words_before_it(here: School) -> None:
    await here.says("she was hit him and ran off home last week")
    await here.says("no")
    await here.picks(leads.place(["none"], "north"))
    assert here.channel() == []


async def test_danger_beside_an_adult_of_the_academy_tells_the_leads_at_once_and_not_a_word_of_it(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", who="dsl-north")
    await here.says("Sir took her to his car and she wants to die")
    assert say("post.danger_sign", ref=here.ref()) in here.reads("dsl-north")
    assert step_now(here) == "staff_concerned"
    view = await here.presses("Open case", who="dsl-north")
    assert view is not None
    assert "his car" not in text_of(view)


async def test_held_words_of_danger_go_past_the_team_after_three_minutes(here: School) -> None:
    await goes_to(here, "words")
    await here.says("Sir took her to his car and she wants to die")
    await here.passes(minutes=3, seconds=5)
    assert here.ref() in here.reads("head-north")
    assert "Act now" in here.reads("head-north")
    assert here.channel() == []


async def test_an_edit_that_brings_danger_is_told_like_a_new_message(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Stop")
    changed = here.incoming("teacher", text="A girl told me, and she wants to die")
    await here.hears(type(changed)(changed.sender, changed.key, changed.at, changed.text, change=Change.EDITED))
    assert say("post.danger_sign", ref=here.ref()) in here.reads("dsl-north")
    assert say("asking.danger_told") in here.reads("teacher")


@pytest.mark.parametrize(
    "words", ["she is not in danger as far as I know", "no emergency, just want to log it", "a blood test"]
)
async def test_what_says_that_all_is_calm_alarms_nobody(here: School, words: str) -> None:
    await goes_to(here, "words")
    await here.says(words)
    assert here.channel() == []


async def test_danger_in_a_note_between_two_questions_goes_out_at_once(here: School) -> None:
    await goes_to(here, "came_from")
    await here.says(f"I am not sure what you mean but {DANGER}")
    assert "Act now" in here.channel_reads()


async def test_danger_inside_a_question_to_us_or_a_request_for_numbers_is_told(here: School) -> None:
    await here.tells_the_essentials()
    await here.says(f"should I take her phone {DANGER}")
    assert leads.actions(here).count("danger_told") == 1


async def test_what_is_said_of_an_adult_after_the_head_handed_it_to_the_team_waits_for_the_team_too(
    here: School,
) -> None:
    await leads.tells(here, ["unknown"])
    await here.presses("Hand to the safeguarding team", who="head-north")
    assert here.ref() in here.channel_reads()
    await here.says("it was Dana Example, the DSL, who asked her for the picture")
    assert step_now(here) == "staff_concerned"
    await here.picks({"point to an adult": ["Yes, the designated safeguarding lead (DSL)"]})
    view = await here.hears(here.incoming("dsl-north", press=Press(Action.OPEN_CASE, here.ref())))
    assert view is not None
    assert "asked her for" not in text_of(view)


@pytest.mark.parametrize("words", ["ta", "ta very much", "Thank you so much"])
async def test_thanks_after_the_end_mean_nobody_and_call_nobody(here: School, words: str) -> None:
    await here.tells_the_essentials()
    await here.presses("Stop")
    await here.presses("Acknowledge", who="dsl-north")
    before = here.places()
    await here.passes(hours=3)
    await here.says(words)
    await here.passes(minutes=30)
    assert here.places() == before
    assert len(here.rows("select ref from cases")) == 1
    assert "Acknowledged by the DSL" in here.channel_reads()


async def test_what_waited_is_kept_when_the_report_is_called_a_mistake(here: School) -> None:
    await goes_to(here, "words")
    await here.says("Sir took her to his car")
    await here.presses("Stop")
    await here.presses("I opened this by mistake")
    assert "Sir took her to his car" in " ".join(await kept(here, *Kind))
