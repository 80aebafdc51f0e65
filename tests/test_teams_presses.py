"""What a button of Teams carries, and what comes back of it: any data at all is a press of ours or none (T20)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.dialogs import case_dialogs, form_dialog
from adapters.teams.presses import Sent, picked, read_press
from adapters.teams.render import card_json
from bot.message import Action, Button, Card, Field, Option, Press, Writing
from tests import teams_cards as made
from tests.slack_cards import presses, subjects, writings
from tests.teams_cards import say

Json = dict[str, Any]

ENOUGH = settings(max_examples=120, deadline=None)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(("handrail", "words", "nonce", "field:a", "field:", "msteams", "field:\ud800")) | st.text(
    st.characters(), max_size=12
)
VALID = json.dumps({"action": "answer", "subject": "c4c7a3b6", "revision": 3, "answers": {"pressure": ["no"]}})


def of(card: Card, number: int = 0, **filled: str) -> Sent | None:
    """What is read when a button of the card is pressed in Teams, by its number."""
    drawn = card_json(card)
    return read_press(made.sent(drawn, made.actions(drawn)[number], filled))


# --- there and back ---


@ENOUGH
@given(made.cards)
def test_every_button_of_any_card_brings_back_its_press(card: Card) -> None:
    drawn = card_json(card)
    found = [read_press(action["data"]) for action in made.actions(drawn)]
    buttons = (*card.buttons, *card.footer)
    assert [sent.pressed.press if sent else None for sent in found] == [button.press for button in buttons]


@ENOUGH
@given(made.cards)
def test_a_client_that_knows_no_execute_sends_the_same(card: Card) -> None:
    for action in made.actions(card_json(card)):
        if action["type"] == "Action.Execute" and "fallback" in action:
            assert action["fallback"]["type"] == "Action.Submit"
            assert action["fallback"]["data"] == action["data"]
            assert action["fallback"].get("associatedInputs") == action.get("associatedInputs")


@ENOUGH
@given(presses, writings)
def test_a_form_is_opened_with_all_that_it_says(press: Press, writing: Writing) -> None:
    sent = of(made.small(Button("Write", press, writes=writing))) if press.action is not Action.WRITE else None
    if sent:
        assert (sent.pressed.press, sent.pressed.writes) == (press, writing)


@ENOUGH
@given(st.lists(made.labels | st.sampled_from((",", "%2C", "%", "a,b", "%25,")), max_size=5, unique=True))
def test_picked_values_come_back_as_they_are_whatever_stands_in_them(values: list[str]) -> None:
    values = [value[:150] for value in values]
    joined = ",".join(map(picked, values))
    sent = read_press({"handrail": VALID, "field:apps": joined})
    assert sent is not None or any("\ud800" <= sign <= "\udfff" for sign in joined)
    if sent:
        assert sent.pressed.press.answers == {"pressure": ("no",)} | ({"apps": tuple(values)} if values else {})


def test_what_is_picked_goes_with_the_press_and_nothing_picked_is_left_out() -> None:
    options = (Option("north", "North"), Option("a,b", "South"))
    card = Card("n", fields=(Field("academy", "Which?", options), Field("adult", "Who?", options, many=True)))
    card = Card("n", fields=card.fields, buttons=(Button("Continue", Press(Action.ANSWER, "c4c7a3b6", 3)),))
    sent = of(card, 0, **{"field:adult": "north,a%2Cb"})
    assert sent and sent.pressed.press.answers == {"adult": ("north", "a,b")}


def test_a_buttons_own_answer_goes_before_what_is_picked() -> None:
    sent = read_press({"handrail": VALID, "field:pressure": "yes"})
    assert sent and sent.pressed.press.answers == {"pressure": ("no",)}


# --- words ---


def box(*buttons: Button) -> Card:
    return Card("n", buttons=buttons)


WRITE = Press(Action.WRITE, "c4c7a3b6", 3, {"child": ()})
UNKNOWN = Button("I don’t know", Press(Action.ANSWER, "c4c7a3b6", 3, {"child": ("unknown",)}))


@pytest.mark.parametrize("words", ["Jade Example", "\ud800 \x00", ""])
def test_the_words_in_a_box_go_with_its_own_button_and_a_draft_with_what_takes_the_card_away(words: str) -> None:
    card = box(Button("Write it privately", WRITE, writes=made.writing()), UNKNOWN)
    save, unknown = of(card, 0, words=words), of(card, 1, words=words)
    assert save and (save.words, save.draft, save.pressed.press, save.pressed.writes) == (words, "", WRITE, None)
    assert unknown and (unknown.words, unknown.draft, unknown.pressed.press) == ("", words, UNKNOWN.press)


def test_what_leaves_the_card_standing_takes_no_words_along_whatever_a_client_sends() -> None:
    look = Button("Open case", Press(Action.ACKNOWLEDGE, "c4c7a3b6", 3))
    data = card_json(box(Button("Write", WRITE, writes=made.writing()), look))
    assert made.actions(data)[1]["associatedInputs"] == "none"
    sent = read_press({**made.actions(data)[1]["data"], "words": "Jade Example"})
    assert sent and (sent.words, sent.draft) == ("", "")


@ENOUGH
@given(presses, st.text(st.characters()))
def test_the_words_of_a_form_come_with_its_press_and_its_nonce(press: Press, words: str) -> None:
    (action,) = made.actions(form_dialog(made.writing(), press, say, "n-1"))
    sent = read_press({**action["data"], "words": words})
    assert sent and (sent.pressed.press, sent.words, sent.nonce) == (press, words, "n-1")


def test_words_are_in_no_repr() -> None:
    sent = read_press({"handrail": VALID, "nonce": "n-1", "words": "Jade Example"})
    assert sent and sent.words and "Jade" not in repr(sent)


# --- dialogs ---


@ENOUGH
@given(made.views, subjects)
def test_every_button_of_a_dialog_is_a_submit_that_brings_back_its_press(card: Card, subject: str) -> None:
    for part in case_dialogs(card, say, Press(Action.OPEN_CASE, subject)):
        acts = made.actions(part)
        assert all(action["type"] == "Action.Submit" and set(action["data"]) == {"handrail"} for action in acts)
        found = [sent.pressed.press for action in acts if (sent := read_press(action["data"]))]
        assert [button.press for button in card.buttons] == found[: len(card.buttons)]


# --- what is not ours ---


@settings(max_examples=150, deadline=None)
@given(anything | st.dictionaries(names, anything | st.just(VALID), max_size=6))
def test_any_data_at_all_is_a_press_or_none(data: object) -> None:
    sent = read_press(data)
    assert sent is None or isinstance(sent, Sent)


@ENOUGH
@given(st.integers(0, len(VALID) - 1), st.characters())
def test_a_value_that_was_changed_is_no_press_or_another_whole_one(at: int, sign: str) -> None:
    sent = read_press({"handrail": VALID[:at] + sign + VALID[at + 1 :]})
    assert sent is None or isinstance(sent.pressed.press.action, Action)
    assert read_press({"handrail": VALID[:at]}) is None
    assert read_press({"handrail": VALID + sign}) is None or sign.isspace()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"handrail": 3},
        {"handrail": "check"},
        {"handrail": "x" * 100_000},
        {"handrail": "[" * 100_000},
        {"handrail": VALID.replace("answer", "to_purged", 1)},
        {"handrail": VALID, "nonce": 3},
        {"handrail": VALID, "nonce": "n" * 201},
        {"handrail": VALID, "words": ["x"]},
        {"handrail": VALID, "field:academy": ["north"]},
        {"handrail": VALID, "field:": "north"},
        {"handrail": VALID, "field:academy": "x" * 151},
        {"handrail": VALID, "field:academy": "x," * 1001},
        {"handrail": VALID, "field:" + "x" * 201: "north"},
    ],
)
def test_what_is_not_exactly_ours_is_no_press(data: Json) -> None:
    assert read_press(data) is None
    assert read_press({"handrail": VALID, "of": "somebody else", "msteams": {"type": "task/fetch"}}) is not None
