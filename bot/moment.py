"""What a decision may look at besides the conversation itself: the script, the trust's directory, the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.directory import Directory
from bot.hours import london
from bot.message import Option
from flows.flow import UNKNOWN, Flow, Step
from flows.phrases import Phrases
from flows.words import Words


@dataclass(frozen=True, slots=True)
class Script:
    """What is asked, what is said, and how typed words are read: the same for every conversation."""

    flow: Flow
    phrases: Phrases
    words: Words


@dataclass(frozen=True, slots=True)
class Moment:
    """One turn's now, in UTC, with the script and the directory as they stand."""

    script: Script
    directory: Directory
    now: datetime

    @property
    def flow(self) -> Flow:
        return self.script.flow

    def say(self, key: str, **filled: object) -> str:
        return self.script.phrases.say(key, **filled)

    def lines(self, key: str) -> tuple[str, ...]:
        return self.script.phrases.lines(key)

    def options(self, step: Step) -> tuple[Option, ...]:
        """What can be picked at a step, the trust's own lists filled in, `I don't know` always last."""
        return (*self._listed(step), Option(UNKNOWN, step.unknown_label))

    def label(self, step: Step, value: str) -> str:
        return next((option.label for option in self.options(step) if option.value == value), value)

    def _listed(self, step: Step) -> tuple[Option, ...]:
        if step.options_from == "academies":
            return tuple(Option(a.id, a.name) for a in self.directory.academies)
        if step.options_from == "authorities":
            return tuple(Option(a.id, a.name) for a in self.directory.authorities)
        return tuple(Option(option.value, option.label) for option in step.options)


def clock(at: datetime) -> str:
    """The time of day as read on a school's wall: `16:31`."""
    return f"{at.astimezone(london()):%H:%M}"


def day(at: datetime) -> str:
    """The date with its year: `20 November 2026`."""
    local = at.astimezone(london())
    return f"{local.day} {local:%B %Y}"
