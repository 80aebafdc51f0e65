"""What is pressed in Slack is exactly what stood on the card, and nothing else is ever a press (T20)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.pressed import Pressed
from adapters.slack.modal import WORDS, WRITING, case_views, read_writing, writing_view
from adapters.slack.presses import OPEN, PRESS, WRITE, button_value, read_press
from adapters.slack.render import message_of
from bot.message import OPENS, Action, Button, Card, Field, Option, Press, Writing
from tests import slack_cards as made
from tests.on_the_way import say

Json = dict[str, Any]

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("type", "value", "values", "action_id", "selected_option", "selected_options", "x")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ENOUGH = settings(max_examples=100, deadline=None)


def counted(presses: list[Pressed | None]) -> Counter[str]:
    return Counter(map(repr, presses))


def expected(card: Card) -> list[Pressed | None]:
    return [Pressed(button.press, button.writes) for button in (*card.buttons, *card.footer)]


def answer(label: str, values: tuple[str, ...] = ("yes",), subject: str = "c4c7a3b6", step: str = "pressure") -> Button:
    return Button(label, Press(Action.ANSWER, subject, 3, {step: values}))


def blocks_of(*buttons: Button) -> list[Json]:
    blocks: list[Json] = message_of(Card("n", buttons=buttons))["blocks"]
    return blocks


def pressed(button: Button) -> Json:
    return made.acts(blocks_of(button))[0]


# --- there and back ---


@ENOUGH
@given(made.cards)
def test_every_button_and_option_gives_exactly_its_press(card: Card) -> None:
    acts = made.acts(message_of(card)["blocks"])
    assert counted([read_press(act, {"values": {}}) for act in acts]) == counted(expected(card))


@ENOUGH
@given(made.views)
def test_every_button_of_a_view_gives_exactly_its_press_on_every_part(card: Card) -> None:
    for view in case_views(card, say, Press(Action.OPEN_CASE, "7F3K")):
        found = [read_press(act) for act in made.acts(view["blocks"])]
        assert counted([press for press in found if press and not press.page]) == counted(expected(card))


@ENOUGH
@given(made.cards, st.data())
def test_what_is_picked_in_the_fields_goes_with_the_press(card: Card, data: st.DataObject) -> None:
    card = replace(card, buttons=(Button("Continue", Press(Action.ANSWER, "c4c7a3b6", 2)),), footer=())
    picks = {}
    for field in card.fields:
        values = [option.value for option in field.options]
        picks[field.step] = sorted(data.draw(st.sets(st.sampled_from(values), max_size=len(values) * field.many or 1)))
    blocks = message_of(card)["blocks"]
    found = read_press(made.acts(blocks)[0], made.state_of(blocks, picks))
    assert found
    assert {step: sorted(values) for step, values in found.press.answers.items()} == {
        s: v for s, v in picks.items() if v
    }


def test_a_fixed_answer_of_the_button_stands_before_what_is_picked() -> None:
    field = Field("pressure", "Was there any?", (Option("no", "No"),))
    blocks = message_of(Card("n", fields=(field,), buttons=(answer("Yes"),)))["blocks"]
    found = read_press(made.acts(blocks)[0], made.state_of(blocks, {"pressure": ["no"]}))
    assert found
    assert found.press.answers == {"pressure": ("yes",)}


def test_several_values_of_one_answer_come_back_as_several() -> None:
    blocks = blocks_of(
        answer("Snapchat and also WhatsApp, both of them", ("snap", "whats,app")), answer("Neither", ("no",))
    )
    found = read_press(made.acts(blocks)[0])
    assert [element["type"] for element in made.elements(blocks, "radio_buttons", "button")] == ["radio_buttons"]
    assert found
    assert found.press.answers == {"pressure": ("snap", "whats,app")}


# --- which element stands for what ---


def test_short_answers_are_buttons_and_one_long_one_makes_them_radio_buttons() -> None:
    short = blocks_of(answer("x" * 30), answer("No", ("no",)))
    long = blocks_of(answer("x" * 31), answer("No", ("no",)))
    assert len(made.elements(short, "button")) == 2
    assert len(made.elements(long, "radio_buttons")[0]["options"]) == 2
    assert not made.elements(long, "button")


def test_more_than_ten_long_answers_are_a_menu() -> None:
    blocks = blocks_of(*(answer(f"A label that is longer than thirty, {n}", (f"v{n}",)) for n in range(11)))
    assert len(made.elements(blocks, "static_select")[0]["options"]) == 11


def test_beside_radio_buttons_other_buttons_stay_buttons() -> None:
    blocks = blocks_of(
        answer("x" * 40), answer("No", ("no",)), Button("Something else", Press(Action.GO_ON, "c4c7a3b6"))
    )
    assert len(made.acts(blocks)) == 3
    assert [button["text"]["text"] for button in made.elements(blocks, "button")] == ["Something else"]


@pytest.mark.parametrize(
    "buttons",
    [
        (answer("x" * 40), answer("No", ("no",), step="other")),
        (answer("x" * 40), answer("No", ("no",), subject="other")),
        (answer("x" * 40), answer("No", ("yes",))),
        (answer("x" * 40), answer("No", tuple("abcdefghijklmnopqrstuvwxyz" * 2))),
        (answer("x" * 40, subject="c" * 60, step="s" * 190), answer("No", ("no",), subject="c" * 60, step="s" * 190)),
        (answer("x" * 76), answer("No", ("no",))),
        (answer("x" * 40),),
    ],
    ids=["two questions", "two subjects", "one value twice", "long values", "long step", "long label", "alone"],
)
def test_answers_that_do_not_fit_a_choice_are_buttons_and_give_their_press(buttons: tuple[Button, ...]) -> None:
    blocks = blocks_of(*buttons)
    assert len(made.elements(blocks, "button")) == len(buttons)
    assert [read_press(act) for act in made.acts(blocks)] == expected(Card("n", buttons=buttons))


def test_the_id_of_a_button_says_whether_it_opens_a_view_or_a_form() -> None:
    form = Writing("Add a note", "What should stand on the case?", "Save")
    ids = {action: pressed(Button("Go", Press(action, "7F3K")))["action_id"] for action in Action}
    assert {action for action, id in ids.items() if id.startswith(OPEN)} == OPENS
    assert {action for action, id in ids.items() if id.startswith(PRESS)} == set(Action) - OPENS
    assert pressed(Button("Add a note", Press(Action.ADD_NOTE, "7F3K"), writes=form))["action_id"].startswith(WRITE)


def test_a_long_question_above_a_form_is_cut_with_a_sign_and_its_press_is_whole() -> None:
    form = Writing("Answer", "“" * 3000, "Send")
    act = pressed(Button("Answer", Press(Action.REPLY, "7F3K"), writes=form))
    found = read_press(act)
    assert len(act["value"]) <= 2000
    assert found
    assert found.writes
    assert found.writes.ask.endswith("“…")
    assert found.press == Press(Action.REPLY, "7F3K")


# --- forms ---


def sent(view: Json, words: str | None) -> Json:
    return {**view, "id": "V1", "hash": "1.a", "state": {"values": {WRITING: {WORDS: {"type": "x", "value": words}}}}}


@ENOUGH
@given(made.presses, made.writings, made.texts)
def test_a_form_gives_its_press_and_the_words_as_they_were_written(press: Press, form: Writing, words: str) -> None:
    view = writing_view(form, press, say)
    assert read_writing(sent(view, words)) == (press, words)


@pytest.mark.parametrize("part", ["callback_id", "private_metadata", "state"])
@given(ANYTHING)
@settings(max_examples=50, deadline=None)
def test_a_form_that_is_not_ours_is_none(part: str, thing: object) -> None:
    view = sent(writing_view(Writing("t", "a", "s"), Press(Action.ADD_NOTE, "7F3K"), say), "words")
    assert read_writing({**view, part: thing}) is None


def test_a_form_without_words_is_none() -> None:
    view = writing_view(Writing("t", "a", "s"), Press(Action.ADD_NOTE, "7F3K"), say)
    assert read_writing(sent(view, None)) is None
    assert read_writing(view) is None
    assert read_writing(sent(view, ""))


# --- what is not a press ---


@settings(max_examples=200, deadline=None)
@given(made.buttons, st.data())
def test_a_changed_value_is_no_press_or_a_well_formed_one(button: Button, data: st.DataObject) -> None:
    act = pressed(button)
    at = data.draw(st.integers(0, len(act["value"]) - 1))
    other = data.draw(st.characters(codec="utf-8"))
    for value in (
        act["value"][:at] + other + act["value"][at + 1 :],
        act["value"][:at] + chr(ord(act["value"][at]) ^ 1) + act["value"][at + 1 :],
        act["value"][:at],
        act["value"] + other,
    ):
        check_well_formed(read_press({**act, "value": value}))


@settings(max_examples=100, deadline=None)
@given(made.answers(), st.data())
def test_a_changed_choice_is_no_press_or_a_well_formed_one(answers: tuple[Button, ...], data: st.DataObject) -> None:
    act = made.acts(blocks_of(*answers, answer("x" * 40, ("one",)), answer("x" * 41, ("two",))))[-1]
    for key in ("action_id", "value"):
        holder = act if key in act else act.get("selected_option", {})
        at = data.draw(st.integers(0, len(holder[key]) - 1))
        spoilt = holder[key][:at] + data.draw(st.characters(codec="utf-8")) + holder[key][at + 1 :]
        changed = {**holder, key: spoilt}
        check_well_formed(read_press(changed if holder is act else {**act, "selected_option": changed}))


def check_well_formed(found: Pressed | None) -> None:
    if found:
        assert isinstance(found.press.action, Action)
        assert isinstance(found.press.subject, str)
        assert 0 <= found.press.revision <= 2**53
        assert all(isinstance(v, str) for values in found.press.answers.values() for v in values)


@ENOUGH
@given(ANYTHING, ANYTHING)
def test_nothing_that_comes_in_place_of_a_press_is_an_exception(action: Any, state: Any) -> None:
    assert read_press(action) is None
    good = pressed(Button("Go", Press(Action.GO_ON, "7F3K")))
    check_well_formed(read_press(good, state))
    assert read_press({**good, "value": action}) is None
    assert read_press({**good, "value": json.dumps(action)}) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 2000,
        '{"action":"trigger","subject":"7F3K"}',
        '{"action":"to_purged","subject":"7F3K"}',
        '{"action":"stop"}',
        '{"action":"stop","subject":7}',
        '{"action":"stop","subject":"7F3K","revision":-1}',
        '{"action":"stop","subject":"7F3K","revision":"1"}',
        '{"action":"stop","subject":"7F3K","revision":1e999}',
        '{"action":"stop","subject":"7F3K","more":1}',
        '{"action":"stop","subject":"7F3K","answers":{"a":"b"}}',
        '{"action":"stop","subject":"' + "x" * 201 + '"}',
        '{"action":"stop","subject":"7F3K"}' + " " * 2000,
    ],
)
def test_a_forged_value_is_no_press(value: str) -> None:
    act = pressed(Button("Stop", Press(Action.STOP, "7F3K")))
    assert read_press(act)
    assert read_press({**act, "value": value}) is None


def test_what_slack_escapes_on_the_way_back_changes_no_press() -> None:
    form = Writing("a & b", "<ask> & more", "Send > it")
    button = Button("Go", Press(Action.REPLY, "a<b>&c", 1, {"s&t": ("v<w",)}), writes=form)
    value = button_value(button)
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert escaped == value
    assert read_press({**pressed(button), "value": escaped}) == Pressed(button.press, form)


def test_a_pick_in_a_field_alone_is_no_press() -> None:
    field = Field("place", "Which?", tuple(Option(f"v{n}", f"Academy {n}") for n in range(20)))
    element = message_of(Card("n", fields=(field,)))["blocks"][0]["element"]
    act = {"type": element["type"], "action_id": element["action_id"], "selected_option": element["options"][0]}
    assert read_press(act) is None
