"""A case that changes hands: the head hands it on, an answer is changed, a notice without words has nowhere to go."""

from __future__ import annotations

from pathlib import Path

from bot import composition
from bot.errors import SendFailed
from bot.message import Action, Card, Destination, Press, Reach
from tests import leads
from tests.leads import ACADEMIES, TWO_ROLES, trust_file
from tests.on_the_way import say
from tests.school import School, school, text_of

# --- I don't know ---


async def test_not_knowing_goes_to_the_head_who_hands_it_to_the_team_with_one_button(here: School) -> None:
    await leads.tells(here, ["unknown"])
    assert here.places() == {"web:person:head-north"}
    await here.presses("Acknowledge", who="head-north")
    shown = await here.presses("Hand to the safeguarding team", who="head-north")
    assert say("press.shared") in text_of(_shown(shown))
    assert here.ref() in here.channel_reads()
    assert here.ref() in here.reads("dsl-north")
    assert "With the safeguarding team of Example Academy North" in leads.receipt(here)


async def test_the_next_steps_name_the_team_once_the_head_has_handed_it_on(here: School) -> None:
    await leads.tells(here, ["unknown"])
    assert "Speak to the headteacher yourself" in here.reads("teacher")
    await here.presses("Hand to the safeguarding team", who="head-north")
    assert "Speak to the DSL in person" in here.reads("teacher")
    assert "Speak to the headteacher" not in here.reads("teacher")


async def test_what_the_head_has_handed_on_is_to_be_acknowledged_by_the_team(here: School) -> None:
    await leads.tells(here, ["unknown"])
    await here.presses("Acknowledge", who="head-north")
    await here.presses("Hand to the safeguarding team", who="head-north")
    assert "Acknowledged" not in leads.receipt(here)
    assert leads.rung_timers(here) == 1
    assert "reopened" in leads.actions(here)
    await here.passes(minutes=4)
    assert here.ref() in here.reads("deputy-north")
    await here.presses("Acknowledge", who="deputy-north")
    assert "Acknowledged by a deputy DSL" in leads.receipt(here)


async def test_the_head_who_has_handed_it_on_sees_only_that_it_is_no_longer_there(here: School) -> None:
    await leads.tells(here, ["unknown"])
    press = here.button("Open case", "head-north").press
    await here.presses("Hand to the safeguarding team", who="head-north")
    assert {text_of(card) for card in here.screen("head-north")} == {_gone()}
    view = await here.hears(here.incoming("head-north", press=press))
    assert "You can’t open this" in text_of(_shown(view))


async def test_only_a_case_of_not_knowing_can_be_handed_on(here: School) -> None:
    await leads.tells(here, ["other"])
    labels = {button.label for card in here.screen("head-north") for button in card.buttons}
    assert labels == {"Open case", "Acknowledge"}
    forged = Press(Action.SHARE_WITH_DSL, here.ref())
    shown = await here.hears(here.incoming("head-north", press=forged))
    assert "can’t be done" in text_of(_shown(shown))
    assert here.channel() == []


# --- when an answer is changed ---


async def test_a_changed_answer_about_staff_moves_the_case_and_leaves_nothing_of_it_behind(here: School) -> None:
    await leads.tells(here, ["none"])
    await here.passes(minutes=4)  # the deputy has been tried too, and there is a notice beside the card
    before = {place for place in here.places() if ":channel:" in place or "dsl" in place or "deputy" in place}
    assert len(before) == 3
    await leads.changes_place(here, ["dsl"], "north")
    for place in before:
        left = {text_of(card) for at, card in leads.cards(here) if at == place}
        assert left == {_gone()}
    assert here.ref() not in here.channel_reads()
    assert not [card for place, card in leads.cards(here) if place in before and card.buttons]
    assert here.ref() in here.reads("head-north")


async def test_the_old_buttons_of_a_moved_case_refuse_and_the_new_ones_open_it(here: School) -> None:
    await leads.tells(here, ["none"])
    old = here.button("Open case", "dsl-north").press
    acknowledge = here.button("Acknowledge", "dsl-north").press
    await leads.changes_place(here, ["dsl"], "north")
    for press in (old, acknowledge):
        for who in ("dsl-north", "deputy-north"):
            assert "You can’t open this" in text_of(_shown(await here.hears(here.incoming(who, press=press))))
    view = await here.presses("Open case", who="head-north")
    assert "Told by" in text_of(_shown(view))


async def test_the_reporter_is_told_that_their_change_has_moved_it_and_whom_to_speak_to_now(here: School) -> None:
    await leads.tells(here, ["none"])
    await here.presses("Send now")
    assert "Speak to the DSL" in here.reads("teacher")
    await leads.changes_place(here, ["dsl"], "north")
    read = here.reads("teacher")
    assert "Because of your change, it now goes to the headteacher." in read
    assert "With the headteacher since" in leads.receipt(here)
    assert "Speak to the DSL" not in read
    assert "Speak to the headteacher yourself" in read
    steps = next(card for card in here.screen("teacher") if card.title == "Your next steps")
    assert "01632 960111" not in text_of(steps)  # the DSL it is about
    assert "Harper Example, the headteacher: 01632 960113" in text_of(steps)


async def test_a_changed_academy_moves_the_case_and_the_earlier_acknowledgement_no_longer_counts(here: School) -> None:
    await leads.tells(here, ["none"])
    await here.presses("Acknowledge", who="dsl-north")
    assert leads.rung_timers(here) == 0
    await leads.changes_place(here, ["none"], "south")
    assert {text_of(card) for card in here.channel()} == {_gone()}
    assert here.ref() in here.channel_reads("dsl-south-channel")
    assert "Acknowledged" not in leads.receipt(here)
    assert "it has to be acknowledged again" in here.reads("teacher")
    assert leads.rung_timers(here) == 1


async def test_an_acknowledgement_stands_when_the_change_leaves_the_case_with_the_same_person(here: School) -> None:
    await leads.tells(here, ["other"])
    await here.presses("Acknowledge", who="head-north")
    await leads.changes_place(here, ["other", "chair"], "north")
    assert "Acknowledged by the headteacher" in leads.receipt(here)
    assert leads.rung_timers(here) == 0


async def test_a_post_still_waiting_when_the_case_moves_never_arrives(here: School) -> None:
    door = leads.behind(here, fault=leads.throttled_channel)
    await leads.tells(here, ["none"])
    await leads.changes_place(here, ["dsl"], "north")
    door.fault = leads.no_fault
    for _ in range(5):
        await here.passes(minutes=2)
    assert here.channel() == []
    assert here.ref() in here.reads("head-north")


async def test_a_post_on_its_way_when_the_case_moves_is_not_tried_again(here: School) -> None:
    door = leads.behind(here)
    sending = door.post

    async def moves_meanwhile(destination: Destination, card: Card, token: str = "") -> str:
        if destination.reach is not Reach.CHANNEL:
            return await sending(destination, card)
        answers = {"academy": ("north",), "staff_concerned": ("other",)}
        asked = here.question().footer[0].press  # the place card: the one after it waits in the outbox
        back, again = Press(Action.BACK, asked.subject, asked.revision + 1), asked.revision + 2
        await here.bot.hear(here.incoming("teacher", press=back))
        await here.bot.hear(here.incoming("teacher", press=Press(Action.ANSWER, asked.subject, again, answers)))
        raise SendFailed("reset")

    door.post = moves_meanwhile  # type: ignore[method-assign]
    await leads.tells(here, ["none"])
    door.post = sending  # type: ignore[method-assign]
    await here.passes(minutes=1)
    assert here.channel() == []
    assert here.ref() in here.reads("head-north")


# --- a notice without words ---


async def test_a_blind_notice_never_goes_to_somebody_already_pointed_to(tmp_path: Path) -> None:
    with school(tmp_path, trust=trust_file(tmp_path, *TWO_ROLES)) as here:
        await here.says("a girl in my form has just told me something")
        await here.says("no")
        await here.picks({"point to an adult": [leads.STAFF["dsl"]]})
        await here.presses("Send now")
        assert "web:person:trust-lead" not in here.places()
        note = "\n".join(text_of(card) for card in here.screen("teacher")[1:])
        assert not {"07700 900101", "01632 960111", "01632 960121"} & leads.telephones(note)


async def test_a_blind_notice_that_the_channel_refuses_goes_to_the_trusts_lead(here: School) -> None:
    leads.behind(here, fault=leads.refused_channel)
    await here.says("a girl in my form has just told me something")
    await here.says("no")
    await here.picks({"Which academy": [ACADEMIES["north"]]})
    await here.presses("Send now")
    assert here.channel() == []
    assert "A colleague needs a safeguarding lead" in here.reads("trust-lead")


def _gone() -> str:
    said = composition.script().phrases.say("post.moved")
    return f"{said}\n{said}"


def _shown(card: Card | None) -> Card:
    assert card is not None
    return card
