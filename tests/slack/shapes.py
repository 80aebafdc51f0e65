"""The small parts that Slack's blocks are made of, and what Slack refuses in them: text objects, ids, lists, rich text.

Each check yields faults in Slack's own words, without the error code, which the caller knows. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PLAIN = ("plain_text",)
BOTH = ("plain_text", "mrkdwn")

_TEXT_PARTS = frozenset({"type", "text", "emoji", "verbatim"})
_STYLES = frozenset({"bold", "italic", "strike", "code", "underline"})
_GROUPS = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"})
_LEAF_NEEDS = {
    "text": "text",
    "emoji": "name",
    "link": "url",
    "user": "user_id",
    "channel": "channel_id",
    "broadcast": "range",
}


@dataclass(frozen=True, slots=True)
class TextRule:
    """How long a text object may be, in UTF-16 units, and of which types."""

    most: int
    kinds: tuple[str, ...] = BOTH


def length(text: str) -> int:
    """Letters as a browser counts them (UTF-16 units), which is never fewer than Slack's server counts."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def text_faults(thing: object, where: str, rule: TextRule) -> Iterator[str]:
    """What is wrong with a text object."""
    if not isinstance(thing, Mapping):
        yield f"missing required field: text object [json-pointer:{where}]"
        return
    if thing.get("type") not in rule.kinds:
        yield f"unsupported type: {thing.get('type')} [json-pointer:{where}/type]"
    if unknown := set(thing) - _TEXT_PARTS:
        yield f"invalid additional property: {sorted(unknown)} [json-pointer:{where}]"
    if thing.get("type") == "mrkdwn" and "emoji" in thing:
        yield f"invalid additional property: emoji [json-pointer:{where}]"
    yield from long_faults(thing.get("text"), f"{where}/text", rule.most)


def long_faults(text: object, where: str, most: int) -> Iterator[str]:
    """A string of 1 to `most` letters."""
    if not isinstance(text, str):
        yield f"must be a string [json-pointer:{where}]"
    elif not text:
        yield f"must be more than 0 characters [json-pointer:{where}]"
    elif length(text) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{where}]"


def name_faults(name: object, where: str, most: int) -> Iterator[str]:
    """An id that may be left out, or empty."""
    if name != "":
        yield from long_faults(name, where, most)


def list_faults(things: object, where: str, most: int, *, least: int = 1) -> Iterator[str]:
    """A list of `least` to `most` things."""
    if not isinstance(things, list):
        yield f"missing required field: a list [json-pointer:{where}]"
    elif len(things) < least:
        yield f"no less than {least} items allowed [json-pointer:{where}]"
    elif len(things) > most:
        yield f"no more than {most} items allowed [json-pointer:{where}]"


def part_faults(thing: Mapping[str, Any], known: frozenset[str], where: str) -> Iterator[str]:
    """Parts that Slack does not know."""
    if unknown := set(thing) - known:
        yield f"invalid additional property: {sorted(unknown)} [json-pointer:{where}]"


def not_utf8(node: object, where: str) -> Iterator[str]:
    """Lone surrogates: such JSON cannot be sent as UTF-8 and Slack refuses it."""
    if isinstance(node, str) and not _encodes(node):
        yield f"not valid UTF-8 [json-pointer:{where}]"
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from not_utf8(value, f"{where}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from not_utf8(value, f"{where}/{number}")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def rich_text_faults(block: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is wrong with a rich_text block."""
    yield from part_faults(block, frozenset({"type", "block_id", "elements"}), where)
    yield from list_faults(block.get("elements"), f"{where}/elements", 1000)
    for place, group in _inside(block, where):
        yield from _group_faults(group, place)


def _inside(thing: Mapping[str, Any], where: str) -> Iterator[tuple[str, object]]:
    inner = thing.get("elements")
    yield from ((f"{where}/elements/{n}", each) for n, each in enumerate(inner if isinstance(inner, list) else ()))


def _group_faults(group: object, where: str) -> Iterator[str]:
    if not isinstance(group, Mapping) or group.get("type") not in _GROUPS:
        yield f"unsupported type [json-pointer:{where}]"
        return
    yield from list_faults(group.get("elements"), f"{where}/elements", 1000)
    of_list = group["type"] == "rich_text_list"
    if of_list and group.get("style") not in ("bullet", "ordered"):
        yield f"must be bullet or ordered [json-pointer:{where}/style]"
    for place, inner in _inside(group, where):
        yield from _item_faults(inner, place) if of_list else _leaf_faults(inner, place)


def _item_faults(item: object, where: str) -> Iterator[str]:
    if not isinstance(item, Mapping) or item.get("type") != "rich_text_section":
        yield f"a list holds rich_text_section only [json-pointer:{where}]"
        return
    yield from _group_faults(item, where)


def _leaf_faults(leaf: object, where: str) -> Iterator[str]:
    if not isinstance(leaf, Mapping) or leaf.get("type") not in _LEAF_NEEDS:
        yield f"unsupported type [json-pointer:{where}]"
        return
    need = _LEAF_NEEDS[leaf["type"]]
    yield from part_faults(leaf, frozenset({"type", "style", "text", "unicode", "skin_tone", need}), where)
    yield from long_faults(leaf.get(need), f"{where}/{need}", 100_000)
    style = leaf.get("style", {})
    if not isinstance(style, Mapping) or set(style) - _STYLES or not all(v in (True, False) for v in style.values()):
        yield f"unsupported style [json-pointer:{where}/style]"
