"""What a person sees of a card: its text, its buttons, its fields; and what a press of one sends. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tests.teams.cards import INPUTS, walk
from tests.teams.world import Json, Message

Picks = Mapping[str, str | Sequence[str]]
"""What is picked or written, by a field's label, id, or step (an id without what stands before its ":")."""

_PRESSED = frozenset({"Action.Execute", "Action.Submit"})
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~>|&])")


class NotOnTheScreen(Exception):
    """A person cannot press, pick or write in what is not there."""


def card_of(on: Message | Json, person: str = "") -> Json:
    """The card on a message, as one person sees it."""
    return on.card_for(person) if isinstance(on, Message) else on


def text_of(on: Message | Json, person: str = "") -> str:
    """All visible text, one line for each piece: of a card if there is one, else the message's own."""
    card = card_of(on, person)
    if not card:
        return on.text if isinstance(on, Message) else ""
    return "\n".join(line for node in walk(card) for line in _lines(node))


def _lines(node: Json) -> Iterator[str]:
    kind = node["type"]
    if kind == "TextBlock":
        yield _ESCAPED.sub(r"\1", node["text"])
    elif kind == "RichTextBlock":
        yield "".join(inline if isinstance(inline, str) else inline["text"] for inline in node["inlines"])
    elif kind == "FactSet":
        yield from (f"{fact['title']} {fact['value']}" for fact in node["facts"])
    elif kind in INPUTS:
        yield from _said_by(node)
    elif kind.startswith("Action."):
        yield node["title"]


def _said_by(field: Json) -> Iterator[str]:
    said = (field.get("label"), field.get("title"), field.get("placeholder"), field.get("value"))
    yield from (each for each in said[:3] if each)
    yield from (choice["title"] for choice in field.get("choices") or ())
    if field["type"] == "Input.Text" and said[3]:
        yield said[3]


def labels_of(on: Message | Json, person: str = "") -> list[str]:
    """Everything that can be pressed."""
    return [node["title"] for node in walk(card_of(on, person)) if node.get("type") in _PRESSED]


def inputs_of(on: Message | Json, person: str = "") -> list[Json]:
    """The fields that can be filled in, as they stand in the card."""
    return [node for node in walk(card_of(on, person)) if node["type"] in INPUTS]


def options_of(on: Message | Json, field: str, person: str = "") -> list[str]:
    """The titles of a field's choices. Raises NotOnTheScreen."""
    found = _field(inputs_of(on, person), field)
    return [choice["title"] for choice in found.get("choices") or ()]


def action_of(card: Json, label: str, *, old: bool = False) -> Json:
    """What is pressed under a label: the fallback, in an `old` client that knows no Action.Execute.

    Raises NotOnTheScreen.
    """
    for node in walk(card):
        if node["type"] in _PRESSED and node["title"] == label:
            return _old(node) if old else node
    raise NotOnTheScreen(f"nothing to press is called {label!r}; there is {labels_of(card)}")


def _old(action: Json) -> Json:
    if action["type"] == "Action.Submit":
        return action
    fallback = action.get("fallback")
    if not isinstance(fallback, dict) or fallback.get("type") != "Action.Submit":
        raise NotOnTheScreen(f"an old client has nothing for {action['title']!r}")
    return fallback


def filled(card: Json, label: str, picks: Picks, words: str, *, empty: bool = True) -> Json:
    """What the inputs of a card hold when a button is pressed, by id. `words` stand in the field nearest above it.

    With `empty`, what was left empty is there as ''; otherwise it is left out. Raises NotOnTheScreen.
    """
    fields = inputs_of(card)
    given = {_field(fields, name)["id"]: value for name, value in picks.items()}
    if words:
        given[_written(card, label)["id"]] = words
    held = {field["id"]: _held(field, given.get(field["id"])) for field in fields}
    missing = [field["id"] for field in fields if field.get("isRequired") and not held[field["id"]]]
    if missing:
        raise NotOnTheScreen(f"not sent without {missing}")
    return {id_: value for id_, value in held.items() if value or empty}


def _field(fields: Sequence[Json], name: str) -> Json:
    for field in fields:
        if name in (field["id"], field["id"].partition(":")[2], field.get("label")):
            return field
    raise NotOnTheScreen(f"no field is called {name!r}; there is {[field['id'] for field in fields]}")


def _written(card: Json, label: str) -> Json:
    """The last text field above a button, else the first of all."""
    texts: list[Json] = []
    for node in walk(card):
        if node["type"] == "Input.Text":
            texts.append(node)
        elif texts and node["type"] in _PRESSED and node["title"] == label:
            return texts[-1]
    if not texts:
        raise NotOnTheScreen("there is nothing to write in")
    return texts[0]


def _held(field: Json, given: str | Sequence[str] | None) -> str:
    if given is None:
        return str(field.get("value") or "")
    if field["type"] == "Input.ChoiceSet":
        return _picked(field, [given] if isinstance(given, str) else list(given))
    text = given if isinstance(given, str) else "\n".join(given)
    if len(text) > field.get("maxLength", len(text)):
        raise NotOnTheScreen(f"{field['id']} takes {field['maxLength']} letters at most")
    return text


def _picked(field: Json, wanted: Sequence[str]) -> str:
    """The values of these choices, by title or value, joined as Teams joins them."""
    if len(wanted) > 1 and not field.get("isMultiSelect"):
        raise NotOnTheScreen(f"{field['id']} takes one choice")
    return ",".join(_value(field, each) for each in wanted)


def _value(field: Json, wanted: str) -> str:
    for choice in field["choices"]:
        if wanted in (choice["title"], choice["value"]):
            return str(choice["value"])
    raise NotOnTheScreen(f"no choice is called {wanted!r}; there is {[c['title'] for c in field['choices']]}")
