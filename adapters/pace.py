"""How fast a platform may be written to. Pure: the time comes in as seconds that only go forward.

The figures are each door's own. Part of every burst is kept free for the lanes that matter more, so that prompts never
stand in a handoff's way. What a platform asks for on top of its rates (Retry-After) is `bot.sending`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.message import Lane

RESERVED = {Lane.HANDOFF: 0.0, Lane.ESCALATION: 0.1, Lane.RECEIPT: 0.25, Lane.PROMPT: 0.4, Lane.COSMETIC: 0.6}
"""The share of a burst that a lane leaves to the lanes above it."""

_KEPT_HERE = {Lane.RECEIPT: 0.2, Lane.PROMPT: 0.2, Lane.COSMETIC: RESERVED[Lane.COSMETIC]}
"""The share at one place: room for a handoff, and little more. A question goes nowhere but to its own teacher, who
waits for it.
"""

LONGEST_HOLD = 60.0
"""Seconds. Nobody is told to come back later than that: they ask again."""

_A_HAIR = 1e-9
_PLACES_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, and so many at once after a rest."""

    each_second: float
    burst: float


@dataclass(slots=True)
class Bucket:
    """Tokens that come back with time."""

    rate: Rate
    level: float
    at: float

    def wait(self, kept: float, now: float) -> float:
        """Seconds until one may be taken; `kept` is the share of the burst that is left to others."""
        self.level = min(self.rate.burst, self.level + max(0.0, now - self.at) * self.rate.each_second)
        self.at = max(self.at, now)
        short = 1.0 + kept * self.rate.burst - self.level
        return short / self.rate.each_second if short > _A_HAIR else 0.0

    def take(self) -> None:
        self.level -= 1.0

    def is_idle(self, now: float) -> bool:
        return self.level + (now - self.at) * self.rate.each_second >= self.rate.burst


@dataclass(slots=True)
class Way:
    """One way of writing (anew, or in place): its rate at one place and its rate in all."""

    at_one: Rate
    in_all: Rate
    everywhere: Bucket = field(init=False)
    places: dict[str, Bucket] = field(default_factory=dict)
    most: int = _PLACES_KEPT

    def __post_init__(self) -> None:
        self.everywhere = Bucket(self.in_all, self.in_all.burst, 0.0)

    def hold(self, place: str, lane: Lane, now: float) -> float:
        here = self.places.get(place) or self._first_seen(place, now)
        wait = max(here.wait(_KEPT_HERE.get(lane, 0.0), now), self.everywhere.wait(RESERVED[lane], now))
        if wait == 0.0:
            here.take()
            self.everywhere.take()
        return wait

    def _first_seen(self, place: str, now: float) -> Bucket:
        if len(self.places) >= self.most:
            self.places = {name: bucket for name, bucket in self.places.items() if not bucket.is_idle(now)}
            self.most = max(_PLACES_KEPT, 2 * len(self.places))
        made = self.places[place] = Bucket(self.at_one, self.at_one.burst, now)
        return made


class Pace:
    """The pace of one platform: of what is written anew, and of what is changed in place."""

    def __init__(self, anew: Way | None, in_place: Way | None) -> None:
        self._anew, self._in_place = anew, in_place

    @classmethod
    def open(cls) -> Pace:
        """A pace that never holds anything: for a platform that has no limits."""
        return cls(None, None)

    def hold(self, place: str, lane: Lane, in_place: bool, now: float) -> float:
        """Seconds to come back in; at 0.0 the place in the queue is taken."""
        way = self._in_place if in_place else self._anew
        return min(LONGEST_HOLD, way.hold(place, lane, now)) if way else 0.0
