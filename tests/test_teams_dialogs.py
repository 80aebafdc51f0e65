"""Dialogs of Teams: a case of any length in parts, nothing of it cut; the form; nothing but a reference as a title
(T25, T28, T47).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.answers import CARD
from adapters.teams.dialogs import case_dialog, case_dialogs, form_dialog, notice_dialog
from adapters.teams.presses import read_press
from adapters.text import shown
from bot.message import Action, Button, Card, Passage, Press, Tone, Writing
from tests import teams_cards as made
from tests.slack_cards import presses
from tests.teams_cards import say

Json = dict[str, Any]

ENOUGH = settings(max_examples=80, deadline=None)
OPENED = Press(Action.OPEN_CASE, "7F3KQW2M9P")
NARRATIVE = "he said “show me” & laughed <there>, 👍 \n" * 2_500


def check(dialog: Json) -> Json:
    """What holds of every dialog. Returns its card."""
    assert set(dialog) == {"title", "height", "width", "card"}
    assert dialog["height"] == dialog["width"]
    assert dialog["width"] in ("small", "medium", "large")
    assert 0 < len(dialog["title"]) <= 64
    assert dialog["card"]["contentType"] == CARD
    card: Json = dialog["card"]["content"]
    assert made.faults(card) == []
    assert made.alive(card) == []
    assert made.is_small(card)
    return card


# --- a case ---


@ENOUGH
@given(made.views)
def test_any_case_is_shown_whole_in_parts_that_teams_takes(card: Card) -> None:
    parts = case_dialogs(card, say, OPENED)
    said = "".join(made.read(check(part)) for part in parts)
    with_title = not parts[0]["title"].startswith(card.title)
    labels = made.cut_labels(card, in_dialog=True) * len(parts)
    assert sorted(said) == sorted((made.read_of(card, with_title=with_title) or made.seen(card.notification)) + labels)


@pytest.mark.parametrize("text", [NARRATIVE, "x" * 100_000, "&" * 100_000, "👍" * 100_000, "a\n" * 20_000, "é " * 9999])
def test_a_narrative_of_any_length_is_shown_whole_in_parts(text: str) -> None:
    card = Card("n", "Case 7F3KQW2M9P", tuple(Passage((text, "end"), f"Part {n}", Tone.VERBATIM) for n in range(2)))
    parts = case_dialogs(card, say, OPENED)
    assert len(parts) > 1
    check(parts[0])
    check(parts[-1])
    assert all(made.is_small(part["card"]["content"]) for part in parts)
    assert "".join(map(made.read, parts)) == made.read_of(card, with_title=False)


def test_the_buttons_lead_from_part_to_part_and_back() -> None:
    acknowledge = Button("Acknowledge", Press(Action.ACKNOWLEDGE, "7F3KQW2M9P"))
    card = Card("n", "Case 7F3KQW2M9P", (Passage(("x " * 30_000,), tone=Tone.VERBATIM),), buttons=(acknowledge,))
    parts = case_dialogs(card, say, OPENED)
    ways = [[sent.pressed for action in made.actions(part) if (sent := read_press(action["data"]))] for part in parts]
    assert [[way.page for way in part if way.press == OPENED] for part in ways] == [[1], [0, 2], [1]]
    assert all(part[0].press == acknowledge.press for part in ways)
    for number, part in enumerate(parts):
        assert case_dialog(card, say, OPENED, number) == part
    assert case_dialog(card, say, OPENED, 7) == parts[-1]


def test_a_question_of_many_parts_can_be_turned_before_anything_is_answered() -> None:
    question = Press(Action.READ_QUESTION, "c-1")
    answer = Button("Send", Press(Action.REPLY, "c-1"), writes=Writing("Your answer", "Your answer", "Send"))
    card = Card("n", "A question", (Passage(("x " * 20_000,), tone=Tone.VERBATIM),), buttons=(answer,))
    for part in case_dialogs(card, say, question, "n-1"):
        (asked,) = made.inputs(part)
        assert asked["isRequired"]
        held = {action["title"]: "associatedInputs" not in action for action in made.actions(part)}
        assert held.pop("Send")
        assert set(held) <= {"Next part", "Earlier part"}
        assert held and not any(held.values())


def test_to_turn_a_part_never_does_again_what_was_pressed() -> None:
    card = Card("n", "Case 7F3KQW2M9P", (Passage(("x " * 20_000,), tone=Tone.VERBATIM),))
    dialog = case_dialog(card, say, Press(Action.ADD_NOTE, "7F3KQW2M9P"))
    assert [s.pressed.press for action in made.actions(dialog) if (s := read_press(action["data"]))] == [OPENED]


def test_a_case_that_fits_has_no_other_parts_and_is_named_by_its_reference() -> None:
    (dialog,) = case_dialogs(Card("n", "Case 7F3KQW2M9P", (Passage(("one",)),)), say, OPENED)
    assert dialog["title"] == "Case 7F3KQW2M9P"
    assert made.texts_of(dialog) == ["one"]
    assert made.actions(dialog) == []


def test_where_there_is_much_to_read_the_buttons_stand_above_it() -> None:
    acknowledge = Button("Acknowledge", Press(Action.ACKNOWLEDGE, "7F3KQW2M9P"))
    for count, place in ((3, -1), (30, 0)):
        card = Card("n", "", (Passage(tuple(f"line {n}" for n in range(count))),), buttons=(acknowledge,))
        body = case_dialog(card, say, OPENED)["card"]["content"]["body"]
        assert body[place]["type"] == "ActionSet"


@ENOUGH
@given(made.texts)
def test_a_title_never_says_more_than_the_reference(title: str) -> None:
    card = Card("n", title, (Passage(("one",)),))
    assert case_dialog(card, say, OPENED)["title"] == "Handrail"
    assert case_dialog(card, say, Press(Action.READ_QUESTION, "c4c7a3b6"))["title"] == "Handrail"
    assert case_dialog(card, say, Press(Action.START, ""))["title"] == "Handrail"


def test_a_card_with_nothing_to_read_says_what_it_is() -> None:
    dialog = case_dialog(Card("Handrail: a reply for you"), say, OPENED)
    check(dialog)
    assert made.texts_of(dialog) == ["Handrail: a reply for you"]


# --- the form ---


@ENOUGH
@given(
    st.builds(Writing, made.labels, made.texts, made.labels), presses, st.just("") | made.texts.map(lambda t: t[:900])
)
def test_any_form_is_a_dialog_that_teams_takes(writing: Writing, press: Press, words: str) -> None:
    dialog = form_dialog(Writing(writing.title, writing.ask[:900], writing.send), press, say, "n-1", words)
    (asked,) = made.inputs(check(dialog))
    assert (asked["id"], asked["isMultiline"], asked["maxLength"]) == ("words", True, 3000)
    assert made.seen(asked["label"]) == made.seen(shown(writing.ask[:900]))


def test_a_form_says_what_it_asks_and_sends_on_its_button() -> None:
    writing = Writing("Add a note", "Your note", "Save")
    dialog = form_dialog(writing, Press(Action.ADD_NOTE, "7F3KQW2M9P"), say, "n-1")
    assert dialog["title"] == "Add a note"
    assert [action["title"] for action in made.actions(dialog)] == ["Save"]
    assert made.texts_of(dialog) == []
    assert "value" not in made.inputs(dialog)[0]


def test_a_form_that_could_not_be_kept_says_so_and_still_holds_the_words() -> None:
    words = "They keep asking {{DATE(2026-11-20)}} \ud800 " + "x" * 5000
    dialog = form_dialog(made.writing(), Press(Action.ADD_NOTE, "7F3KQW2M9P"), say, "n-1", words)
    check(dialog)
    assert made.texts_of(dialog) == ["⚠️ " + say("teams.not_saved")]
    assert made.inputs(dialog)[0]["value"] == words.replace("\ud800", "\ufffd")


def test_a_notice_is_one_sentence_of_ours() -> None:
    dialog = notice_dialog(say("teams.not_saved"))
    check(dialog)
    assert (dialog["title"], made.texts_of(dialog)) == ("Handrail", [say("teams.not_saved")])


def test_what_is_made_is_json_in_utf_8() -> None:
    card = Card("n", "T", (Passage(("\ud800 {{DATE()}}",)),))
    assert json.dumps(case_dialog(card, say, OPENED), ensure_ascii=False).encode()
