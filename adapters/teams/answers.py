"""What a request of Teams is answered with, in the shapes that Teams knows. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.teams.us import Json

CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE = "application/vnd.microsoft.activity.message"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, and for an invoke its body."""

    status: int = 200
    body: Json | None = None


def sentence(text: str) -> Answer:
    """To a press of `Action.Execute`: a line that only whoever pressed sees, below the card."""
    return Answer(200, {"statusCode": 200, "type": MESSAGE, "value": text})


def dialog(shown: Json) -> Answer:
    """To `task/fetch` and `task/submit`: what the dialog is to show (`adapters.teams.dialogs`)."""
    return Answer(200, {"task": {"type": "continue", "value": shown}})


CLOSED = Answer(200, {})
"""To `task/submit`: the dialog closes."""
