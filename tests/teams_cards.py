"""Cards as wild as they may become, and what can be read and pressed on what is made of them: for tests of Teams."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft6Validator
from markdown_it import MarkdownIt

from adapters.teams.dialogs import case_dialog, form_dialog
from adapters.teams.render import card_json
from adapters.text import shown
from bot.message import Action, Button, Card, Field, Option, Passage, Press, Style, Tone, Writing
from tests import slack_cards as made
from tests.on_the_way import say as _said
from tests.school import School

Json = dict[str, Any]

HOSTILE = (
    *made.HOSTILE,
    "**bold** __bold__ *it* _it_ ~~gone~~ `code` a*b*c a_b_c ***",
    "[click](https://example.invalid) ![x](https://example.invalid/x.png) <https://example.invalid> [a]: https://b",
    "- one\n* two\n1. three\n2) four\n# five\n> six\n    seven\n---\n===\n```\neight\n```\n\\* \\_ \\[ &copy; &#42;",
    "<at>Jade Example</at> <b>x</b> <script>alert(1)</script> &lt;at&gt;",
    "{{DATE(2026-11-20T10:40:00Z,SHORT)}} {{TIME(2026-11-20T10:40:00Z)}} {{{DATE(2026-11-20T10:40:00Z)}}} ${a} $${b}",
    '"},{"type":"Action.OpenUrl","url":"https://example.invalid"},{"x":"',
    "word " * 2000,
    "x" * 3000,
)
SENTENCES = {
    "teams.next_part": "Next part",
    "teams.earlier_part": "Earlier part",
    "teams.not_saved": "I couldn’t save that.",
}

texts = made.texts | st.sampled_from(HOSTILE)
labels = made.labels | texts.map(lambda text: text[:75])
buttons = st.builds(Button, labels, made.presses, st.sampled_from(Style), st.none() | made.writings)
passages = st.builds(
    Passage,
    st.lists(texts | st.just(""), max_size=4).map(tuple),
    st.just("") | texts,
    st.sampled_from(Tone),
)
options = st.lists(labels, min_size=1, max_size=14).map(
    lambda named: tuple(Option(f"value,{number}%", label) for number, label in enumerate(named))
)
fields = st.lists(made.ids, max_size=2, unique=True).flatmap(
    lambda steps: st.tuples(
        *(
            st.builds(Field, st.just(step), texts, options, st.booleans(), st.just(()), texts | st.just(""))
            for step in steps
        )
    )
)
cards = st.builds(
    Card,
    st.just("Handrail: a reply for you"),
    st.just("") | texts,
    st.lists(passages, max_size=4).map(tuple),
    fields,
    made.answers() | st.lists(buttons, max_size=5).map(tuple),
    st.lists(buttons, max_size=4).map(tuple),
)
views = st.builds(
    Card,
    st.just("Safeguarding: case 7F3KQW2M9P needs you"),
    st.sampled_from(("Case 7F3KQW2M9P", "", "Whom to ring now")),
    st.lists(passages, max_size=6).map(tuple),
    st.just(()),
    st.lists(buttons, max_size=5).map(tuple),
)


def say(key: str) -> str:
    """Our sentences by key."""
    return SENTENCES.get(key) or _said(key)


# --- the official schema ---


@cache
def _schema() -> Draft6Validator:
    file = importlib.resources.files("adaptive_cards") / "schemas" / "schema-1.5.json"
    return Draft6Validator(json.loads(file.read_text(encoding="utf-8")))


def faults(card: Json) -> list[str]:
    """What Microsoft's schema of version 1.5 has against a card, as it goes over the wire."""
    return [error.message for error in _schema().iter_errors(json.loads(json.dumps(card)))]


# --- what can be read ---


def nodes(tree: object) -> Iterator[Json]:
    """Every object in it, in order."""
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(inner)


def texts_of(card: Json) -> list[str]:
    """Every text that is shown for reading, in its order: not what stands on things to press or pick."""
    return [node["text"] for node in nodes(card) if node.get("type") in ("TextBlock", "TextRun")]


def read(card: Json) -> str:
    """All of it joined, as a person reads it; the signs for a bullet and for a warning are left out."""
    return seen("".join(re.sub("^(• |⚠️ )", "", text) for text in texts_of(card)))


def read_of(card: Card, *, with_title: bool = True) -> str:
    """The same of a card of the bot: its title and passages."""
    parts = [card.title if with_title else ""]
    for passage in card.passages:
        parts += [passage.heading, *passage.lines]
    return seen("".join(map(shown, parts)))


def seen(text: str) -> str:
    """What is left when nobody sees the difference: no joiners, no white space, no marks of direction."""
    return made.unturned(re.sub("[\u2060\u200b\\s]", "", text)).replace("`", "\u02cb")


def cut_labels(card: Card, *, in_dialog: bool = False) -> str:
    """What stands in small print: when a box is kept, and a second time what a client may cut on its button."""
    written = (b for b in card.buttons if b.writes and b.press.action is Action.WRITE and not in_dialog)
    boxed = next(written, None)
    small = [_small_print(button, boxed) for button in (*card.buttons, *card.footer)]
    return seen("".join(map(shown, small)))


def _small_print(button: Button, boxed: Button | None) -> str:
    if button is boxed:
        return button.writes.hint if button.writes else ""
    return button.label if len(button.label) > 34 else ""


# --- what may not be ---

_TEXT = {"type", "text", "size", "weight", "isSubtle"}
_ACTION = {"type", "title", "data", "style", "associatedInputs"}
_KNOWN = {
    "AdaptiveCard": {"type", "version", "body"},
    "TextBlock": {*_TEXT, "wrap", "style"},
    "RichTextBlock": {"type", "spacing", "inlines"},
    "TextRun": _TEXT,
    "Container": {"type", "style", "spacing", "items"},
    "ActionSet": {"type", "spacing", "separator", "actions"},
    "Action.Execute": {*_ACTION, "verb", "fallback"},
    "Action.Submit": _ACTION,
    "Input.ChoiceSet": {"type", "id", "label", "style", "isMultiSelect", "wrap", "choices", "spacing"},
    "Input.Text": {"type", "id", "label", "isMultiline", "maxLength", "spacing", "value", "isRequired", "errorMessage"},
}
_DATA = {"handrail", "nonce", "msteams"}


def alive(card: Json) -> list[Json]:
    """Everything in which Teams would read markup, work something out, follow an address or draw a picture."""
    return [node for node in nodes(card) if _is_alive(node)]


def _is_alive(node: Json) -> bool:
    kind = node.get("type")
    if kind is None:
        return not set(node) <= ({"title", "value"} | _DATA) or _is_marked(node.get("title", ""))
    if kind == "task/fetch":
        return set(node) != {"type"}
    if kind not in _KNOWN or not set(node) <= _KNOWN[kind]:
        return True
    worked_out = any("{{" in str(node.get(key)) or "${" in str(node.get(key)) for key in ("text", "label", "title"))
    return worked_out or (kind == "TextBlock" and _is_marked(node["text"]))


def _is_marked(text: str) -> bool:
    """Whether markdown reads anything in it but text."""
    tokens = MarkdownIt("commonmark").enable("strikethrough").parse(text)
    kinds = {token.type for outer in tokens for token in (outer, *(outer.children or ()))}
    return not kinds <= {"paragraph_open", "inline", "paragraph_close", "text", "softbreak", "hardbreak"}


def is_small(card: Json) -> bool:
    """Whether it is below 25 KB as UTF-8 and well below what Teams takes as UTF-16, as it goes over the wire."""
    sent = json.dumps(card, ensure_ascii=False)
    return len(sent.encode()) <= 25 * 1024 and len(sent.encode("utf-16-le")) <= 80_000


# --- what can be pressed ---


def actions(card: Json) -> list[Json]:
    return [action for node in nodes(card) if node.get("type") == "ActionSet" for action in node["actions"]]


def inputs(card: Json) -> list[Json]:
    return [node for node in nodes(card) if str(node.get("type")).startswith("Input.")]


def sent(card: Json, action: Json, filled: Json) -> Json:
    """What Teams sends when that is pressed with these inputs filled in, by id."""
    if action.get("associatedInputs") == "none":
        return dict(action["data"])
    return {**{each["id"]: "" for each in inputs(card)}, **filled, **action["data"]}


# --- what the real bot shows ---


async def looked_at(here: School) -> dict[str, Json]:
    """The cards and dialogs that are looked at, by name, on the way of one case."""
    found: dict[str, Json] = {}
    await here.says("A girl in my form has just told me a picture of her is going round")
    found["opening"], found["question"] = (card_json(card) for card in here.screen("teacher"))
    await here.says("no")
    found["two-fields"] = card_json(here.question())
    await here.picks({"Which academy": ["Example Academy North"], "point to an adult": ["No, nothing points to one"]})
    found["free-text"] = card_json(here.question())
    await here.says("Jade Example, year 9")
    found["long-answers"] = card_json(here.question())
    await here.presses("The child in the picture told me")
    for told in ("He said he would show everyone", "13", "no", "no"):
        await here.says(told)
    found["pick-many"] = card_json(here.question())
    found["next-steps"] = card_json(here.screen("teacher")[-2])
    await here.says("contacts")
    found["contacts"] = card_json(next(c for c in here.screen("teacher") if c.title == "Whom to ring now"))
    return {**found, **await _leads(here)}


async def _leads(here: School) -> dict[str, Json]:
    await here.says("She said: " + "they keep asking me for more and I do not know what to do. " * 300)
    post = card_json(here.channel()[0])
    opened = here.button("Open case", "dsl-north").press
    case = await here.presses("Open case", "dsl-north")
    assert case is not None
    ask = next(button for button in case.buttons if button.writes)
    assert ask.writes is not None
    return {
        "post": post,
        "case": case_dialog(case, say, opened),
        "case-last": case_dialog(case, say, opened, 99),
        "form": form_dialog(ask.writes, ask.press, say, "nonce"),
        "form-again": form_dialog(ask.writes, ask.press, say, "nonce", "Is she safe tonight?"),
    }


def small(button: Button | None = None) -> Card:
    """A card with a line and a button."""
    go = button or Button("Go on", Press(Action.GO_ON, "c4c7a3b6", 1))
    return Card("Handrail: a reply for you", "Title", (Passage(("A line",)),), buttons=(go,))


def writing(title: str = "Add a note", ask: str = "Your note", send: str = "Save") -> Writing:
    return Writing(title, ask, send)


async def draw(folder: Path) -> None:
    """Draw what is looked at, for a person to look at."""
    from tempfile import mkdtemp

    from tests.school import school
    from tests.teams_pictures import take

    with school(Path(mkdtemp())) as here:
        await take(await looked_at(here), folder)
