"""Every card as an Adaptive Card 1.5: valid by the official schema, small enough, nothing lost, nothing alive in it
(T24, T25, T28, T29, T47, T56).
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.teams.answers import CARD
from adapters.teams.dialogs import case_dialogs
from adapters.teams.elements import literal, pieces, unmarked, weight
from adapters.teams.presses import read_press
from adapters.teams.render import MOST, activity_of, card_json
from adapters.text import shown
from bot import composition
from bot.message import Action, Button, Card, Field, Option, Passage, Press, Style, Tone
from tests import teams_cards as made
from tests.leads import cards as standing
from tests.leads import restart
from tests.school import School, school
from tests.teams_cards import say
from tests.test_slack_blocks import Walk, longest

Json = dict[str, Any]

ENOUGH = settings(max_examples=100, deadline=None)
GO = Press(Action.GO_ON, "c4c7a3b6", 1)


def body(card: Card) -> list[Json]:
    found: list[Json] = card_json(card)["body"]
    return found


def one(passage: Passage) -> list[Json]:
    """What a passage becomes."""
    return body(Card("n", passages=(passage,)))[1:]


# --- the official schema ---


@ENOUGH
@given(made.cards)
def test_any_card_is_an_adaptive_card_by_the_official_schema(card: Card) -> None:
    drawn = card_json(card)
    assert made.faults(drawn) == []
    assert drawn["version"] == "1.5"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "TextBlock", "text": "x", "colour": "red"},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "txt": "x"}]},
        {"type": "Input.ChoiceSet", "choices": [{"title": "x", "value": "y"}]},
        {"type": "ActionSet", "actions": [{"type": "Action.Exec", "title": "x"}]},
        {"type": "ActionSet", "actions": [{"type": "Action.Execute", "title": "x", "data": 3}]},
        {"type": "Container"},
        {"type": "Nothing"},
    ],
)
def test_a_wrong_element_would_be_seen(wrong: Json) -> None:
    drawn = card_json(made.small())
    assert made.faults(drawn) == []
    drawn["body"].append(wrong)
    assert made.faults(drawn) != []


# --- nothing alive ---


@ENOUGH
@given(made.cards)
def test_nothing_that_anybody_wrote_comes_alive(card: Card) -> None:
    activity = activity_of(card)
    assert set(activity) == {"type", "summary", "attachments"}
    (attachment,) = activity["attachments"]
    assert set(attachment) == {"contentType", "content"}
    assert attachment["contentType"] == CARD
    assert made.alive(attachment["content"]) == []


@pytest.mark.parametrize(
    "element",
    [
        {"type": "Image", "url": "https://example.invalid/x.png"},
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "x", "url": "https://example.invalid"}]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "x", "selectAction": {}}]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "{{DATE(2026-11-20T10:40:00Z)}}"}]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "${a}"}]},
        {"type": "TextBlock", "text": "**bold**"},
        {"type": "TextBlock", "text": "[x](https://example.invalid)"},
        {"type": "Input.ChoiceSet", "id": "x", "label": "x", "choices": [{"title": "_x_", "value": "y"}]},
        {"type": "Input.Text", "id": "words", "label": "x", "speak": "x"},
    ],
)
def test_what_comes_alive_would_be_seen(element: Json) -> None:
    drawn = card_json(made.small())
    assert made.alive(drawn) == []
    drawn["body"].append(element)
    assert made.alive(drawn) != []


@ENOUGH
@given(made.texts)
@example("a*b*c **d** _e_ ~~f~~ `g` [h](https://i) <https://j> &copy; \\* # k\n- l\n1. m\n> n\n    o\n---\n***\n\to")
def test_markdown_reads_nothing_but_text_where_it_may_be_read(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("strikethrough").parse(unmarked(text))
    inner = [token for outer in tokens for token in outer.children or ()]
    kinds = {token.type for token in (*tokens, *inner)}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close", "text", "softbreak", "hardbreak"}
    assert made.seen("".join(token.content for token in inner)) == made.seen(shown(text))


@ENOUGH
@given(made.texts)
def test_a_text_is_only_parted_by_what_nobody_sees(text: str) -> None:
    assert literal(text).replace("\u2060", "").replace("\u200b", "") == shown(text).replace("\u2060", "").replace(
        "\u200b", ""
    )
    assert "{{" not in literal(text)
    assert "${" not in literal(text)


# --- nothing lost ---


def _without_numbers(card: Card) -> Card:
    """The same to read, but with nothing that a card which is too large would lose."""
    plain = (replace(each, tone=Tone.PLAIN) if each.tone is Tone.NUMBERS else each for each in card.passages)
    return replace(card, passages=tuple(plain))


@ENOUGH
@given(made.cards)
def test_all_of_a_card_is_read_once_and_unchanged(card: Card) -> None:
    drawn = card_json(card)
    assume(weight(card_json(_without_numbers(card))) <= MOST * 3 // 4)
    bare = replace(card, fields=(), buttons=(), footer=())
    assert made.read(card_json(bare)) == made.seen(card.notification) + made.read_of(card)
    helps = made.seen("".join(shown(field.help) for field in card.fields))
    assert made.read(drawn) == made.read(card_json(bare)) + helps + made.cut_labels(card)


@ENOUGH
@given(made.cards)
def test_every_label_stands_whole(card: Card) -> None:
    drawn = card_json(card)
    asked = [each for each in made.inputs(drawn) if each["type"] == "Input.ChoiceSet"]
    assert [made.seen(each["label"]) for each in asked] == [made.seen(shown(field.ask)) for field in card.fields]
    for each, field in zip(asked, card.fields, strict=True):
        titles = [made.seen(choice["title"]) for choice in each["choices"]]
        assert titles == [made.seen(shown(option.label)) for option in field.options]
    for action, button in zip(made.actions(drawn), (*card.buttons, *card.footer), strict=True):
        names = (button.label, button.writes.send if button.writes else button.label)
        assert made.seen(action["title"]) in [made.seen(shown(name)) for name in names]


@ENOUGH
@given(st.lists(made.texts).map("".join), st.integers(20, 400))
def test_stretches_lose_nothing_and_none_is_too_long(text: str, most: int) -> None:
    parts = list(pieces(text, most))
    assert "".join(parts) == text
    assert all(0 < weight(part) <= most for part in parts)


def test_a_stretch_ends_at_a_word_where_it_can() -> None:
    assert list(pieces("one two three four", 12)) == ["one two ", "three four"]


# --- the notification ---


@ENOUGH
@given(made.cards)
def test_the_notification_is_the_first_text_and_all_that_stands_beside_the_card(card: Card) -> None:
    activity = activity_of(card)
    assert (activity["type"], activity["summary"]) == ("message", card.notification)
    first = activity["attachments"][0]["content"]["body"][0]
    assert (first["type"], first["text"]) == ("TextBlock", card.notification)


# --- how it looks ---


@pytest.mark.parametrize(("tone", "style"), [(Tone.URGENT, "attention"), (Tone.VERBATIM, "emphasis")])
def test_what_is_urgent_or_said_by_somebody_stands_in_one_box(tone: Tone, style: str) -> None:
    (box,) = one(Passage(("a", "b " * 5000), "Head", tone))
    assert (box["type"], box["style"], len(box["items"])) == ("Container", style, 3)


@pytest.mark.parametrize("heading", ["", "Head"])
def test_what_is_urgent_is_bold_under_one_sign_of_warning(heading: str) -> None:
    (box,) = one(Passage(("Ring 999", "Stay"), heading, Tone.URGENT))
    runs = [run for line in box["items"] for run in line["inlines"]]
    assert [run["text"].startswith("⚠️ ") for run in runs] == [True] + [False] * (len(runs) - 1)
    assert all(run["weight"] == "bolder" for run in runs)


@pytest.mark.parametrize("tone", [Tone.NUMBERS, Tone.DO, Tone.DONT])
def test_a_list_has_a_sign_before_each_line(tone: Tone) -> None:
    assert made.texts_of({"body": one(Passage(("one", "", "two"), "Head", tone))}) == ["Head", "• one", "• two"]


def test_each_line_is_a_line_of_its_own_and_an_empty_one_is_a_wider_space() -> None:
    first, second, third = one(Passage(("one", "", "two", "three")))
    assert (second["spacing"], third["spacing"]) == ("medium", "small")
    assert first["inlines"] == [{"type": "TextRun", "text": "one"}]


def test_a_line_that_is_long_goes_on_in_the_same_place() -> None:
    (line,) = one(Passage(("word " * 3000,)))
    assert "".join(run["text"] for run in line["inlines"]) == "word " * 3000
    assert len(line["inlines"]) > 1


def test_a_title_is_a_heading() -> None:
    title = body(Card("n", title="Case 7F3KQW2M9P"))[1]
    assert (title["text"], title["style"], title["wrap"]) == ("Case 7F3KQW2M9P", "heading", True)


def test_every_button_has_its_own_row_and_the_footer_stands_below_a_line() -> None:
    buttons = tuple(Button(f"Go {style}", GO, style) for style in Style)
    footer = tuple(Button(name, GO) for name in ("Send now", "Back", "Contacts", "Stop"))
    rows = body(Card("n", buttons=buttons, footer=footer))[1:]
    assert [[action["title"] for action in row["actions"]] for row in rows] == [
        ["Go primary"],
        ["Go plain"],
        ["Go danger"],
        ["Send now", "Back"],
        ["Contacts", "Stop"],
    ]
    assert [row["actions"][0].get("style") for row in rows[:3]] == ["positive", None, "destructive"]
    assert [row.get("separator", False) for row in rows] == [False, False, False, True, False]


def test_no_row_has_more_than_six_buttons_and_a_long_one_stands_alone() -> None:
    for count in range(12):
        footer = tuple(Button("Back", GO) for _ in range(count))
        counts = [len(row["actions"]) for row in body(Card("n", footer=footer))[1:]]
        assert sum(counts) == count
        assert all(0 < each <= 3 for each in counts)
    rows = body(Card("n", footer=(Button("Back", GO), Button("Something rather longer", GO))))[1:]
    assert [len(row["actions"]) for row in rows] == [1, 1]


def test_an_answer_that_a_client_may_cut_stands_whole_below_its_button() -> None:
    label = "They know each other, for example from class"
    button, whole = body(Card("n", buttons=(Button(label, GO),)))[1:]
    assert (button["actions"][0]["title"], whole["inlines"][0]["text"]) == (label, label)


@pytest.mark.parametrize(
    ("action", "writes", "kind"),
    [
        (Action.ANSWER, False, "Action.Execute"),
        (Action.ACKNOWLEDGE, False, "Action.Execute"),
        (Action.OPEN_CASE, False, "Action.Submit"),
        (Action.READ_QUESTION, False, "Action.Submit"),
        (Action.ADD_NOTE, True, "Action.Submit"),
        (Action.WRITE, True, "Action.Execute"),
    ],
)
def test_what_opens_a_dialog_is_fetched_and_all_else_is_done(action: Action, writes: bool, kind: str) -> None:
    press = Press(action, "7F3KQW2M9P", 1)
    (made_,) = made.actions(card_json(made.small(Button("Go", press, writes=made.writing() if writes else None))))
    assert made_["type"] == kind
    if kind == "Action.Submit":
        assert made_["data"]["msteams"] == {"type": "task/fetch"}
    else:
        assert (made_["verb"], made_["fallback"]["type"]) == ("press", "Action.Submit")


def test_free_text_has_a_box_on_the_card_with_its_own_button() -> None:
    write = Button("Write it privately", Press(Action.WRITE, "c4", 1, {"child": ()}), writes=made.writing(send="Save"))
    unknown = Button("I don’t know", Press(Action.ANSWER, "c4", 1, {"child": ("unknown",)}))
    look, stop = Button("Contacts", Press(Action.CONTACTS, "c4", 1)), Button("Stop", Press(Action.STOP, "c4", 1))
    card = card_json(Card("n", buttons=(write, unknown), footer=(look, stop)))
    (box,) = made.inputs(card)
    assert (box["type"], box["id"], box["label"], box["isMultiline"]) == ("Input.Text", "words", write.label, True)
    assert [action["title"] for action in made.actions(card)] == ["Save", "I don’t know", "Contacts", "Stop"]
    for actions in (made.actions(card), [action["fallback"] for action in made.actions(card)]):
        assert [action.get("associatedInputs", "auto") for action in actions] == ["auto"] * 4


@pytest.mark.parametrize(
    ("many", "count", "style"),
    [(True, 12, "expanded"), (True, 13, "expanded"), (False, 12, "expanded"), (False, 13, "compact")],
)
def test_a_question_of_a_card_is_an_input_with_its_help(many: bool, count: int, style: str) -> None:
    options = tuple(Option(f"v{n}", f"Answer {n}") for n in range(count))
    asked, help_ = body(Card("n", fields=(Field("place", "Which?", options, many, (), "As on the door"),)))[1:]
    assert (asked["id"], asked["label"], asked["style"]) == ("field:place", "Which?", style)
    assert asked["isMultiSelect"] is many
    assert [choice["value"] for choice in asked["choices"]] == [option.value for option in options]
    assert help_["inlines"][0]["text"] == "As on the door"


# --- too large ---


def test_a_card_that_is_too_large_loses_numbers_from_the_end_and_nothing_else() -> None:
    numbers = tuple(Passage((f"A service {n}: " + "0 " * 80,) * 30, f"Group {n}", Tone.NUMBERS) for n in range(9))
    said = Passage(("Say this.",)), Passage(("Do this.",), tone=Tone.DO)
    card = card_json(Card("n", "Whom to ring", (*numbers, *said), buttons=(Button("Go", GO),)))
    words = " ".join(made.texts_of(card))
    assert MOST - 400 < weight(card) <= MOST
    assert words.endswith("Say this. • Do this.")
    assert [words.count(f"A service {n}:") for n in (0, 1, 8)] == [30, 30, 0]
    assert 0 < words.count("A service 2:") + words.count("A service 3:") < 60


def test_before_anything_is_lost_only_old_clients_lose_their_buttons() -> None:
    buttons = tuple(Button(f"Council {n}", replace(GO, answers={"home": (f"council-{n}",)})) for n in range(60))
    card = Card("n", "Which council?", (Passage(("01632 960111",), tone=Tone.NUMBERS),), buttons=buttons)
    drawn = card_json(card)
    assert weight(drawn) <= MOST
    assert all("fallback" not in action for action in made.actions(drawn))
    assert "• 01632 960111" in made.texts_of(drawn)


@ENOUGH
@given(made.cards)
def test_a_card_of_any_size_is_within_the_limits_or_has_no_numbers_left(card: Card) -> None:
    drawn = card_json(card)
    lists = [passage for passage in card.passages if passage.tone is Tone.NUMBERS]
    assert made.is_small(drawn) or not any(
        f"• {literal(p.lines[0])[:20]}" in " ".join(made.texts_of(drawn)) for p in lists if p.lines
    )


def test_the_measure_is_never_less_than_any_way_of_sending() -> None:
    card = card_json(Card("n", passages=(Passage(("é “x” 👍 " * 500,)),)))
    for ascii_only in (True, False):
        sent = json.dumps(card, ensure_ascii=ascii_only)
        assert len(sent.encode()) <= weight(card)
        assert len(sent.encode("utf-16-le")) <= 2 * weight(card)


# --- every card that the real bot sends ---


@pytest.mark.parametrize("seed", range(3))
async def test_every_card_that_the_bot_sends_is_taken_whole(tmp_path: Path, seed: int) -> None:
    trust = tmp_path / "trust.toml"
    trust.write_text(longest(composition.EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    with school(tmp_path, trust=trust) as here:
        restart(here)
        walk = Walk(here, seed)
        await walk.goes(60)
    unlike = {repr(card): card for card in walk.seen}
    assert len(unlike) > 25
    for card in unlike.values():
        check_card(card)
    for press, card in walk.opened:
        check_case(press, card)


async def test_the_whole_way_of_a_case_is_taken_whole(here: School) -> None:
    await here.tells_the_essentials()
    opened = here.button("Open case", "dsl-north").press
    case = await here.presses("Open case", "dsl-north")
    assert case
    check_case(opened, case)
    for _, card in standing(here):
        check_card(card)


def check_card(card: Card) -> None:
    drawn = card_json(card)
    assert made.faults(drawn) == []
    assert made.alive(drawn) == []
    assert weight(drawn) <= MOST
    assert made.is_small(drawn)
    said = made.seen(card.notification) + made.read_of(card)
    helps = made.seen("".join(shown(field.help) for field in card.fields))
    assert made.read(drawn) == said + helps + made.cut_labels(card)
    assert all("fallback" in action for action in made.actions(drawn) if action["type"] == "Action.Execute")
    found = [sent.pressed.press for action in made.actions(drawn) if (sent := read_press(action["data"]))]
    assert sorted(map(repr, found)) == sorted(repr(button.press) for button in (*card.buttons, *card.footer))


def check_case(press: Press, card: Card) -> None:
    parts = case_dialogs(card, say, press)
    cards = [part["card"]["content"] for part in parts]
    assert [fault for each in cards for fault in (*made.faults(each), *made.alive(each))] == []
    assert all(weight(each) <= MOST for each in cards)
    said = "".join(made.read(each) for each in cards)
    assert sorted(said) == sorted(
        made.read_of(card, with_title=not parts[0]["title"].startswith(card.title))
        + made.cut_labels(card, in_dialog=True) * len(parts)
    )


def test_a_card_that_lost_a_line_would_be_seen() -> None:
    card = Card("n", "Title", (Passage(("one", "two")), Passage(("three",), tone=Tone.QUIET)))
    drawn = card_json(card)
    for at in range(1, len(drawn["body"])):
        less = {**drawn, "body": drawn["body"][:at] + drawn["body"][at + 1 :]}
        assert made.read(less) != made.seen("n") + made.read_of(card) == made.read(drawn)


def test_what_is_made_is_the_same_each_time_and_is_json_in_utf_8() -> None:
    chance = random.Random(1)
    for text in made.HOSTILE:
        options = tuple(Option(f"v{n}", text[:75]) for n in range(chance.randint(1, 14)))
        card = Card("n", text, (Passage((text,), text),), (Field("one", text, options),), (Button(text[:75], GO),))
        first = json.dumps(activity_of(card), ensure_ascii=False).encode()
        assert first == json.dumps(activity_of(card), ensure_ascii=False).encode()
