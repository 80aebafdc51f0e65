"""A press in Teams is answered within five seconds, only to whoever pressed, and truly (T20, T28, T46, F5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters.teams.answers import CLOSED, Answer, sentence
from adapters.teams.presses import press_data
from adapters.teams.pressing import CHECK, LONGEST_SENTENCE, words_of
from adapters.teams.projection import project
from adapters.teams.receive import INVOKE_SECONDS
from adapters.teams.us import Json
from bot.errors import StoreUnavailable
from bot.message import Action, Button, Card, Passage, Press, Writing
from tests.slack_reception import everything_logged
from tests.teams_reception import (
    CHANNEL,
    CHAT,
    JADE,
    TO_JADE,
    Desk,
    data_of,
    executed,
    fetched,
    in_channel,
    sent,
    submitted,
)

CANARY = "CANARY-7c1e"
SECRET = Card("A sentence", title="Case SAFE-2026-0001", passages=(Passage((CANARY,), heading="Their words"),))
REF = "SAFE-2026-0001"
ACK = Button("I have it", Press(Action.ACKNOWLEDGE, REF, 3))
OPEN = Button("Open case", Press(Action.OPEN_CASE, REF))
READ = Button("Read it", Press(Action.READ_QUESTION, "c-1"))
WRITING = Writing("Note", "What to keep?", "Keep")
NOTE = Button("Add a note", Press(Action.ADD_NOTE, REF), writes=WRITING)
WRITE = Button("Answer", Press(Action.WRITE, "c-1", 4, {"words": ()}), writes=WRITING)
PICK = Button("Send", Press(Action.ANSWER, "c-1", 4))

Make = Callable[..., Json]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def slow(desk: Desk, body: Json) -> tuple[Answer, Desk]:
    """The answer of a turn that takes longer than Teams waits; then the turn is let go."""
    desk.bot.gate = asyncio.Event()
    answer = await asyncio.wait_for(desk.reception.take(project(body)), 5)
    desk.bot.gate.set()
    await desk.reception.behind.done()
    return answer, desk


def shown(answer: Answer) -> str:
    """All that a dialog or a sentence says."""
    return json.dumps(answer.body, ensure_ascii=False)


def in_dialog(answer: Answer) -> list[Json]:
    """The actions of a dialog, in order."""
    found: list[Json] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if str(part.get("type", "")).startswith("Action."):
                found.append(part)
            for below in part.values():
                look(below)
        elif isinstance(part, list):
            for below in part:
                look(below)

    assert answer.body is not None
    look(answer.body["task"])
    return found


# --- on a card ---


@pytest.mark.parametrize("where", [{}, in_channel()], ids=["chat", "channel"])
async def test_a_press_is_heard_and_answered_to_whoever_pressed_alone(desk: Desk, where: Json) -> None:
    assert await desk.take(executed({**data_of(PICK), "field:age": "a,b"}, **where)) == sentence("[teams.below]")
    heard = desk.bot.heard[0]
    assert heard.press == Press(Action.ANSWER, "c-1", 4, {"age": ("a", "b")})
    assert (heard.sender.id, heard.text, heard.overheard) == (JADE, "", False)
    assert heard.key == f"press:{CHANNEL if where else CHAT}:1790000000100"
    desk.bot.answer = Card("n", title="Stale", passages=(Passage(("It has moved on.",), heading="Why"),))
    assert await desk.take(executed(data_of(PICK), **where)) == sentence("Stale\nWhy\nIt has moved on.")
    assert desk.told == []


async def test_what_is_written_on_the_card_goes_with_its_own_press(desk: Desk) -> None:
    await desk.take(executed(data_of(WRITE, words="what she said")))
    assert [it.text for it in desk.bot.heard] == ["what she said"]


@pytest.mark.parametrize("make", [executed, submitted])
async def test_what_was_begun_there_comes_with_the_press_that_takes_the_card_away_and_once(
    desk: Desk, make: Make
) -> None:
    for id in ("1", "2"):
        await desk.take(make(data_of(PICK, words="what she said"), id=id))
    first, again = desk.bot.heard
    assert (first.text, first.press) == ("what she said", PICK.press)
    assert first.key == again.key
    assert "she" not in first.key


@pytest.mark.parametrize("make", [executed, fetched, sent, submitted])
async def test_what_is_not_a_press_of_ours_changes_nothing(desk: Desk, make: Make) -> None:
    for data in ({}, {"handrail": "x"}, {"handrail": '{"action":"kill","subject":""}'}, {"action": "acknowledge"}):
        answer = await desk.take(make(data))
        assert "[teams.gone]" in (shown(answer) + str(desk.told))
        desk.door.acts.clear()
    assert desk.bot.heard == []


async def test_what_no_person_pressed_changes_nothing(desk: Desk) -> None:
    for body in (executed(data_of(ACK)), fetched(data_of(OPEN)), sent(data_of(ACK))):
        answer = await desk.take({**body, "from": {"id": "28:program"}})
        assert "[teams.gone]" in shown(answer)
    body = executed(data_of(ACK))
    body["value"]["trigger"] = "automatic"
    assert await desk.take(body) == sentence("[teams.gone]")
    assert desk.bot.heard == []


async def test_a_press_that_was_not_saved_is_said_not_to_be_with_the_numbers(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable(CANARY)
    assert await desk.take(executed(data_of(ACK))) == sentence("[teams.not_saved]\n01632 960001")
    desk.bot.fault = RuntimeError(CANARY)
    with everything_logged() as logged:
        assert await desk.take(executed(data_of(ACK))) == sentence("[teams.unsure]")
    assert "CANARY" not in logged.text
    assert "RuntimeError" in logged.text


async def test_teams_is_answered_before_it_gives_up_and_what_comes_of_it_is_told(desk: Desk) -> None:
    assert INVOKE_SECONDS < 5
    cases: list[tuple[Card | None, Exception | None, list[str]]] = [
        (None, None, []),
        (Card("n", title="Stale"), None, ["Stale"]),
        (None, StoreUnavailable(CANARY), ["[teams.not_saved]\n01632 960001"]),
        (None, RuntimeError(CANARY), ["[teams.unsure]"]),
    ]
    for card, fault, told in cases:
        desk = Desk(seconds=0.02)
        desk.bot.answer, desk.bot.fault = card, fault
        answer, _ = await slow(desk, executed(data_of(ACK), **in_channel()))
        assert answer == sentence("[teams.unsure]")
        assert desk.told == [(TO_JADE, text) for text in told]
        assert len(desk.bot.heard) == (fault is None)


async def test_a_private_view_that_comes_too_late_is_shown_nowhere() -> None:
    for make in (fetched, sent):
        desk = Desk(seconds=0.02)
        desk.bot.answer = SECRET
        answer, _ = await slow(desk, make(data_of(OPEN), **in_channel()))
        assert "[teams.unsure]" in shown(answer)
        assert (len(desk.bot.heard), desk.told) == (1, [])


@pytest.mark.parametrize("button", [OPEN, READ, NOTE], ids=lambda it: it.label)
async def test_a_private_view_is_for_a_dialog_alone(desk: Desk, button: Button) -> None:
    desk.bot.answer = SECRET
    assert await desk.take(executed(data_of(button))) == sentence("[teams.use_teams]")
    await desk.take(submitted(data_of(button), **in_channel()))
    assert desk.told == [(TO_JADE, "[teams.use_teams]")]
    assert desk.bot.heard == []


async def test_an_app_that_knows_no_other_way_presses_by_message(desk: Desk) -> None:
    desk.bot.answer = Card("n", title="Done")
    assert await desk.take(submitted(data_of(ACK), **in_channel())) == Answer()
    assert await desk.take(submitted(data_of(WRITE, words="what she said"), text="ignored")) == Answer()
    seen = [(it.press and it.press.action, it.text, it.overheard) for it in desk.bot.heard]
    assert seen == [(Action.ACKNOWLEDGE, "", False), (Action.WRITE, "what she said", False)]
    assert desk.told == [(TO_JADE, "Done")] * 2


NONCE = "0123456789abcdef" * 2


async def test_the_doctors_own_button_is_written_down_and_nobody_hears_of_it(desk: Desk) -> None:
    data = {"handrail": f"{CHECK}{NONCE}"}
    assert await desk.take(executed(data, **in_channel())) == sentence("[teams.checked]")
    assert "[teams.checked]" in shown(await desk.take(fetched(data)))
    await desk.take(submitted(data))
    assert desk.told == [(TO_JADE, "[teams.checked]")]
    assert desk.kept.pressed == [NONCE] * 3
    assert desk.bot.heard == []


@pytest.mark.parametrize("text", ["", "x", f"{NONCE}0", NONCE.upper(), f"{NONCE}\n"])
async def test_what_no_doctor_asked_for_is_not_written_down(desk: Desk, text: str) -> None:
    assert await desk.take(executed({"handrail": f"{CHECK}{text}"})) == sentence("[teams.gone]")
    assert desk.kept.pressed == []


async def test_a_check_that_was_not_written_down_does_not_say_that_it_works(desk: Desk) -> None:
    desk.kept.fault = StoreUnavailable("down")
    assert await desk.take(executed({"handrail": f"{CHECK}{NONCE}"})) == sentence("[teams.not_saved]")


def test_a_card_as_a_sentence_is_of_its_words_and_not_too_long() -> None:
    assert words_of(Card("Only this")) == "Only this"
    long = words_of(Card("n", passages=(Passage(("x" * 3000,)),)))
    assert (len(long), long[-1]) == (LONGEST_SENTENCE, "…")


# --- dialogs ---


@pytest.mark.parametrize("make", [fetched, sent], ids=["from a card", "from a dialog"])
async def test_a_case_opens_in_a_dialog_and_every_look_is_heard(desk: Desk, make: Make) -> None:
    desk.bot.answer = SECRET
    for page in (0, 1):
        assert CANARY in shown(await desk.take(make(data_of(OPEN, page), **in_channel())))
    assert [it.press and it.press.action for it in desk.bot.heard] == [Action.OPEN_CASE] * 2
    assert desk.told == []


async def test_a_long_case_comes_in_parts_that_are_turned(desk: Desk) -> None:
    desk.bot.answer = Card("n", title=REF, passages=tuple(Passage((f"{n} " + "word " * 900,)) for n in range(12)))
    first = await desk.take(fetched(data_of(OPEN)))
    turn = next(it for it in in_dialog(first) if it["title"] == "[teams.next_part]")
    second = await desk.take(sent(turn["data"]))
    assert '"0 word' in shown(first)
    assert '"0 word' not in shown(second)
    assert "[teams.earlier_part]" in shown(second)


async def test_an_ordinary_press_in_a_dialog_shows_what_came_of_it_or_closes(desk: Desk) -> None:
    assert await desk.take(sent(data_of(ACK))) == CLOSED
    assert "[teams.below]" in shown(await desk.take(fetched(data_of(ACK))))
    desk.bot.answer = SECRET
    assert CANARY in shown(await desk.take(sent(data_of(ACK))))
    assert CANARY in shown(await desk.take(fetched(data_of(ACK))))


@pytest.mark.parametrize("make", [fetched, sent])
async def test_a_dialog_that_could_not_be_filled_says_so(desk: Desk, make: Make) -> None:
    desk.bot.fault = StoreUnavailable(CANARY)
    said = shown(await desk.take(make(data_of(OPEN))))
    assert "[teams.not_saved]" in said
    assert "01632 960001" in said
    desk.bot.fault = RuntimeError(CANARY)
    assert "[teams.unsure]" in shown(await desk.take(make(data_of(OPEN))))


# --- forms ---


async def form_of(desk: Desk, make: Make = fetched) -> Json:
    """What the form's own button sends: the press, with what the form asks for."""
    answer = await desk.take(make(data_of(NOTE)))
    return {**in_dialog(answer)[-1]["data"], **press_data(NOTE)}


@pytest.mark.parametrize("make", [fetched, sent], ids=["from a card", "from a dialog"])
async def test_a_form_is_opened_unheard_and_sent_with_its_words(desk: Desk, make: Make) -> None:
    form = await form_of(desk, make)
    assert desk.bot.heard == []
    assert await desk.take(sent({**form, "words": "kept"})) == CLOSED
    heard = desk.bot.heard[0]
    assert (heard.press, heard.text) == (NOTE.press, "kept")
    desk.bot.answer = SECRET
    assert CANARY in shown(await desk.take(sent({**form, "words": "kept"})))


async def test_one_form_is_one_deed_however_often_it_comes(desk: Desk) -> None:
    form, other = await form_of(desk), await form_of(desk)
    for id in ("1", "2"):
        await desk.take(sent({**form, "words": "kept"}, id=id))
    await desk.take(sent({**other, "words": "kept"}))
    first, again, another = (it.key for it in desk.bot.heard)
    assert first == again
    assert first.startswith(f"form:{form['nonce']}:")
    assert "kept" not in first
    assert another != first


@pytest.mark.parametrize(
    ("fault", "key"), [(StoreUnavailable(CANARY), "teams.not_saved"), (RuntimeError(CANARY), "teams.unsure")]
)
async def test_words_that_were_not_kept_still_stand_in_the_form(desk: Desk, fault: Exception, key: str) -> None:
    form = await form_of(desk)
    desk.bot.fault = fault
    answer = await desk.take(sent({**form, "words": "not to be lost"}))
    assert "not to be lost" in shown(answer)
    assert f"[{key}]" in shown(answer)
    desk.bot.fault = None
    again = in_dialog(answer)[-1]["data"]
    assert await desk.take(sent({**again, "words": "not to be lost"})) == CLOSED
    (heard,) = desk.bot.heard
    assert heard.text == "not to be lost"
    assert heard.key.startswith(f"form:{form['nonce']}:")


async def test_words_that_were_put_right_before_they_were_sent_again_are_other_words(desk: Desk) -> None:
    form = await form_of(desk)
    for words in ("it was Tom", "it was Tim"):
        await desk.take(sent({**form, "words": words}))
    assert [it.text for it in desk.bot.heard] == ["it was Tom", "it was Tim"]
    assert len({it.key for it in desk.bot.heard}) == 2


async def test_words_of_a_slow_turn_still_stand_in_the_form() -> None:
    form = await form_of(Desk())
    answer, desk = await slow(Desk(seconds=0.02), sent({**form, "words": "not to be lost"}))
    assert "not to be lost" in shown(answer)
    assert "[teams.unsure]" in shown(answer)
    assert [it.text for it in desk.bot.heard] == ["not to be lost"]
