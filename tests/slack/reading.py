"""What a person sees of a message or view: its text, its buttons, its fields; and what a press of one says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.slack.limits import elements_of
from tests.slack.world import Json, Message, View

Picks = Mapping[str, str | list[str]]


class NotOnTheScreen(Exception):
    """A person cannot press, pick or write in what is not there."""


def blocks_of(on: Message | View) -> list[Json]:
    """The blocks of a message or of a view."""
    blocks: list[Json] = on.blocks if isinstance(on, Message) else on.view.get("blocks", [])
    return blocks


def text_of(on: Message | View) -> str:
    """All visible text, one line for each passage: blocks if there are any (with a view's title), else the text."""
    blocks = blocks_of(on)
    title = [] if isinstance(on, Message) else _strings(on.view.get("title"))
    if isinstance(on, Message) and not blocks:
        return on.text
    return "\n".join([*title, *(line for block in blocks for line in _lines(block))])


def _lines(block: Json) -> Iterator[str]:
    if block["type"] == "rich_text":
        yield from (line for group in block["elements"] for line in _rich(group))
    else:
        yield from _strings(block)


def _rich(group: Json) -> Iterator[str]:
    """A list gives a line for each of its items, anything else one line."""
    if group["type"] == "rich_text_list":
        yield from (line for item in group["elements"] for line in _rich(item))
    else:
        yield "".join(_leaf(leaf) for leaf in group["elements"])


def _leaf(leaf: Json) -> str:
    return f":{leaf['name']}:" if leaf["type"] == "emoji" else str(leaf.get("text") or leaf.get("url") or "")


def _strings(node: Any) -> list[str]:
    """Every text object's text, in the order in which it stands."""
    if isinstance(node, Mapping):
        if isinstance(node.get("text"), str):
            return [node["text"]]
        return [text for key, value in node.items() if key not in _UNSEEN for text in _strings(value)]
    return [text for value in node for text in _strings(value)] if isinstance(node, list) else []


_UNSEEN = frozenset({"value", "action_id", "block_id", "confirm"})


def labels_of(on: Message | View) -> list[str]:
    """Everything that can be pressed: buttons, and options that dispatch as soon as they are picked."""
    return [label for block in blocks_of(on) for element in _pressed(block) for label, _ in _choices(element)]


def fields_of(on: Message | View) -> list[str]:
    """The labels of the fields that can be filled in."""
    return [block["label"]["text"] for block in blocks_of(on) if block["type"] == "input"]


def _pressed(block: Json) -> list[Mapping[str, Any]]:
    """The elements of a block that dispatch at once."""
    dispatches = block["type"] in ("actions", "section") or block.get("dispatch_action", False)
    return elements_of(block) if dispatches else []


def _choices(element: Mapping[str, Any]) -> list[tuple[str, Json | None]]:
    if element["type"] == "button":
        return [(element["text"]["text"], None)]
    return [(option["text"]["text"], option) for option in element.get("options", ())]


def action_of(on: Message | View, what: str) -> Json:
    """What `actions[0]` of a press says. `what`: a label, or an action_id (of the first option, for a choice)."""
    for block in blocks_of(on):
        for element in _pressed(block):
            for label, option in _choices(element):
                if what in (label, element["action_id"]):
                    return _action(block, element, option)
    raise NotOnTheScreen(f"nothing to press is called {what!r}; there is {labels_of(on)}")


def _action(block: Json, element: Mapping[str, Any], option: Json | None) -> Json:
    said: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if option is None:
        kept = {key: element[key] for key in ("text", "value", "style") if key in element}
        return said | kept
    many = element["type"] == "checkboxes"
    return said | ({"selected_options": [option]} if many else {"selected_option": option})


def state_of(on: Message | View, picks: Picks) -> Json:
    """`state.values`: what every field holds, with these picks by the fields' labels (or block_ids)."""
    left, state = dict(picks), dict[str, Json]()
    for block in blocks_of(on):
        for element in elements_of(block):
            if element["type"] in _EMPTY:
                picked = left.pop(_name(block), None) or left.pop(block["block_id"], None)
                state.setdefault(block["block_id"], {})[element["action_id"]] = _held(element, picked)
    if left:
        raise NotOnTheScreen(f"no field is called {sorted(left)}; there is {fields_of(on)}")
    return state


def _name(block: Json) -> str:
    return str(block.get("label", {}).get("text", block["block_id"]))


_EMPTY: Mapping[str, tuple[str, Any]] = {
    "checkboxes": ("selected_options", []),
    "multi_static_select": ("selected_options", []),
    "plain_text_input": ("value", None),
    "radio_buttons": ("selected_option", None),
    "static_select": ("selected_option", None),
}


def _held(element: Mapping[str, Any], picked: str | list[str] | None) -> Json:
    name, empty = _EMPTY[element["type"]]
    if picked is None:
        return {"type": element["type"], name: _initial(element, name, empty)}
    if name == "value":
        return {"type": element["type"], name: _typed(element, str(picked))}
    options = [_option(element, label) for label in ([picked] if isinstance(picked, str) else picked)]
    return {"type": element["type"], name: options if name == "selected_options" else options[0]}


def _initial(element: Mapping[str, Any], name: str, empty: Any) -> Any:
    return element.get(name.replace("selected", "initial") if name != "value" else "initial_value", empty)


def _typed(element: Mapping[str, Any], text: str) -> str:
    if len(text) > element.get("max_length", 3000):
        raise NotOnTheScreen(f"Slack's form takes {element.get('max_length', 3000)} letters at most")
    return text


def _option(element: Mapping[str, Any], label: str) -> Json:
    for option in element["options"]:
        if label in (option["text"]["text"], option["value"]):
            picked: Json = option
            return picked
    raise NotOnTheScreen(f"no option is called {label!r}; there is {[o['text']['text'] for o in element['options']]}")


def unanswered(view: View, state: Json) -> list[str]:
    """The labels of the fields without which Slack's client does not submit a view."""
    needed = [b for b in blocks_of(view) if b["type"] == "input" and not b.get("optional", False)]
    return [_name(b) for b in needed if not any(_value(held) for held in state[b["block_id"]].values())]


def _value(held: Json) -> Any:
    return next(value for key, value in held.items() if key != "type")
