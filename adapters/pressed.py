"""What a button carries to a platform and back: a press as one short text, the same on every platform.

Nothing is remembered between the two: all that a press needs stands in the text itself. What is not exactly of ours is
no press (T20), and whether it still counts is for the bot to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.message import Action, Press, Writing

LONGEST_PICK = 150
_SAFE = str.maketrans({"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"})

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Value = Annotated[str, StringConstraints(max_length=LONGEST_PICK)]


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press. `writes` is the form to open before it counts; `page` the part of a long view that was asked for."""

    press: Press
    writes: Writing | None = None
    page: int = 0


class Read(BaseModel):
    """What is read of ours: exactly of its type, and nothing beside it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class _Kept(Read):
    action: Action
    subject: str = Field(max_length=200)
    revision: int = Field(default=0, ge=0, le=2**53)
    answers: dict[Id, tuple[Value, ...]] = {}
    writes: tuple[str, str, str] | None = None
    page: int = Field(default=0, ge=0, le=1000)


def packed(press: Press, writes: Writing | None = None, page: int = 0) -> str:
    """The press, with the form that goes before it and the part of a view."""
    kept: dict[str, Any] = {"action": press.action, "subject": press.subject}
    if press.revision:
        kept["revision"] = press.revision
    if press.answers:
        kept["answers"] = {step: list(values) for step, values in press.answers.items()}
    if writes:
        kept["writes"] = [writes.title, writes.ask, writes.send]
    if page:
        kept["page"] = page
    return compact(kept)


def unpacked(text: str) -> Pressed:
    """The press in a text that `packed` made. Raises ValueError for anything that is not exactly one of ours."""
    kept = _Kept.model_validate_json(text)
    press = Press(kept.action, kept.subject, kept.revision, kept.answers)
    return Pressed(press, Writing(*kept.writes) if kept.writes else None, kept.page)


def compact(kept: Mapping[str, Any] | Sequence[str]) -> str:
    """Platforms escape `&`, `<` and `>` in some of what they send back, so none of them stands here as itself."""
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).translate(_SAFE)
