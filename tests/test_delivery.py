"""What leaves the house: only our own words with a reference, once, to places that are safe, in the right order."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web import PersonView
from bot import composition, delivery
from bot.bot import Bot
from bot.case import Urgency, new_reference
from bot.errors import SendAmbiguous, SendFailed, SendRefused
from bot.message import Action, Card, Destination, Lane, Press, Reach
from bot.moment import Moment
from bot.ports import Tx, Waiting
from bot.sending import Sent
from tests import leads
from tests.leads import TEACHER_SCREEN, at_channel, behind, restart
from tests.school import School, school, text_of

SAY = composition.script().phrases.say
CANARY = "Quetzalcanary"


# --- nothing that anybody wrote leaves but to the private view ---


def templates() -> list[re.Pattern[str]]:
    """Every line that may stand on a lead's screen, as a pattern: our sentences, with only what may be filled in."""
    academy = r"(Example Academy (North|South)|Example Primary|Staffordshire University Academies Trust)"
    role = "(the DSL|a deputy DSL|the headteacher|the chair of governors|the safeguarding lead on call"
    role += "|the trust’s safeguarding lead|the person the trust has named)"
    urgency = "(" + "|".join(SAY(f"urgency.{it}") for it in Urgency) + ")"
    filled = {
        "ref": "[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}",
        "academy": academy,
        "urgency": urgency,
        "time": r"\d\d:\d\d",
        "date": r"\d{1,2} [A-Z][a-z]+ \d{4}",
        "minutes": r"\d+",
        "count": r"\d+",
        "role": role,
        "whom": role,
    }
    tables = ("notification", "post", "blind")
    read = tomllib.loads((composition.FLOWS / "phrases.toml").read_text(encoding="utf-8"))
    lines = [line for table in tables for line in read[table].values() if isinstance(line, str)]
    return [_pattern(line, filled) for line in (*lines, read["asking"]["superseded"])]


def _pattern(line: str, filled: dict[str, str]) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", line)
    return re.compile("".join(filled[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)) + r"\Z")


TEMPLATES = templates()
HOSTILE = ("<!channel> ", "[x](http://e.example) ", "{ref} {0} %s ", "\u202e", "\x00", "\ud800", "\n\n# ", "")


def foreign(card: Card) -> list[str]:
    """The lines of a card that are not ours."""
    lines = [card.notification, *([card.title] if card.title else [])]
    lines += [line for passage in card.passages for line in (*passage.lines, passage.heading) if line]
    lines += [button.label for button in (*card.buttons, *card.footer)]
    return [line for line in lines if not any(pattern.match(line) for pattern in TEMPLATES)]


def leads_cards(here: School) -> Iterator[Card]:
    return (card for place, card in leads.cards(here) if place != TEACHER_SCREEN)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(HOSTILE), st.text(max_size=30)), min_size=4, max_size=4),
    st.sampled_from([["none"], ["other"], ["unknown"]]),
    st.sampled_from(["no", "yes"]),
)
async def test_no_card_outside_the_reporters_screen_and_the_private_view_has_a_word_that_anybody_wrote(
    hostile: list[tuple[str, str]], staff: list[str], danger: str
) -> None:
    written = [f"{before}{CANARY} {text}" for before, text in hostile]
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        here.page.people["teacher"] = PersonView("teacher", f"{CANARY} {hostile[0][1]}", "Teacher")
        await here.says(written[0])
        await here.says(danger)
        await here.picks(leads.place(staff, "north"))
        await here.says(written[1])
        await here.presses("The child in the picture told me")
        await here.says(written[2])
        for label in ("13, 14 or 15", "No, only under-18s", "No, nothing like that was said"):
            await here.presses(label)
        await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
        await here.says(written[3])
        for _ in range(3):
            await here.passes(minutes=11)
        for card in leads_cards(here):
            assert foreign(card) == []
            assert CANARY not in text_of(card)
            assert not card.fields


async def test_the_check_above_would_see_a_word_that_is_not_ours(here: School) -> None:
    await here.tells_the_essentials()
    view = await here.presses("Open case", who="dsl-north")
    assert view is not None
    assert "Jade Example, year 9" in foreign(view)


async def test_the_words_planted_above_do_reach_the_private_view(here: School) -> None:
    here.page.people["teacher"] = PersonView("teacher", f"{CANARY} the sender", "Teacher")
    await leads.tells(here)
    await here.says(f"{CANARY} the child")
    view = await here.presses("Open case", who="dsl-north")
    assert view is not None
    assert text_of(view).count(CANARY) >= 2


async def test_a_notification_is_a_constant_with_at_most_the_reference(here: School) -> None:
    await leads.tells(here)
    for _ in range(5):
        await here.passes(minutes=3, seconds=1)
    await here.presses("Acknowledge", who="head-north")
    ref = here.ref()
    constants = {SAY("notification.case", ref=ref), SAY("notification.case_update", ref=ref)}
    constants |= {SAY("asking.superseded"), SAY("post.moved"), SAY("notification.blind")}
    shown = {card.notification for card in leads_cards(here)}
    acknowledged = {text for text in shown if text.startswith("Acknowledged by the headteacher at ")}
    assert shown - acknowledged <= constants
    assert {card.notification for card in here.screen("teacher")} == {SAY("notification.reply")}


# --- once, over crashes ---


class Dies(BaseException):
    """The process ends here."""


async def test_a_handoff_that_was_waiting_when_the_process_ended_is_sent_by_the_next(here: School) -> None:
    await _told_but_not_sent(here)
    restart(here)
    await here.settles()
    assert here.ref() in here.channel_reads()
    assert "With the safeguarding team" in leads.receipt(here)
    assert sum(card.title.startswith("Case ") for card in here.channel()) == 1


async def test_a_post_whose_process_died_while_sending_is_sent_after_its_lease_with_the_same_reference(
    here: School,
) -> None:
    door = behind(here)
    await _told_but_not_sent(here)
    sending = door.post

    async def dies(destination: Destination, card: Card, token: str = "") -> str:
        await sending(destination, card)
        raise Dies

    door.post = dies  # type: ignore[method-assign]
    with pytest.raises(Dies):
        await here.bot.deliver()
    restart(here)
    await here.settles()
    await here.passes(seconds=61)
    titles = {card.title for card in here.channel()}
    assert len(titles) == 1
    assert 1 <= len(here.channel()) <= 2
    assert f"Case {here.ref()}" in titles


async def test_nothing_that_was_delivered_is_ever_sent_again(here: School) -> None:
    door = behind(here)
    await here.tells_the_essentials()
    sent = len(door.ledger)
    for _ in range(5):
        restart(here, door)
        await here.passes(seconds=40)
    assert len(door.ledger) == sent


async def test_the_content_of_what_has_left_is_wiped_from_the_outbox(here: School) -> None:
    await here.tells_the_essentials()
    assert here.rows("select count(*) from outbox where state != 'waiting' and payload != ''") == [(0,)]
    assert here.rows("select count(*) from outbox where state = 'waiting'") == [(0,)]


async def test_a_case_card_is_one_message_however_many_answers_join_it(here: School) -> None:
    door = behind(here)
    await here.tells_the_essentials()
    for _ in range(12):
        await _answers_unknown(here)
    assert door.titles("web:channel:dsl-north-channel") == [f"Case {here.ref()}"]
    assert len(here.channel()) == 1


# --- in order ---


async def test_the_leads_are_sent_to_before_anybody_else_whatever_was_queued_first(here: School) -> None:
    door = behind(here)
    await _told_but_not_sent(here)
    door.ledger.clear()
    await here.bot.deliver()
    kinds = ["lead" if call.place != TEACHER_SCREEN else "teacher" for call in door.ledger]
    first_teacher = kinds.index("teacher")
    handoff = [n for n, call in enumerate(door.ledger) if call.card.title.startswith("Case ")]
    assert handoff
    assert max(handoff) < first_teacher
    assert Lane.HANDOFF < Lane.ESCALATION < Lane.RECEIPT < Lane.PROMPT


# --- every way a platform can fail ---


@pytest.mark.parametrize(
    "error",
    [SendRefused("channel_not_found"), SendRefused("is_archived"), SendRefused("not_in_channel"), SendRefused("403")],
)
@pytest.mark.parametrize("later", [False, True])
async def test_a_place_that_refuses_is_given_up_and_the_people_are_reached_one_to_one(
    here: School, error: SendRefused, later: bool
) -> None:
    def refuses(what: str, to: Destination, card: Card) -> Exception | None:
        return error if to.reach is Reach.CHANNEL and (what == "post") is not later else None

    door = behind(here, refuses)
    await here.tells_the_essentials()
    await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
    assert here.ref() in here.reads("dsl-north")
    assert "told me of a danger to the child" in here.reads("dsl-north")
    assert [d for d in leads.details(here, "undeliverable") if "dsl-north-channel" in d and str(error) in d]
    tried = [call.place for call in door.ledger if ":channel:" in call.place]
    assert set(tried) == {at_channel().key}


@pytest.mark.parametrize("error", [ValueError("odd"), OSError("reset"), KeyError("x"), SendAmbiguous("500")])
async def test_what_a_door_raises_unexpectedly_is_taken_as_not_known_and_nothing_is_lost(
    here: School, error: Exception
) -> None:
    once = [error, error]

    def fails(what: str, to: Destination, card: Card) -> Exception | None:
        return once.pop() if to.id != "teacher" and once else None

    behind(here, fails)
    await leads.tells(here)
    await here.passes(seconds=30)
    assert here.ref() in here.channel_reads() + here.reads("dsl-north")
    assert leads.rung_timers(here) == 1


async def test_a_post_for_a_door_that_is_no_longer_there_lets_the_next_rung_have_it(here: School) -> None:
    await _told_but_not_sent(here)
    here.reopen()
    here.bot = Bot(composition.script(), here.trust, here.store, {"another": here.page}, here.clock)
    for _ in range(10):
        await here.settles()
    assert "undeliverable" in leads.actions(here)
    assert leads.rung_timers(here) == 1


@pytest.mark.parametrize("retry_after", [-5.0, 0.0, float("inf"), 1e30])
async def test_a_senseless_time_to_wait_is_survived(here: School, retry_after: float) -> None:
    once = [SendFailed("throttled", retry_after)]

    def fails(what: str, to: Destination, card: Card) -> Exception | None:
        return once.pop() if to.reach is Reach.CHANNEL and once else None

    behind(here, fails)
    await leads.tells(here)
    await here.passes(hours=25)
    assert here.ref() in here.channel_reads()


# --- who does what is known ---


async def test_for_every_delivery_in_the_audit_the_platform_has_the_card(here: School) -> None:
    door = behind(here)
    await here.tells_the_essentials()
    await here.passes(minutes=11)
    said = leads.details(here, "delivered")
    had = [call.place for call in door.ledger if call.what == "post" and call.card.title == f"Case {here.ref()}"]
    assert sorted(said) == sorted(had)
    assert leads.audit_rows(here) == len(leads.actions(here))


async def test_every_step_of_a_case_leaves_exactly_one_row(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=11)
    await here.presses("Acknowledge", who="dsl-north")
    acts = leads.actions(here)
    for once in ("opened_conversation", "sent", "handed_off", "climbed", "acknowledged"):
        assert acts.count(once) == 1, once


def test_references_are_random_and_many() -> None:
    made = {new_reference() for _ in range(20_000)}
    assert len(made) == 20_000
    assert all(re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}", ref) for ref in made)
    assert 30**10 > 2**40


async def _told_but_not_sent(here: School) -> None:
    """Everything is in the books up to the handoff, and the handoff waits."""
    for text in ("a girl in my form has told me something", "yes"):
        await here.says(text)
    card = here.newest_card_with("Continue", "teacher")
    press = next(b.press for b in card.buttons if b.label == "Continue")
    answers = {"academy": ("north",), "staff_concerned": ("none",)}
    incoming = here.incoming("teacher", press=Press(Action.ANSWER, press.subject, press.revision, answers))
    await here.bot.hear(incoming)
    assert here.channel() == []


async def _answers_unknown(here: School) -> None:
    card = here.question()
    if card.fields:
        await here.picks({field.ask: ["I don’t know"] for field in card.fields})
    else:
        await here.presses(card.buttons[-1].label)


async def test_with_no_door_at_all_everything_waits_and_nothing_is_given_up(here: School) -> None:
    await _told_but_not_sent(here)
    here.bot = Bot(composition.script(), here.trust, here.store, {}, here.clock)
    await here.settles()
    restart(here)
    await here.settles()
    assert here.ref() in here.channel_reads()


async def test_one_place_that_hangs_holds_up_nobody_else(here: School) -> None:
    door = behind(here)
    await _told_but_not_sent(here)
    sending, released, given_up = door.post, asyncio.Event(), asyncio.Event()

    async def hangs(destination: Destination, card: Card, token: str = "") -> str:
        if destination.reach is Reach.CHANNEL:
            try:
                await released.wait()
            except asyncio.CancelledError:
                given_up.set()
                raise
        return await sending(destination, card)

    door.post = hangs  # type: ignore[method-assign]
    await here.bot.deliver()
    assert here.channel() == []
    assert "Your report" in here.reads("teacher")
    assert not given_up.is_set()
    released.set()
    await here.settles()
    await asyncio.gather(*here.bot._rounds._behind())
    assert here.ref() in here.channel_reads()


async def test_an_order_to_ring_that_may_not_have_arrived_is_given_once_more(here: School) -> None:
    lost: list[Card] = []

    def fails(what: str, to: Destination, card: Card) -> Exception | None:
        rings = any(
            "Nobody has acknowledged it. Ring these people now" in line for p in card.passages for line in p.lines
        )
        if what == "post" and to.id == "teacher" and rings and not lost:
            lost.append(card)
            return SendAmbiguous("timeout")
        return None

    behind(here, fails)
    await leads.tells(here)
    for _ in range(12):
        await here.passes(minutes=15)
    assert len(lost) == 1
    later = [card for card in here.screen("teacher") if not card.title and "Ring these people now" in text_of(card)]
    assert later


async def test_a_note_that_breaks_its_turn_holds_up_no_other(here: School, monkeypatch: pytest.MonkeyPatch) -> None:
    note = delivery.note

    def breaks(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
        if waiting.post.slot.startswith("question:"):
            raise RuntimeError("broken")
        note(tx, waiting, sent, moment, doors)

    monkeypatch.setattr(delivery, "note", breaks)
    await here.says("a girl told me something")
    await leads.tells_as(here, "kim", ["none"])
    await here.passes(minutes=5)
    assert here.rows("select count(*) from outbox where state = 'waiting'") == [(0,)]
    assert [text_of(card) for card in here.screen("teacher")].count(text_of(here.question())) == 1
    assert "note_failed" in leads.actions(here)
