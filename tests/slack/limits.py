"""What Slack refuses, written down: `faults(payload)` for a message or a view about to be sent.

Pure: nothing here may touch the network or know what a card is. Each fault is Slack's own error code, a colon, and the
reason as it stands in Slack's `response_metadata.messages`. Letters are counted in UTF-16 units, which is never fewer
than Slack's server counts. Where Slack's documents are silent (an empty value, an empty rich text section) the stricter
reading is taken.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.slack.elements import element_faults
from tests.slack.shapes import (
    BOTH,
    PLAIN,
    TextRule,
    length,
    list_faults,
    name_faults,
    not_utf8,
    part_faults,
    rich_text_faults,
    text_faults,
)

BLOCKS_IN_MESSAGE, BLOCKS_IN_VIEW = 50, 100
LETTERS_IN_BLOCKS = 13_200
LETTERS_OF_TEXT = 40_000
VIEW_BYTES = 250_000
PRIVATE_METADATA = 3000
VIEW_TITLE = 24
SECTION, SECTION_FIELD, HEADER, LABEL, HINT = 3000, 2000, 150, 2000, 2000
IN_ACTIONS, IN_CONTEXT = 25, 10

_CHOICES = frozenset({"static_select", "multi_static_select", "radio_buttons", "checkboxes"})
_PRESSED = frozenset({"button", "static_select", "radio_buttons", "checkboxes", "overflow"})


def faults(payload: Mapping[str, Any]) -> list[str]:
    """Every reason why Slack would refuse this message (`text`, `blocks`) or view (`type` modal or home, or `view`)."""
    if "view" in payload:
        return list(_view(payload["view"]))
    return list(_view(payload) if payload.get("type") in ("modal", "home") else _message(payload))


def refusal(found: Sequence[str]) -> dict[str, Any]:
    """Slack's answer to a payload with these faults (at least one)."""
    code = found[0].partition(": ")[0]
    reasons = [fault.partition(": ")[2] for fault in found]
    told = {"errors": reasons} if code == "invalid_blocks" else {}
    return {"ok": False, "error": code, **told, "response_metadata": {"messages": [f"[ERROR] {r}" for r in reasons]}}


def letters(node: object) -> int:
    """How much text stands in all blocks together: every `text` that is a string, wherever it stands."""
    if isinstance(node, Mapping):
        own = length(node["text"]) if isinstance(node.get("text"), str) else 0
        return own + sum(letters(value) for value in node.values())
    return sum(letters(value) for value in node) if isinstance(node, list) else 0


def _message(payload: Mapping[str, Any]) -> Iterator[str]:
    text, blocks = payload.get("text") or "", payload.get("blocks") or []
    if not isinstance(text, str) or not isinstance(blocks, list):
        yield "invalid_blocks_format: blocks must be a list and text a string [json-pointer:/blocks]"
        return
    if not text and not blocks:
        yield "no_text: no text and no blocks [json-pointer:/text]"
    if length(text) > LETTERS_OF_TEXT:
        yield f"msg_too_long: must be less than {LETTERS_OF_TEXT + 1} characters [json-pointer:/text]"
    yield from (f"invalid_json: {fault}" for fault in not_utf8(payload, ""))
    yield from (f"invalid_blocks: {fault}" for fault in _blocks(blocks, "/blocks", BLOCKS_IN_MESSAGE, least=0))
    if letters(blocks) > LETTERS_IN_BLOCKS:
        yield f"msg_blocks_too_long: more than {LETTERS_IN_BLOCKS} characters [json-pointer:/blocks]"


def _view(view: object) -> Iterator[str]:
    if not isinstance(view, Mapping) or view.get("type") not in ("modal", "home"):
        yield "invalid_arguments: missing or unsupported type [json-pointer:/view/type]"
        return
    yield from (f"invalid_json: {fault}" for fault in not_utf8(view, "/view"))
    yield from (f"invalid_arguments: {fault}" for fault in _frame(view))
    blocks = view.get("blocks")
    least = int(view["type"] == "modal")
    yield from (f"invalid_arguments: {fault}" for fault in _blocks(blocks, "/view/blocks", BLOCKS_IN_VIEW, least))
    if len(json.dumps(view, ensure_ascii=False).encode("utf-8", "replace")) > VIEW_BYTES:
        yield f"view_too_large: more than {VIEW_BYTES} bytes [json-pointer:/view]"


def _frame(view: Mapping[str, Any]) -> Iterator[str]:
    """Title, buttons and private parts of a view."""
    modal = view["type"] == "modal"
    for name in sorted({"title", "submit", "close"} & set(view)):
        if modal:
            yield from text_faults(view[name], f"/view/{name}", TextRule(VIEW_TITLE, PLAIN))
        else:
            yield f"invalid additional property: {name} [json-pointer:/view]"
    yield from _needed(view) if modal else ()
    for name, most in (("callback_id", 255), ("external_id", 255), ("private_metadata", PRIVATE_METADATA)):
        yield from name_faults(view.get(name, ""), f"/view/{name}", most)


def _needed(view: Mapping[str, Any]) -> Iterator[str]:
    blocks = view.get("blocks")
    asks = isinstance(blocks, list) and any(isinstance(b, Mapping) and b.get("type") == "input" for b in blocks)
    if "title" not in view:
        yield "missing required field: title [json-pointer:/view]"
    if asks and "submit" not in view:
        yield "missing required field: submit, for there is an input block [json-pointer:/view]"


def _blocks(blocks: object, where: str, most: int, least: int) -> Iterator[str]:
    yield from list_faults(blocks, where, most, least=least)
    if not isinstance(blocks, list):
        return
    for number, block in enumerate(blocks):
        yield from _block(block, f"{where}/{number}")
    ids = Counter(str(b["block_id"]) for b in blocks if isinstance(b, Mapping) and b.get("block_id"))
    yield from (f"`block_id` {each!r} already exists [json-pointer:{where}]" for each, n in ids.items() if n > 1)


def _block(block: object, where: str) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if not isinstance(block, Mapping) or kind not in _CHECKS:
        yield f"unsupported type: {kind} [json-pointer:{where}/type]"
        return
    yield from name_faults(block.get("block_id", ""), f"{where}/block_id", 255)
    yield from _CHECKS[kind](block, where)
    ids = Counter(str(e["action_id"]) for e in elements_of(block) if e.get("action_id"))
    yield from (f"`action_id` {each!r} already exists [json-pointer:{where}]" for each, n in ids.items() if n > 1)


def elements_of(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The elements of one block that can be pressed, picked from or written in."""
    many = block.get("elements") if block.get("type") == "actions" else ()
    found = [*(many if isinstance(many, list) else ()), block.get("element"), block.get("accessory")]
    return [element for element in found if isinstance(element, Mapping)]


def _section(block: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(block, frozenset({"type", "block_id", "text", "fields", "accessory", "expand"}), where)
    if "text" in block:
        yield from text_faults(block["text"], f"{where}/text", TextRule(SECTION, BOTH))
    elif "fields" not in block:
        yield f"must define either `text` or `fields` [json-pointer:{where}]"
    if "fields" in block:
        yield from _texts(block["fields"], f"{where}/fields", 10, TextRule(SECTION_FIELD, BOTH))
    if "accessory" in block:
        yield from element_faults(block["accessory"], f"{where}/accessory", _PRESSED | _CHOICES | {"image"})


def _texts(texts: object, where: str, most: int, rule: TextRule) -> Iterator[str]:
    yield from list_faults(texts, where, most)
    for number, text in enumerate(texts if isinstance(texts, list) else ()):
        yield from text_faults(text, f"{where}/{number}", rule)


def _header(block: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(block, frozenset({"type", "block_id", "text", "level"}), where)
    yield from text_faults(block.get("text"), f"{where}/text", TextRule(HEADER, PLAIN))


def _context(block: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(block, frozenset({"type", "block_id", "elements"}), where)
    yield from _texts(block.get("elements"), f"{where}/elements", IN_CONTEXT, TextRule(SECTION, BOTH))


def _actions(block: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(block, frozenset({"type", "block_id", "elements"}), where)
    elements = block.get("elements")
    yield from list_faults(elements, f"{where}/elements", IN_ACTIONS)
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        yield from element_faults(element, f"{where}/elements/{number}", _PRESSED)


def _input(block: Mapping[str, Any], where: str) -> Iterator[str]:
    known = {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}
    yield from part_faults(block, frozenset(known), where)
    yield from text_faults(block.get("label"), f"{where}/label", TextRule(LABEL, PLAIN))
    if "hint" in block:
        yield from text_faults(block["hint"], f"{where}/hint", TextRule(HINT, PLAIN))
    yield from element_faults(block.get("element"), f"{where}/element", _CHOICES | {"plain_text_input"})


def _divider(block: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(block, frozenset({"type", "block_id"}), where)


_CHECKS: dict[str, Callable[[Mapping[str, Any], str], Iterator[str]]] = {
    "actions": _actions,
    "context": _context,
    "divider": _divider,
    "header": _header,
    "input": _input,
    "rich_text": rich_text_faults,
    "section": _section,
}
