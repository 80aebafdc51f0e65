"""What Teams takes of a message and its Adaptive Card, roughly. What is wrong is refused, so that tests see it.

The official schema is held elsewhere; here is what Teams adds to it, and what would be dropped without a word.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.teams.world import CARD, Json

LARGEST = 28 * 1024
"""Bytes of a message, as JSON."""

MOST_ACTIONS = 6
"""Actions that Teams shows of one row."""

INPUTS = frozenset(f"Input.{kind}" for kind in ("Text", "Number", "Date", "Time", "Toggle", "ChoiceSet"))
_TEXTS = frozenset({"TextBlock", "RichTextBlock", "Image", "ImageSet", "Media", "FactSet"})
_FRAMES = frozenset({"AdaptiveCard", "Container", "ColumnSet", "Column", "ActionSet", "Table", "TableRow", "TableCell"})
_ELEMENTS = INPUTS | _TEXTS | _FRAMES
ACTIONS = frozenset(f"Action.{kind}" for kind in ("Execute", "Submit", "OpenUrl", "ShowCard", "ToggleVisibility"))
_INSIDE = ("body", "items", "columns", "rows", "cells", "images", "inlineAction", "card", "actions")
_TYPED = {"columns": "Column", "rows": "TableRow", "cells": "TableCell"}
_VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"})


def walk(node: Json) -> Iterator[Json]:
    """A card or element and everything inside it that is shown, in the order in which it stands."""
    if node.get("isVisible", True) is False:
        return
    yield node
    for name in _INSIDE:
        held = node.get(name) or ()
        for child in [held] if isinstance(held, Mapping) else held:
            if isinstance(child, Mapping):
                yield from walk({"type": _TYPED[name], **child} if name in _TYPED else dict(child))


def activity_faults(activity: Any) -> list[str]:
    """What is wrong with a message that the bot sends."""
    if not isinstance(activity, dict) or not isinstance(activity.get("type"), str):
        return ["an activity without a type"]
    attachments = activity.get("attachments") or []
    if activity["type"] == "message" and not attachments and not activity.get("text"):
        return ["an empty message"]
    if attachments and activity.get("text"):
        return ["a text beside a card: Teams makes two messages of it and gives the id of neither"]
    return [fault for attachment in attachments for fault in attachment_faults(attachment)]


def attachment_faults(attachment: Any) -> list[str]:
    """What is wrong with an attachment: anything but one Adaptive Card."""
    if not isinstance(attachment, dict) or attachment.get("contentType") != CARD:
        return ["an attachment that is no Adaptive Card"]
    return card_faults(attachment.get("content"))


def card_faults(card: Any) -> list[str]:
    """What is wrong with a card."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard" or card.get("version") not in _VERSIONS:
        return ["no Adaptive Card of version 1.5 or below"]
    nodes = list(walk(card))
    ids = Counter(str(node["id"]) for node in nodes if "id" in node)
    faults = [f"two elements are called {id_}" for id_, times in ids.items() if times > 1]
    return faults + [fault for node in nodes for fault in _faults(node)]


def too_large(body: Json) -> bool:
    return len(json.dumps(body, ensure_ascii=False).encode()) > LARGEST


def _faults(node: Json) -> Iterator[str]:
    kind = node.get("type")
    if kind not in _ELEMENTS | ACTIONS:
        yield f"an element of type {kind}"
    elif kind in INPUTS:
        yield from _input_faults(node)
    elif kind in ACTIONS:
        yield from _action_faults(node)
    elif kind == "TextBlock" and not isinstance(node.get("text"), str):
        yield "a TextBlock without a text"
    elif kind == "RichTextBlock":
        yield from _inline_faults(node)
    if len(node.get("actions") or ()) > MOST_ACTIONS:
        yield f"more than {MOST_ACTIONS} actions in a row"


def _input_faults(node: Json) -> Iterator[str]:
    if not node.get("id"):
        yield "an input without an id"
    if node["type"] == "Input.ChoiceSet":
        choices = node.get("choices")
        if not isinstance(choices, list) or not all(_is_choice(choice) for choice in choices):
            yield "a choice without a title or value"
    if node.get("isRequired") and not node.get("errorMessage"):
        yield "a required input without an errorMessage"


def _is_choice(choice: Any) -> bool:
    return isinstance(choice, dict) and isinstance(choice.get("title"), str) and isinstance(choice.get("value"), str)


def _action_faults(node: Json) -> Iterator[str]:
    if not isinstance(node.get("title"), str) or not node["title"]:
        yield "an action without a title"
    if node["type"] == "Action.OpenUrl" and not isinstance(node.get("url"), str):
        yield "an Action.OpenUrl without a url"
    fallback = node.get("fallback")
    if isinstance(fallback, dict) and fallback.get("type") not in ACTIONS:
        yield f"a fallback of type {fallback.get('type')}"


def _inline_faults(node: Json) -> Iterator[str]:
    for inline in node.get("inlines") or [None]:
        if not isinstance(inline, str) and not (isinstance(inline, dict) and inline.get("type") == "TextRun"):
            yield "an inline that is no TextRun"
