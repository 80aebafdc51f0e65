"""From a disclosure to the DSL's hands: what stands on each screen, read from the door's own board."""

from __future__ import annotations

import pytest

from bot import composition
from bot.message import Card, Tone
from tests.school import School, text_of

_PLACE = {"Which academy": ["Example Academy North"], "point to an adult": ["No, nothing points to one"]}
NAMES_AND_WORDS = ("Jade", "year 9", "show everyone", "going round")


async def test_the_opening_card_carries_dos_and_donts_and_numbers_before_the_first_question(here: School) -> None:
    await here.says("hello")
    opening = here.screen("teacher")[0]
    read = text_of(opening)
    assert "ring 999" in read
    assert "01632 960111" in read
    assert [p.tone for p in opening.passages].count(Tone.DO) == 1
    assert [p.tone for p in opening.passages].count(Tone.DONT) == 1
    assert "Is anyone in danger right now?" in text_of(here.screen("teacher")[1])


async def test_the_dos_and_donts_stay_on_the_screen_when_the_first_question_is_answered(here: School) -> None:
    await here.tells_the_essentials()
    assert [p.tone for p in here.screen("teacher")[0].passages].count(Tone.DONT) == 1


async def test_after_the_essentials_the_case_is_handed_off_at_once_and_the_next_steps_are_given(here: School) -> None:
    await here.tells_the_essentials()
    assert f"Case {here.ref()}" in here.channel_reads()
    assert "With the safeguarding team of Example Academy North since 10:40" in here.reads("teacher")
    assert "Your next steps" in here.reads("teacher")


async def test_the_essentials_take_at_most_eight_taps_and_two_sentences(here: School) -> None:
    await here.says("hello")
    taps = sentences = 0
    while not here.channel():
        card = here.question()
        if card.fields:
            await here.picks(_PLACE)
            taps += len(card.fields) + 1
        elif card.typed:
            await here.says("a sentence about it")
            sentences += 1
        else:
            await here.presses(card.buttons[-2].label)
            taps += 1
    assert taps <= 8
    assert sentences <= 2


async def test_the_channel_post_carries_reference_academy_urgency_and_age_and_not_a_word_of_the_child(
    here: School,
) -> None:
    await here.tells_the_essentials()
    read = here.channel_reads()
    assert here.ref() in read
    assert "Example Academy North" in read
    assert "Act today" in read
    assert "Opened 10:40 on 20 November 2026" in read
    assert not [word for word in NAMES_AND_WORDS if word in read]


async def test_open_case_shows_the_words_to_a_lead_and_writes_it_in_the_audit(here: School) -> None:
    await here.tells_the_essentials()
    view = await here.presses("Open case", who="dsl-north")
    assert view is not None
    assert all(word in text_of(view) for word in NAMES_AND_WORDS)
    assert here.rows("select count(*) from audit where action = 'opened'") == [(1,)]


@pytest.mark.parametrize("who", ["stranger", "head-north", "dsl-south", "teacher"])
async def test_open_case_shows_nothing_to_anybody_else_not_even_whether_the_case_exists(here: School, who: str) -> None:
    await here.tells_the_essentials()
    press = here.button("Open case", "dsl-north").press
    view = await here.hears(here.incoming(who, press=press))
    other = await here.hears(here.incoming(who, press=type(press)(press.action, "ZZZZ-ZZZZ-ZZ")))
    assert view is not None
    assert view == other
    assert not [word for word in NAMES_AND_WORDS if word in text_of(view)]


async def test_acknowledge_is_taken_once_and_the_second_person_is_told_who_has_it(here: School) -> None:
    await here.tells_the_essentials()
    press = here.button("Acknowledge", "dsl-north").press
    await here.hears(here.incoming("dsl-north", press=press))
    await here.passes(minutes=1)
    second = await here.hears(here.incoming("deputy-north", press=press))
    assert second is not None
    assert "Already acknowledged by the DSL at 10:40 on 20 November 2026" in text_of(second)
    assert here.rows("select count(*) from audit where action = 'acknowledged'") == [(1,)]
    assert here.channel_reads().count("Acknowledged by the DSL at 10:40") == 1


async def test_the_teacher_is_told_which_role_has_it_and_since_when(here: School) -> None:
    await here.tells_the_essentials()
    assert "Acknowledged" not in here.reads("teacher")
    await here.presses("Acknowledge", who="dsl-north")
    assert "Acknowledged by the DSL at 10:40 on 20 November 2026" in here.reads("teacher")


async def test_every_answer_after_the_handoff_joins_the_same_case_and_the_post_is_updated_in_place(
    here: School,
) -> None:
    await here.tells_the_essentials()
    posts = len(here.channel())
    await here.picks({"How is the child now": ["Upset or very worried"]})
    await here.presses("Yes")
    assert len(here.channel()) == posts
    assert "Answers so far: 11" in here.channel_reads()
    view = await here.presses("Open case", who="dsl-north")
    assert "How the child is now: Upset or very worried" in text_of(_shown(view))


async def test_a_new_notice_goes_out_only_when_the_urgency_rises(here: School) -> None:
    await here.tells_the_essentials()
    before = len(here.channel())
    await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
    assert len(here.channel()) == before + 1
    assert "told me of a danger to the child" in here.channel_reads()
    assert "Act now" in here.channel_reads()
    assert "Don’t leave the child alone" in here.reads("teacher")


async def test_answering_everything_ends_with_thanks_and_the_lead_sees_that_it_is_all(here: School) -> None:
    await here.tells_the_essentials()
    for _ in range(len(composition.script().flow.steps)):
        if "That’s everything" in here.reads("teacher"):
            break
        await _answer_unknown(here)
    assert "That’s everything" in here.reads("teacher")
    assert "Your colleague has told me all they can for now" in here.channel_reads()


async def test_more_can_be_added_after_the_end_and_joins_the_case(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.says("Her friend Kim saw it too")
    assert f"Added to case {here.ref()}" in here.reads("teacher")
    view = await here.presses("Open case", who="dsl-north")
    assert "Her friend Kim saw it too" in text_of(_shown(view))


async def test_the_words_of_a_case_are_nowhere_in_clear_in_the_database(here: School) -> None:
    await here.tells_the_essentials()
    raw = here.raw()
    assert len(raw) > 10_000
    assert not [
        word for word in ("Jade Example", *NAMES_AND_WORDS[1:], "Sam Example", "web:teacher") if word.encode() in raw
    ]


def _shown(card: Card | None) -> Card:
    assert card is not None
    return card


async def _answer_unknown(here: School) -> None:
    card = here.question()
    if card.fields:
        await here.picks({field.ask: ["I don’t know"] for field in card.fields})
    else:
        await here.presses(card.buttons[-1].label)
