"""What a member of staff sees of a card of ours in Teams: whether it asks something, and what they would press.

It reads what the door wrote into the card (`adapters.teams.presses`); nothing is imported from there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from bench.slack_cards import WANTED
from tests.teams.cards import walk
from tests.teams.world import Json

_PRESSED = frozenset({"Action.Execute", "Action.Submit"})


@dataclass(frozen=True)
class Card:
    """A message of the bot, as somebody reads it who is about to answer. Without a card it asks nothing."""

    message: Json

    @cached_property
    def _nodes(self) -> list[Json]:
        shown = [held["content"] for held in self.message.get("attachments", ())]
        return [node for card in shown for node in walk(card)]

    @cached_property
    def _buttons(self) -> list[tuple[Json, Json]]:
        """Every button, with the press that its data says."""
        return [(it, json.loads(it["data"]["handrail"])) for it in self._nodes if it["type"] in _PRESSED]

    @cached_property
    def revision(self) -> int:
        """The serial number of the card; 0 when it is none of a question's."""
        return max((press.get("revision", 0) for _, press in self._buttons), default=0)

    @property
    def is_question(self) -> bool:
        return any(press["action"] == "back" for _, press in self._buttons)

    @property
    def writes(self) -> Json | None:
        """The button that sends what is written in the box of the card, if it has one."""
        return next((it for it, press in self._buttons if press["action"] == "write"), None)

    @cached_property
    def picks(self) -> dict[str, str]:
        """What to pick in the fields of the card, by their ids."""
        fields = (node for node in self._nodes if node["type"] == "Input.ChoiceSet")
        return {field["id"]: _wanted([choice["value"] for choice in field["choices"]]) for field in fields}

    def wanted(self) -> Json:
        """The button that answers the question."""
        answers = {_value(press): it for it, press in self._buttons if press["action"] == "answer"}
        return answers[_wanted(list(answers))]


def _value(press: Json) -> str:
    return "".join(*press.get("answers", {"": ("",)}).values())


def _wanted(values: list[str]) -> str:
    return next((value for value in WANTED if value in values), values[0])
