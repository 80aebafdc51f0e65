"""What the teacher is told of their report is never said before it is true: recorded, with somebody, acknowledged."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import sending
from bot.errors import SendAmbiguous, SendFailed, SendRefused
from bot.message import Action, Card, Destination, Press, Reach
from bot.ports import Doubt
from tests import leads
from tests.leads import TEACHER_SCREEN, at_channel, at_person, behind
from tests.on_the_way import say
from tests.school import School, school, text_of


def only(*places: Destination, error: Exception) -> leads.Fault:
    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return error if to in places else None

    return fault


def to_leads(error: Exception) -> leads.Fault:
    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return error if to.id != "teacher" else None

    return fault


# --- the three stages ---


async def test_recorded_is_said_with_the_time_of_the_first_word(here: School) -> None:
    await here.says("a girl in my form has told me something")
    await here.passes(minutes=3)
    await here.says("yes")
    await here.picks(leads.place(["none"], "north"))
    assert "Recorded at 10:40." in leads.receipt(here)


async def test_with_the_team_is_said_only_once_a_platform_has_taken_the_handoff(here: School) -> None:
    door = behind(here, fault=to_leads(SendFailed("down")))
    await leads.tells(here)
    assert "Recorded at 10:40." in leads.receipt(here)
    assert "On its way to the safeguarding team of Example Academy North." in leads.receipt(here)
    assert "With " not in leads.receipt(here)
    door.fault = leads.no_fault
    await here.passes(minutes=1, seconds=5)
    assert here.ref() in here.channel_reads()
    assert "With the safeguarding team of Example Academy North since 10:41." in leads.receipt(here)
    assert "On its way" not in leads.receipt(here)


async def test_acknowledged_is_said_by_role_and_time_and_never_by_name(here: School) -> None:
    await leads.tells(here)
    await here.passes(minutes=2)
    assert "Acknowledged" not in leads.receipt(here)
    await here.presses("Acknowledge", who="deputy-north")
    assert "Acknowledged by a deputy DSL at 10:42 on 20 November 2026." in leads.receipt(here)
    assert "Robin" not in leads.receipt(here)


async def test_the_lead_has_it_before_the_teacher_is_told_so(here: School) -> None:
    door = behind(here)
    await leads.tells(here)
    told = next(i for i, call in enumerate(door.ledger) if "With the safeguarding team" in text_of(call.card))
    had = next(i for i, call in enumerate(door.ledger) if call.card.title == f"Case {here.ref()}" and call.done)
    assert had < told


async def test_a_lead_is_sent_to_before_the_teacher_in_the_same_turn(here: School) -> None:
    door = behind(here)
    await leads.tells(here)
    since = [call.place for call in door.ledger]
    first = since.index("web:channel:dsl-north-channel")
    assert "alert" not in since[:first]
    assert all(place != TEACHER_SCREEN for place in since[first : first + 2])


async def test_the_reference_stays_the_same_from_the_first_receipt_to_the_acknowledgement(here: School) -> None:
    await leads.tells(here)
    ref = here.ref()
    for _ in range(2):
        await here.passes(minutes=4)
    await here.presses("Acknowledge", who="head-north")
    assert here.ref() == ref
    assert ref in here.channel_reads()


# --- doors that fail ---


class Throttled:
    """A platform that asks to be left alone for a while, and counts who does not."""

    def __init__(self, here: School, seconds: float) -> None:
        self.here, self.seconds, self.too_soon = here, seconds, 0
        self.until = 0.0

    def __call__(self, what: str, to: Destination, card: Card) -> Exception | None:
        if to != at_channel():
            return None
        now = self.here.clock.now()
        if self.until and now.timestamp() < self.until:
            self.too_soon += 1
        if not self.until:
            self.until = now.timestamp() + self.seconds
            return SendFailed("throttled", self.seconds)
        return None


@pytest.mark.parametrize("seconds", [0.0, 1.0, 30.0, 59.0, 300.0, 3600.0])
async def test_a_platform_that_asks_for_time_is_left_alone_for_that_long_and_then_tried_again(
    here: School, seconds: float
) -> None:
    throttled = Throttled(here, seconds)
    behind(here, fault=throttled)
    await leads.tells(here)
    for _ in range(80):
        await here.passes(seconds=max(1.0, seconds / 40))
    assert throttled.too_soon == 0
    assert here.ref() in here.channel_reads()


async def test_a_long_throttle_of_every_place_sends_the_teacher_to_the_telephone_at_once(here: School) -> None:
    behind(here, fault=to_leads(SendFailed("throttled", 3600.0)))
    await leads.tells(here)
    assert "I could not reach the safeguarding team of Example Academy North here." in leads.receipt(here)
    assert "Please ring now" in leads.receipt(here)
    assert "01632 960111" in leads.receipt(here)


async def test_a_platform_that_is_down_has_the_teacher_ringing_within_a_few_minutes(here: School) -> None:
    behind(here, fault=to_leads(SendFailed("down")))
    await leads.tells(here)
    for _ in range(4):
        await here.passes(seconds=50)
    assert "Please ring now" in leads.receipt(here)


async def test_an_ambiguous_handoff_is_repeated_once_with_the_same_reference(here: School) -> None:
    door = behind(here, fault=only(at_channel(), error=SendAmbiguous("timeout")), performs=True)
    await leads.tells(here)
    for _ in range(5):
        await here.passes(minutes=1)
    assert door.titles("web:channel:dsl-north-channel") == [f"Case {here.ref()}"] * 2


async def test_an_ambiguous_handoff_is_repeated_even_after_it_was_throttled(here: School) -> None:
    failures: list[Exception] = [SendFailed("throttled", 5.0), SendFailed("down"), SendAmbiguous("timeout")]

    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return failures.pop(0) if to == at_channel() and failures else None

    behind(here, fault=fault)
    await leads.tells(here)
    for _ in range(5):
        await here.passes(seconds=20)
    assert here.ref() in here.channel_reads()


async def test_an_ambiguous_prompt_is_not_repeated(here: School) -> None:
    door = behind(here, fault=only(at_person("teacher"), error=SendAmbiguous("timeout")), performs=True)
    await here.says("a girl in my form has told me something")
    for _ in range(4):
        await here.passes(minutes=1)
    asked = [call for call in door.ledger if "Is anyone in danger right now?" in text_of(call.card)]
    assert len(asked) == 1


async def test_an_ambiguous_change_in_place_is_made_again_and_the_place_is_not_given_up(here: School) -> None:
    once: list[Exception] = [SendAmbiguous("timeout")]

    def fault(what: str, to: Destination, card: Card) -> Exception | None:
        return once.pop() if what == "update" and to == at_channel() and once else None

    behind(here, fault=fault)
    await leads.tells(here)
    await here.presses("Acknowledge", who="dsl-north")
    await here.passes(seconds=30)
    assert "Acknowledged by the DSL" in here.channel_reads()


async def test_a_platform_that_never_answers_does_not_hold_up_the_others(
    here: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SEND_SECONDS", 0.05)
    door = behind(here)

    async def hangs(destination: Destination, card: Card, token: str = "") -> str:
        if destination.reach is Reach.CHANNEL:
            await asyncio.sleep(3600)
        return await type(door).post(door, destination, card)

    door.post = hangs  # type: ignore[method-assign]
    await asyncio.wait_for(leads.tells(here), 10)
    assert here.ref() in here.reads("dsl-north")
    assert "With the safeguarding team of Example Academy North since 10:40" in leads.receipt(here)


async def test_a_slow_platform_is_told_of_only_once(here: School) -> None:
    door = behind(here, slow=0.05)
    await leads.tells(here)
    assert door.titles("web:channel:dsl-north-channel") == [f"Case {here.ref()}"]


async def test_a_look_up_that_fails_sends_nothing_and_is_tried_again(here: School) -> None:
    door = behind(here)
    broken = [True]

    async def doubt(destination: Destination, readers: frozenset[str]) -> Doubt:
        if broken and destination.reach is Reach.CHANNEL:
            raise OSError("no answer")
        return await here.page.doubt(destination, readers)

    door.doubt = doubt  # type: ignore[method-assign]
    await leads.tells(here)
    assert here.channel() == []
    broken.clear()
    await here.passes(seconds=10)
    assert here.ref() in here.channel_reads()


ERRORS = st.sampled_from(
    [None, None, SendFailed("down"), SendFailed("throttled", 20.0), SendAmbiguous("timeout"), SendRefused("gone")]
)


class Random:
    """A platform that fails as drawn; past the draw it works. It may have done what it does not answer for."""

    def __init__(self, draws: list[Exception | None]) -> None:
        self.draws = draws

    def __call__(self, what: str, to: Destination, card: Card) -> Exception | None:
        if to.id == "teacher" or not self.draws:
            return None
        return self.draws.pop(0)


@settings(max_examples=20, deadline=None)
@given(st.lists(ERRORS, max_size=14), st.booleans(), st.lists(st.integers(1, 300), min_size=1, max_size=5))
async def test_with_somebody_is_never_said_unless_a_platform_took_the_case_for_them_before(
    draws: list[Exception | None], performs: bool, waits: list[int]
) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        door = behind(here, fault=Random(list(draws)), performs=performs)
        await leads.tells(here)
        for wait in waits:
            await here.passes(seconds=wait)
        taken = False
        for call in door.ledger:
            case = call.card.title == f"Case {here.ref()}" and call.place != TEACHER_SCREEN
            taken = taken or (case and call.done)
            if call.place == TEACHER_SCREEN and "With " in _lines(call.card):
                assert taken
        stands = any(card.title == f"Case {here.ref()}" for place, card in leads.cards(here) if place != TEACHER_SCREEN)
        assert stands or "With " not in leads.receipt(here)
        assert "Acknowledged by" not in leads.receipt(here)


def _lines(card: Card) -> str:
    return "\n".join(line for passage in card.passages for line in passage.lines if line.startswith("With "))


async def test_the_check_above_would_see_a_receipt_that_came_too_early(here: School) -> None:
    await leads.tells(here)
    assert "With " in _lines(next(card for card in here.screen("teacher") if "With the safeguarding" in text_of(card)))


# --- places that are not safe ---


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"public": True, "stranger": None}, "public"), ({"public": None, "stranger": True}, "stranger")],
)
async def test_a_channel_that_is_not_safe_gets_nothing_and_the_whole_team_is_reached_one_to_one(
    here: School, wrong: dict[str, bool | None], why: str
) -> None:
    here.page.change_channel("dsl-north-channel", **wrong)
    await leads.tells(here)
    assert here.channel() == []
    for who in ("dsl-north", "deputy-north"):
        assert here.ref() in here.reads(who)
    assert any("dsl-north-channel" in detail and why in detail for detail in leads.details(here, "undeliverable"))
    assert "With the DSL since 10:40" in leads.receipt(here)
    assert here.places() == {f"web:person:{who}" for who in ("dsl-north", "deputy-north", "trust-lead")}
    for who in ("dsl-north", "trust-lead"):
        assert say(f"doubt.{why}") in here.reads(who)
    assert here.ref() not in here.reads("trust-lead")


async def test_a_channel_that_becomes_unsafe_later_is_told_nothing_more_and_its_card_is_emptied(here: School) -> None:
    await here.tells_the_essentials()
    here.page.change_channel("dsl-north-channel", public=True, stranger=None)
    await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
    assert {text_of(card) for card in here.channel()} == {"\n".join((say("post.moved"),) * 2)}
    assert say("post.danger_sign", ref=here.ref()) in here.reads("dsl-north")


async def test_no_other_channel_is_ever_chosen_instead(here: School) -> None:
    behind(here, fault=leads.refused_channel)
    await leads.tells(here)
    for _ in range(8):
        await here.passes(minutes=10)
    assert not [place for place in here.places() if ":channel:" in place]


# --- two at once ---


async def test_when_two_leads_acknowledge_at_the_same_moment_one_wins_and_the_other_is_told_who(here: School) -> None:
    await leads.tells(here)
    press = Press(Action.ACKNOWLEDGE, here.ref())
    presses = [here.incoming(who, press=press) for who in ("dsl-north", "deputy-north")]
    shown = await asyncio.gather(*(here.bot.hear(incoming) for incoming in presses))
    await here.settles()
    texts = sorted(text_of(card) for card in shown if card)
    assert sum("You have it" in text for text in texts) == 1
    assert sum("Already acknowledged by" in text for text in texts) == 1
    assert leads.actions(here).count("acknowledged") == 1
    assert leads.actions(here).count("acknowledge_lost") == 1
    winner = next("the DSL" if "the DSL has" in text else "a deputy DSL" for text in texts if "You have it" in text)
    assert f"Acknowledged by {winner}" in leads.receipt(here)


# --- who has it, and whom to ring when they do not come ---


async def test_a_new_message_says_who_has_it_since_when_and_whom_to_ring_if_they_do_not_come(here: School) -> None:
    await leads.tells(here)
    await here.passes(minutes=2)
    await here.presses("Acknowledge", who="deputy-north")
    told = text_of(here.screen("teacher")[-1])
    assert "A deputy DSL has had your report since 10:42 on 20 November 2026." in told
    assert "If they have not within 10 minutes, ring Robin Example: 07700 900112." in told


async def test_somebody_without_a_telephone_is_not_said_to_have_one(tmp_path: Path) -> None:
    trust = leads.trust_file(tmp_path, ('title = "Deputy DSL"\nphone = "07700 900112"\n', 'title = "Deputy DSL"\n'))
    with school(tmp_path, trust=trust) as it:
        await leads.tells(it)
        await it.presses("Acknowledge", who="deputy-north")
        told = text_of(it.screen("teacher")[-1])
        assert "A deputy DSL has had your report" in told
        assert "ring" not in told


async def test_once_acknowledged_the_next_steps_send_the_teacher_to_whoever_has_it(here: School) -> None:
    await here.tells_the_essentials()
    assert "Speak to the DSL in person" in here.reads("teacher")
    await here.presses("Acknowledge", who="deputy-north")
    assert "Speak to a deputy DSL in person" in here.reads("teacher")
    assert "Speak to the DSL in person" not in here.reads("teacher")


async def test_not_knowing_is_said_as_such_with_whom_to_ring_if_it_is_about_them(here: School) -> None:
    await here.tells_the_essentials(staff=leads.STAFF["unknown"])
    read = leads.receipt(here)
    assert say("receipt.staff_unknown", whom="the headteacher") in read
    assert say("receipt.or_ring", next="the chair of governors") in read
    assert say("receipt.staff", whom="the headteacher") not in read


# --- the designated officer ---


@pytest.mark.parametrize(
    ("academy", "numbers"),
    [("south", ["Stoke-on-Trent LADO", "01782 235100"]), ("north", [say("receipt.no_lado"), "0800 1313 126"])],
)
async def test_the_next_steps_and_the_ring_note_of_a_staff_case_end_with_the_lado(
    here: School, academy: str, numbers: list[str]
) -> None:
    await leads.tells(here, ["other"], academy)
    await here.presses("Send now")
    await here.passes(minutes=10)
    await here.passes(minutes=10)
    await here.passes(minutes=10)
    said = [c for c in here.screen("teacher") if c.title == "Your next steps" or "Nobody has ack" in text_of(c)]
    cards = [card for card in said if not card.title.startswith("Your report")]
    assert len(cards) >= 3  # the steps, a rung that lapsed, and the end
    for card in cards:
        last = card.passages[-1].lines
        assert last[-1] == say("receipt.lado_yourself")
        assert all(number in "\n".join(last) for number in numbers)
        assert not [line for line in last if "101" in line.split() or "Childline" in line]


async def test_a_case_without_a_concern_about_staff_speaks_of_no_lado(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=50)
    assert "LADO" not in here.reads("teacher")
