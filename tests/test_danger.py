"""When a child may be in danger: what is said at once, what goes out and when, and who may see it (T51, N-18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.message import Tone
from tests.on_the_way import FIRST, answers, goes_to, lead_reads, refs, say, step_now, who_can_open, without_unscreened
from tests.school import School, school, text_of

_YES = "Yes, or it may be so"
_LEAD, _NAMED = "web:person:trust-lead", "web:person:trust-unscreened"


@pytest.fixture
def nobody_named(tmp_path: Path) -> Iterator[School]:
    folder = tmp_path / "nobody_named"
    folder.mkdir()
    with school(folder, trust=without_unscreened(folder)) as it:
        yield it


async def _in_danger(here: School) -> None:
    await here.says(FIRST)
    await here.presses(_YES)


@pytest.mark.parametrize("typed", ["", "yes", "she is in danger"])
async def test_the_very_next_card_says_999_and_to_stay_with_the_child_before_it_asks_anything(
    here: School, typed: str
) -> None:
    await here.says(FIRST)
    await (here.says(typed) if typed else here.presses(_YES))
    card = here.question()
    assert step_now(here) == "academy"
    assert {passage.tone for passage in card.passages} == {Tone.URGENT}
    assert "Ring 999 now. Stay with the child" in text_of(card)
    assert not here.places()


async def test_no_danger_brings_no_such_warning(here: School) -> None:
    await here.says(FIRST)
    await here.presses("No, not that I know of")
    assert "999 now" not in text_of(here.question())


async def test_the_alert_goes_out_when_the_place_card_is_answered_and_without_any_detail(here: School) -> None:
    await _in_danger(here)
    assert not here.channel()
    await answers(here)
    assert say("post.alert") in here.channel_reads()
    assert "Act now" in here.channel_reads()
    assert step_now(here) == "child"
    assert not [word for word in FIRST.split() if len(word) > 5 and word in here.channel_reads()]
    assert "Sam Example" not in here.channel_reads()


async def test_without_danger_nothing_goes_out_on_the_place_card(here: School) -> None:
    await goes_to(here, "child")
    assert not here.places()


async def test_an_alert_about_the_head_goes_past_the_team_to_the_chair(here: School) -> None:
    await _in_danger(here)
    await answers(here, {"staff_concerned": "Yes, the headteacher or principal"})
    assert here.places() == {"web:person:chair-north"}


async def test_danger_said_later_by_changing_the_answer_sends_the_alert_at_once(here: School) -> None:
    await goes_to(here, "words")
    for _ in range(4):
        await here.presses("Back")
    assert step_now(here) == "danger"
    await here.presses(_YES)
    assert say("post.alert") in here.channel_reads()
    assert step_now(here) == "words"


async def test_send_now_before_the_place_card_sends_only_a_notice_without_reference_or_words(here: School) -> None:
    await _in_danger(here)
    await here.presses("Send now")
    notice = here.reads("trust-lead")
    assert say("blind.notice") in notice
    assert refs(here)[0] not in notice
    assert "Sam Example" not in notice
    assert not [card for card in here.screen("trust-lead") if card.buttons]
    assert here.places() == {_LEAD, _NAMED}
    assert say("blind.told") in here.reads("teacher")


async def test_the_notice_goes_to_the_channel_of_the_academy_when_that_is_known(here: School) -> None:
    await _in_danger(here)
    await here.says("Example Academy North")
    assert step_now(here) == "staff_concerned"
    await here.says("send now")
    assert say("blind.notice") in here.channel_reads()
    assert refs(here)[0] not in here.channel_reads()
    assert here.places() == {"web:channel:dsl-north-channel", _NAMED}


async def test_silence_in_danger_sends_the_notice_after_the_shorter_wait_and_not_before(here: School) -> None:
    await _in_danger(here)
    await here.passes(minutes=2, seconds=50)
    assert not here.places()
    await here.passes(seconds=20)
    assert here.places() == {_LEAD, _NAMED}


async def test_silence_without_danger_does_not_use_the_shorter_wait(here: School) -> None:
    await here.says(FIRST)
    await here.presses("No, not that I know of")
    await here.passes(minutes=4)
    assert not here.places()


async def test_the_notice_goes_out_once_however_often_it_is_asked_for(here: School) -> None:
    await _in_danger(here)
    for _ in range(3):
        await here.presses("Send now")
    await here.passes(minutes=4)
    assert here.reads("trust-lead").count(say("blind.notice")) == 1
    assert here.rows("select count(*) from audit where action = 'blind'") == [(1,)]


async def test_the_words_then_open_only_to_the_person_the_trust_has_named(here: School) -> None:
    await _in_danger(here)
    await here.presses("Send now")
    assert await who_can_open(here) == {"trust-unscreened"}
    assert say("blind.unscreened") in here.reads("teacher")


async def test_with_nobody_named_nobody_can_open_them_and_the_teacher_is_told_whom_to_ring(
    nobody_named: School,
) -> None:
    await _in_danger(nobody_named)
    await nobody_named.presses("Send now")
    assert await who_can_open(nobody_named) == set()
    assert nobody_named.places() == {_LEAD}
    read = nobody_named.reads("teacher")
    assert say("blind.nobody") in read
    assert "01632 960111" in read
    assert say("blind.unscreened") not in read


@pytest.mark.parametrize("named", [True, False])
async def test_answering_the_place_card_after_the_notice_sends_the_alert_and_gives_the_next_steps(
    tmp_path: Path, named: bool
) -> None:
    trust = {} if named else {"trust": without_unscreened(tmp_path)}
    with school(tmp_path, **trust) as here:  # type: ignore[arg-type]
        await _in_danger(here)
        await here.passes(minutes=4)
        await answers(here)
        assert say("post.alert") in here.channel_reads()
        assert say("steps.title") in here.reads("teacher")
        assert FIRST in await lead_reads(here)
        assert "dsl-north" in await who_can_open(here)


async def test_an_alert_whose_sender_falls_silent_is_marked_incomplete_and_the_next_steps_are_given(
    here: School,
) -> None:
    await _in_danger(here)
    await answers(here)
    await here.presses("Acknowledge", who="dsl-north")
    assert say("post.telling") in here.channel_reads()
    await here.passes(minutes=16)
    assert say("post.incomplete") in here.channel_reads()
    said = say("silence.away_with", Whom="The DSL", time="10:40")
    shown = [text_of(card) for card in here.screen("teacher")]
    away = next(i for i, text in enumerate(shown) if said in text)
    steps = [i for i, text in enumerate(shown) if say("steps.title") in text]
    assert steps == [away + 1]  # the card that came with the alert has made room for this one
    assert say("silence.sent") not in here.reads("teacher")


@pytest.mark.parametrize("words", ["she has taken pills", "he ran away", "she has cut herself and won't stop"])
async def test_words_that_speak_of_danger_bring_999_whatever_they_answer(here: School, words: str) -> None:
    await goes_to(here, "words")
    await here.says(words)
    assert say("asking.danger_words") in text_of(here.question())


async def test_stopping_after_the_alert_gives_the_next_steps_and_asks_no_more(here: School) -> None:
    await _in_danger(here)
    await answers(here)
    await here.presses("Stop")
    assert say("stopping.stopped") in here.reads("teacher")
    assert say("steps.title") in here.reads("teacher")
    assert FIRST in await lead_reads(here)


# --- danger that is told later ---

_SIGNS = {
    "Talks of self-harm or not wanting to live": "self_harm",
    "Has been hurt, or may be": "hurt",
    "We don’t know where they are": "missing",
}


def _warnings(here: School, who: str) -> int:
    return here.reads(who).count(say("post.danger_sign", ref=refs(here)[0]))


@pytest.mark.parametrize("sign", _SIGNS)
async def test_a_sign_of_danger_told_later_draws_the_eye_of_everybody_who_has_the_case(here: School, sign: str) -> None:
    await here.tells_the_essentials()
    assert say("post.alert") not in here.channel_reads()
    await here.picks({"How is the child now": [sign]})
    for read in (here.channel_reads(), here.reads("dsl-north")):
        assert read.count(say("post.danger_sign", ref=here.ref())) == 1
        assert say("post.alert") in read
        assert "Act now" in read


@pytest.mark.parametrize("sign", _SIGNS)
async def test_a_new_sign_is_told_even_when_it_was_urgent_already_and_one_to_one_to_whoever_has_it(
    here: School, sign: str
) -> None:
    await _in_danger(here)
    await answers(here)
    await here.presses("Acknowledge", who="deputy-north")
    assert _warnings(here, "deputy-north") == 0
    await goes_on_to(here, "child_now")
    await here.picks({"How is the child now": [sign]})
    assert _warnings(here, "deputy-north") == 1
    await answers(here)
    assert _warnings(here, "deputy-north") == 1


async def test_how_a_child_is_who_is_calm_or_upset_draws_nobodys_eye(here: School) -> None:
    await here.tells_the_essentials()
    await here.picks({"How is the child now": ["Upset or very worried"]})
    assert _warnings(here, "dsl-north") == 0
    assert say("post.alert") not in here.channel_reads()


async def test_words_of_danger_once_the_case_is_out_are_told_at_once_and_each_time(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", who="dsl-north")
    for times in (1, 2):
        await here.says("she has just taken pills")
        assert _warnings(here, "dsl-north") == 1  # a new one: the one before has given up its place
        assert here.rows("select count(*) from audit where action = 'danger_told'") == [(times,)]
    assert say("post.alert") in here.channel_reads()
    assert "Act now" in here.channel_reads()
    assert say("steps.do.danger") in here.reads("teacher")
    await answers(here)
    assert "Act now" in here.channel_reads()  # from then on


async def goes_on_to(here: School, step: str) -> None:
    for _ in range(20):
        if step_now(here) == step:
            return
        await answers(here)
    raise AssertionError(step)


# --- the teacher in danger has numbers and steps at once ---


async def test_with_the_alert_the_teacher_has_whom_to_ring_and_the_next_steps_at_once(here: School) -> None:
    await _in_danger(here)
    await answers(here)
    receipt = next(text_of(card) for card in here.screen("teacher") if card.title.startswith("Your report"))
    assert say("receipt.ring_as_well") in receipt
    assert "01632 960111" in receipt
    assert say("steps.do.danger") in here.reads("teacher")
    assert step_now(here) == "child"


async def test_once_it_is_acknowledged_the_receipt_no_longer_says_to_ring_as_well(here: School) -> None:
    await _in_danger(here)
    await answers(here)
    await here.presses("Acknowledge", who="dsl-north")
    assert say("receipt.ring_as_well") not in here.reads("teacher")


async def test_without_danger_neither_comes_before_the_essentials_are_done(here: School) -> None:
    await goes_to(here, "pressure")
    assert say("steps.title") not in here.reads("teacher")
    await answers(here)
    assert say("steps.title") in here.reads("teacher")
    assert say("receipt.ring_as_well") not in here.reads("teacher")


async def test_the_next_steps_of_an_alert_stand_once_and_are_corrected_where_they_stand(here: School) -> None:
    await _in_danger(here)
    await answers(here)
    await goes_on_to(here, "child_now")
    await here.picks({"How is the child now": ["Has been hurt, or may be"]})
    cards = [text_of(card) for card in here.screen("teacher") if card.title == say("steps.title")]
    assert len(cards) == 1
    assert say("steps.do.alone") in cards[0]


# --- a notice without words ---


async def test_the_notice_says_who_was_asked_to_open_it_only_when_somebody_is_named(
    here: School, nobody_named: School
) -> None:
    for it, named in ((here, True), (nobody_named, False)):
        await _in_danger(it)
        await it.presses("Send now")
        assert say("blind.notice_quiet") in it.reads("trust-lead")
        assert (say("blind.asked_named") in it.reads("trust-lead")) == named


async def test_the_teacher_is_told_999_and_several_people_to_ring_beside_every_notice(
    here: School, nobody_named: School
) -> None:
    for it in (here, nobody_named):
        await _in_danger(it)
        await it.presses("Send now")
        note = next(text_of(card) for card in it.screen("teacher") if say("blind.danger") in text_of(card))
        assert say("contacts.choose") in note
        for phone in ("07700 900101", "01632 960111", "01632 960121"):
            assert phone in note


async def test_what_nobody_has_screened_carries_the_alert_and_climbs_in_three_minutes(here: School) -> None:
    await _in_danger(here)
    await here.presses("Send now")
    assert say("post.alert") in here.reads("trust-unscreened")
    assert say("post.danger_sign", ref=refs(here)[0]) not in here.reads("trust-unscreened")
    await here.passes(minutes=2, seconds=50)
    assert "Nobody has acknowledged it" not in here.reads("teacher")
    await here.passes(seconds=20)
    ring = next(text_of(c) for c in here.screen("teacher") if "Nobody has acknowledged it. Ring" in text_of(c))
    assert say("contacts.choose") in ring
    for phone in ("07700 900102", "07700 900101", "01632 960111", "01632 960121"):
        assert phone in ring


# --- what the leads read is true when they read it ---


async def test_the_leads_card_stops_saying_that_more_is_coming_when_it_is_not(here: School) -> None:
    await _in_danger(here)
    await answers(here)
    await here.presses("Acknowledge", who="dsl-north")
    assert say("post.telling") in here.channel_reads()
    await here.passes(minutes=5, seconds=10)
    assert say("post.telling") not in here.channel_reads()
    assert say("post.quiet", time="10:40") in here.channel_reads()
    await here.says("Jade Example, year 9")
    assert say("post.telling") in here.channel_reads()
