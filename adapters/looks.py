"""What a door found when it looked whether a place is safe for case data, and how long that look serves (I4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.ports import Doubt

FRESH_SECONDS = 5.0
"""One look-up serves a place for this long, counted from when it began (I4)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a look-up found: a doubt that stands for every reader, or who is in the place."""

    doubt: Doubt
    members: frozenset[str] = frozenset()

    def doubt_for(self, readers: frozenset[str]) -> Doubt:
        if self.doubt is not Doubt.NONE:
            return self.doubt
        if not self.members:
            return Doubt.EMPTY
        return Doubt.NONE if self.members <= readers else Doubt.STRANGER


@dataclass(frozen=True, slots=True)
class Look:
    """One look-up, under way or done. Several askers share it."""

    began: float
    facts: asyncio.Task[Facts]

    def serves(self, now: float) -> bool:
        """Until it is too old; one that failed serves only those who waited for it."""
        failed = self.facts.done() and (self.facts.cancelled() or self.facts.result().doubt is Doubt.UNCHECKED)
        return now - self.began < FRESH_SECONDS and not failed
