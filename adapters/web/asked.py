"""What the page may ask, checked before anything is done with it. Words are let through just as they were written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, NaiveDatetime, StringConstraints

from adapters.clock import PracticeClock
from bot.message import Action, Press

Key = Annotated[str, StringConstraints(min_length=8, max_length=100)]
Words = InstanceOf[str]  # pydantic's own str refuses a lone surrogate, and people's words are never refused

YEARS = range(2000, 2100)
LONDON = "Europe/London"


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SayAsked(_Asked):
    """Somebody wrote, or offered pictures (a count; there is nothing behind it)."""

    by: str = Field(alias="as")
    key: Key
    text: Words = ""
    attachments: int = Field(default=0, ge=0, le=20)


class PressMade(_Asked):
    action: Action
    subject: str = Field(max_length=200)
    revision: int = Field(default=0, ge=0, le=2**53)
    answers: dict[str, tuple[str, ...]] = {}

    def press(self) -> Press:
        return Press(self.action, self.subject, self.revision, self.answers)


class PressAsked(_Asked):
    """Somebody pressed a button; `text` is what they wrote in the form that it opened."""

    by: str = Field(alias="as")
    key: Key
    press: PressMade
    text: Words = ""


class ClockAsked(_Asked):
    """One of: a time in London, a number of minutes, or the real time again."""

    at: NaiveDatetime | None = None
    advance_minutes: int | None = Field(default=None, ge=1, le=366 * 24 * 60)
    now: bool = False


class ChannelAsked(_Asked):
    id: str
    public: bool | None = None
    stranger: bool | None = None


def bring_to(clock: PracticeClock, asked: ClockAsked) -> None:
    """Set the clock as asked. Raises ValueError, in words for the page, for a time it does not go to."""
    if asked.now:
        clock.back_to_real()
        return
    if asked.at is None and asked.advance_minutes is None:
        raise ValueError("Choose a time for the clock.")
    wanted = _wanted(clock, asked)
    if wanted.year not in YEARS:
        raise ValueError(f"Choose a year from {YEARS.start} to {YEARS.stop - 1}.")
    clock.set(wanted)


def _wanted(clock: PracticeClock, asked: ClockAsked) -> datetime:
    if asked.at is None:
        return clock.now() + timedelta(minutes=asked.advance_minutes or 0)
    zone = ZoneInfo(LONDON) if asked.at.year in YEARS else UTC
    return datetime.combine(asked.at.date(), asked.at.time(), zone).astimezone(UTC)
