"""Nothing is said that is not true at that moment, and whoever should be told something is told it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SendRefused
from bot.handoff import case_card
from bot.message import Action, Button, Card, Destination
from bot.ports import Doubt
from bot.routing import addresses, team
from tests import leads
from tests.leads import at_channel, at_person, behind, telephones
from tests.on_the_way import FIRST, FLOW, conversation, goes_to, lead_reads, refs, say
from tests.school import School, school, text_of
from tests.slack_school import TEACHER, slack_id, slack_school
from tests.test_alarm import alarms, doubtful

DSL = slack_id("dsl-north")
PLACED = say("receipt.placed", whom="the safeguarding team of Example Academy North")


# --- a notice without words, once it is known where the report belongs ---


async def _sends_blind(here: School) -> None:
    await here.says("a girl in my form has told me something")
    await here.presses("Send now")


async def _says_where(here: School) -> None:
    await here.says("no")
    await here.picks(leads.place(["none"], "north"))


async def test_those_who_saw_the_notice_without_words_are_not_told_that_somebody_sees_to_it(here: School) -> None:
    await _sends_blind(here)
    await _says_where(here)
    read = here.reads("trust-lead")
    assert say("blind.passed_on") in read
    assert "nothing more is needed" not in read
    assert "seeing to it" not in read
    assert "Acknowledged" not in leads.receipt(here)


async def test_who_was_told_that_the_named_person_has_it_is_told_when_they_have_it_no_longer(here: School) -> None:
    await _sends_blind(here)
    await here.presses("Acknowledge", who="trust-unscreened")
    assert "has had your report since" in here.reads("teacher")
    await _says_where(here)
    (note,) = [card for card in here.screen("teacher") if PLACED in text_of(card)]
    assert say("receipt.reopened") in text_of(note)
    assert "Acknowledged by" not in leads.receipt(here)
    assert "Because of your change" not in here.reads("teacher")


async def test_where_nobody_had_acknowledged_it_nothing_is_said_to_have_lapsed(here: School) -> None:
    """The control."""
    await _sends_blind(here)
    await _says_where(here)
    assert say("receipt.reopened") not in here.reads("teacher")


async def test_the_reporter_is_told_when_the_head_has_handed_it_on(here: School) -> None:
    await leads.tells(here, ["unknown"])
    await here.presses("Acknowledge", who="head-north")
    await here.presses("Hand to the safeguarding team", who="head-north")
    (note,) = [card for card in here.screen("teacher") if PLACED in text_of(card)]
    assert say("receipt.reopened") in text_of(note)


# --- a channel that is not safe ---


@pytest.mark.parametrize("danger", ["yes", "no"])
async def test_without_their_channel_the_deputies_have_the_case_one_to_one_at_once(here: School, danger: str) -> None:
    doubtful(here, *[Doubt.PUBLIC] * 9)
    await (leads.tells(here) if danger == "yes" else here.tells_the_essentials())
    for who in ("dsl-north", "deputy-north"):
        assert f"Case {here.ref()}" in here.reads(who)
        assert await here.presses("Open case", who=who)
    assert "It is now with you" not in here.reads("deputy-north")
    assert here.screen("head-north") == []
    assert "With the DSL since 10:40" in leads.receipt(here)


@pytest.mark.parametrize("on_the_ladder", [True, False])
async def test_whoever_of_the_team_has_it_first_is_whom_the_receipt_names(tmp_path: Path, on_the_ladder: bool) -> None:
    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        gone = {at_channel(): SendRefused("gone"), at_person("dsl-north"): OSError("no answer")}
        return gone.get(to)

    rung = '  { to = "deputies", minutes = 10, urgent_minutes = 3 },\n'
    trust = leads.trust_file(tmp_path, *([] if on_the_ladder else [(rung, "")]))
    with school(tmp_path, trust=trust) as here:
        behind(here, fault=fault)
        await leads.tells(here)
        assert "With a deputy DSL since 10:40" in leads.receipt(here)


async def test_in_a_safe_channel_the_deputies_read_it_there_and_get_nothing_one_to_one(here: School) -> None:
    """The control."""
    await leads.tells(here)
    assert here.screen("deputy-north") == []


async def test_a_team_that_got_it_one_to_one_is_still_tried_in_turn_and_loses_it_when_it_moves(here: School) -> None:
    doubtful(here, *[Doubt.PUBLIC] * 9)
    await here.tells_the_essentials()
    await here.passes(minutes=10, seconds=1)
    assert "has not been acknowledged for 10 minutes. It is now with you." in here.reads("deputy-north")
    assert sum(card.title == f"Case {here.ref()}" for card in here.screen("deputy-north")) == 1
    await leads.changes_place(here, ["deputy"], "north")
    assert here.ref() not in here.reads("deputy-north") + here.reads("dsl-north")


async def test_with_the_channel_and_the_dsl_out_of_reach_the_deputies_are_the_rung_at_once(here: School) -> None:
    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return SendRefused("gone") if to in (at_channel(), at_person("dsl-north")) else None

    behind(here, fault=fault)
    await here.tells_the_essentials()
    assert "The people before you could not be reached." in here.reads("deputy-north")
    await here.passes(minutes=10, seconds=1)
    assert here.ref() in here.reads("head-north")


async def test_nobody_it_is_about_and_nobody_past_the_team_is_reached_for_a_lost_channel(here: School) -> None:
    await leads.tells(here)
    directory, ref = here.trust.current(), refs(here)[0]
    case = await here.store.transact(lambda tx: tx.case(ref))
    assert case is not None
    both = addresses((directory.person("dsl-north"), directory.person("deputy-north")), ("web",))
    assert team(directory, case, ("web",)) == both
    assert team(directory, replace(case, implicated=frozenset({"deputy-north"})), ("web",)) == both[:1]
    assert team(directory, replace(case, staff=frozenset({"other"})), ("web",)) == ()
    assert team(directory, replace(case, unscreened=True), ("web",)) == ()


NORTH, WHY = "Example Academy North", say("doubt.public")


async def test_of_a_case_that_never_stood_there_the_alarm_says_that_it_was_not_put_there(here: School) -> None:
    doubtful(here, *[Doubt.PUBLIC] * 9)
    await leads.tells(here)
    for (said,) in alarms(here).values():
        assert say("alarm.channel", academy=NORTH, why=WHY) in said
        assert say("alarm.one_to_one") in said


@pytest.mark.parametrize("then", ["danger", "calm"])
async def test_of_a_card_that_stood_there_the_alarm_says_that_it_may_have_been_seen(here: School, then: str) -> None:
    await here.tells_the_essentials()
    doubtful(here, *[Doubt.PUBLIC] * 9)
    now = {"danger": "Talks of self-harm or not wanting to live", "calm": "Calm"}[then]
    await here.picks({"How is the child now": [now]})
    assert set(alarms(here)) == {"dsl-north", "trust-lead"}
    for (said,) in alarms(here).values():
        assert say("alarm.stood", academy=NORTH, why=WHY) in said
        assert "I did not put" not in said
    assert f"Case {here.ref()}" in here.reads("deputy-north")
    assert here.ref() not in here.channel_reads()


async def test_of_a_channel_that_could_not_be_looked_up_yet_the_alarm_promises_no_more_than_is_done(
    here: School,
) -> None:
    doubtful(here, *[Doubt.UNCHECKED] * 9)
    await leads.tells(here)
    for (said,) in alarms(here).values():
        assert say("alarm.unchecked", academy=NORTH, why=say("doubt.unchecked")) in said
        assert say("alarm.meanwhile", whom="the DSL") in said
        assert say("alarm.one_to_one") not in said
    assert here.screen("deputy-north") == []


# --- overheard ---


@pytest.mark.parametrize("open_report", [True, False])
async def test_whoever_wrote_where_others_read_is_given_the_numbers_and_a_way_to_start(
    here: School, open_report: bool
) -> None:
    if open_report:
        await here.says(FIRST)
    await here.hears(replace(here.incoming("teacher", text="Zebedee has her picture"), overheard=True))
    (card,) = [card for card in here.screen("teacher") if say("away.overheard") in text_of(card)]
    assert "01632 960111" in telephones(text_of(card))
    assert "999" in text_of(card)
    assert [button.press.action for button in card.buttons] == [Action.START]
    await here.presses(say("home.start"))
    assert "Is anyone in danger right now?" in here.reads("teacher")
    assert len(refs(here)) == 1


# --- told before it was so ---


async def _shown_before_anything_is_sent(here: School, label: str, who: str) -> str:
    shown = await here.bot.hear(here.incoming(who, press=here.button(label, who).press))
    assert shown is not None
    return text_of(shown)


async def test_a_lead_who_acknowledges_is_not_told_that_the_reporter_knows_before_they_do(here: School) -> None:
    await leads.tells(here)
    said = await _shown_before_anything_is_sent(here, "Acknowledge", "dsl-north")
    assert "has had your report" not in here.reads("teacher")
    assert "Your colleague is being told that the DSL has the case." in said
    await here.settles()
    assert "The DSL has had your report since" in here.reads("teacher")


@pytest.mark.parametrize("key", ["press.acknowledged", "press.taken_over", "press.asked", "press.shared"])
def test_what_a_press_is_answered_with_claims_nothing_that_has_still_to_be_sent(key: str) -> None:
    assert "been told" not in say(key, role="the DSL")
    assert "Passed on" not in say(key, role="the DSL")


# --- a move that nobody made ---


async def _mentions_the_coach(here: School) -> None:
    await goes_to(here, "extent")
    await here.says("I think it was the coach, Mr Zebedee")


@pytest.mark.parametrize("how", ["silence", "Send now", "Stop"])
async def test_a_case_that_moves_because_nobody_answered_is_not_said_to_move_by_a_change(
    here: School, how: str
) -> None:
    await _mentions_the_coach(here)
    await (here.passes(minutes=16) if how == "silence" else here.presses(how))
    read = here.reads("teacher")
    assert say("receipt.unsaid", whom="the headteacher") in read
    assert "Because of your change" not in read


async def test_what_had_gone_long_ago_is_not_said_to_go_now(here: School) -> None:
    await _mentions_the_coach(here)
    await here.passes(minutes=16)
    assert say("silence.sent_on") in here.reads("teacher")
    assert say("silence.sent") not in here.reads("teacher")


async def test_what_goes_because_of_a_silence_is_said_to_go(here: School) -> None:
    """The control."""
    await goes_to(here, "child")
    await here.passes(minutes=16)
    assert say("silence.sent") in here.reads("teacher")


async def test_a_change_is_still_called_one(here: School) -> None:
    """The control."""
    await leads.tells(here)
    await leads.changes_place(here, ["dsl"], "north")
    assert say("receipt.moved", whom="the headteacher") in here.reads("teacher")


# --- whom to ring once somebody has it ---


def _numbers(here: School) -> list[str]:
    (card,) = [card for card in here.screen("teacher") if card.title == say("steps.title")]
    lines = (line for passage in card.passages for line in passage.lines)
    return [line.partition(",")[0] for line in lines if telephones(line)]


@pytest.mark.parametrize("who", ["dsl-north", "deputy-north"])
async def test_whoever_has_acknowledged_it_is_the_first_to_ring_and_everybody_once(here: School, who: str) -> None:
    await leads.tells(here)
    before = _numbers(here)
    await here.presses("Acknowledge", who=who)
    now = _numbers(here)
    assert now[0] == here.trust.current().person(who).name
    assert sorted(now) == sorted(before)


async def test_somebody_reached_late_who_was_not_on_the_list_is_added_to_it(here: School) -> None:
    await leads.tells(here)
    for _ in range(2):
        await here.passes(minutes=3, seconds=1)
    assert "Harper Example" not in _numbers(here)
    await here.presses("Acknowledge", who="head-north")
    assert _numbers(here)[0] == "Harper Example"


async def test_whoever_has_acknowledged_it_without_a_telephone_changes_nothing(tmp_path: Path) -> None:
    trust = leads.trust_file(tmp_path, ('phone = "07700 900112"\n', ""))
    with school(tmp_path, trust=trust) as here:
        await leads.tells(here)
        before = _numbers(here)
        await here.presses("Acknowledge", who="deputy-north")
        assert _numbers(here) == before


# --- the leads' card and view ---


@pytest.mark.parametrize("how", ["Stop", "silence"])
async def test_the_leads_card_says_that_more_may_come_until_the_reporter_stops(here: School, how: str) -> None:
    await goes_to(here, "words")
    await here.presses("Send now")
    assert say("post.incomplete") in here.channel_reads()
    await (here.presses("Stop") if how == "Stop" else here.passes(minutes=20))
    assert (say("post.stopped") in here.channel_reads()) is (how == "Stop")
    assert (say("post.incomplete") in here.channel_reads()) is (how == "silence")


async def test_the_nudge_of_a_report_that_is_out_has_a_button_that_stops(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=6)
    (nudge,) = [card for card in here.screen("teacher") if say("silence.nudge_sent") in text_of(card)]
    assert _labels(nudge.buttons) == ["Go on", "Change an answer", "Stop here"]
    await here.presses("Stop here")
    assert say("stopping.stopped") in here.reads("teacher")
    assert not here.screen("teacher")[-1].footer


async def test_the_nudge_of_a_report_that_is_not_out_offers_to_send_it(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=6)
    (nudge,) = [card for card in here.screen("teacher") if say("silence.nudge") in text_of(card)]
    assert _labels(nudge.buttons) == ["Go on", "Change an answer", "Send what I have"]


def _labels(buttons: tuple[Button, ...]) -> list[str]:
    return [button.label for button in buttons]


async def test_the_chronology_says_who_is_being_tried_and_the_card_how_much_there_is(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=10, seconds=1)
    assert "not acknowledged yet: now trying a deputy DSL" in await lead_reads(here)
    assert "Answers so far: 9." in here.channel_reads()
    it, ref = await conversation(here), here.ref()
    case = await here.store.transact(lambda tx: tx.case(ref))
    assert case is not None
    assert "Last heard from at 10:40" in text_of(case_card(case, it, here.bot._moment()))


# --- a view that could not be filled ---


@pytest.mark.parametrize("kind", ["drop_before", "status"])
@pytest.mark.parametrize("times", [1, 3])
async def test_an_opening_view_never_stays_on_opening_in_silence(tmp_path: Path, kind: str, times: int) -> None:
    async with slack_school(tmp_path) as here:
        await here.tells_the_essentials()
        here.slack.fault(kind, "views.update", times=times)  # type: ignore[arg-type]
        await here.presses("Open case", DSL)
        filled = times == 1
        assert ("Jade Example" in here.view(DSL)) is filled
        assert (say("slack.open_again") in here.reads(DSL)) is not filled
        here.slack.all_well()
        await here.presses("Open case", DSL)
        assert "Jade Example" in here.view(DSL)
        assert "Jade Example" not in here.reads(DSL) + here.reads(TEACHER)


async def test_a_form_that_could_not_take_the_views_place_is_told_of_too(tmp_path: Path) -> None:
    async with slack_school(tmp_path) as here:
        await here.tells_the_essentials()
        await here.presses("Open case", DSL)
        here.slack.fault("drop_before", "views.update", times=0)
        await here.presses_in_view(say("post.note"), DSL)
        assert say("slack.open_again") in here.reads(DSL)


async def test_a_press_that_cannot_show_what_it_did_was_done_all_the_same(tmp_path: Path) -> None:
    async with slack_school(tmp_path) as here:
        await here.tells_the_essentials()
        await here.presses("Open case", DSL)
        here.slack.fault("drop_before", "views.update", times=0)
        await here.presses_in_view("Acknowledge", DSL)
        assert here.audited().count("acknowledged") == 1
        assert say("slack.open_again") in here.reads(DSL)
        here.slack.all_well()
        await here.presses_in_view("Acknowledge", DSL)
        assert "Already acknowledged by the DSL" in here.view(DSL)


def test_the_staff_question_promises_no_more_than_the_answers_can_name() -> None:
    assert "never goes to the person" not in FLOW.steps["staff_concerned"].help
    assert "kept from whoever you name" in FLOW.steps["staff_concerned"].help
