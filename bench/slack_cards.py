"""What a member of staff sees of a card of ours in Slack: whether it asks something, and what they would press.

It reads what the door wrote into the blocks (`adapters.slack.presses`); nothing is imported from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.slack.reading import blocks_of
from tests.slack.world import Json, Message

WANTED = ("north", "none", "no", "13_15", "calm")
"""The answers that are picked where there are any of these; else the first."""


@dataclass(frozen=True)
class Card:
    """A message of the bot, as somebody reads it who is about to answer."""

    message: Message

    @cached_property
    def _buttons(self) -> list[tuple[Json, Json]]:
        """Every button, with the press that its value says."""
        return [(each, json.loads(each["value"])) for each in self._pressable() if each["type"] == "button"]

    def _pressable(self) -> Iterator[Json]:
        for block in blocks_of(self.message):
            if block["type"] == "actions":
                yield from block["elements"]

    @cached_property
    def revision(self) -> int:
        """The serial number of the card; 0 when it is none of a question's."""
        return max((press.get("revision", 0) for _, press in self._buttons), default=0)

    @property
    def is_question(self) -> bool:
        return any(press["action"] == "back" for _, press in self._buttons)

    @property
    def writes(self) -> str:
        """The `action_id` of the button that opens a form for the answer, or ''."""
        return next((it["action_id"] for it, press in self._buttons if press["action"] == "write"), "")

    def picks(self) -> dict[str, str | list[str]]:
        """What to pick in the fields of the card, by their names."""
        found: dict[str, str | list[str]] = {}
        for block in blocks_of(self.message):
            if block["type"] == "input":
                value = _wanted([option["value"] for option in _options(block["element"])])
                found[block["block_id"]] = [value] if "check" in block["element"]["type"] else value
        return found

    def wanted(self) -> str:
        """The label of the button or option that answers the question."""
        by_value = {value: label for label, value in self._answers()}
        return by_value[_wanted(list(by_value))]

    def _answers(self) -> Iterator[tuple[str, str]]:
        for it, press in self._buttons:
            if press["action"] == "answer":
                yield it["text"]["text"], "".join(*press.get("answers", {"": ("",)}).values())
        for it in self._pressable():
            for option in it.get("options", ()):
                yield option["text"]["text"], json.loads(option["value"])[0]


def _options(element: Json) -> list[Json]:
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(option for group in groups for option in group["options"])]


def _wanted(values: list[str]) -> str:
    return next((value for value in WANTED if value in values), values[0])
