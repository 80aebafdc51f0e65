"""How fast Slack may be written to. Pure: the time comes in as seconds that only go forward.

Slack takes about one message a second into a place with short bursts, and fifty updates a minute in all. Part of every
burst is kept free for the lanes that matter more, so that prompts never stand in a handoff's way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.message import Lane

RESERVED = {Lane.HANDOFF: 0.0, Lane.ESCALATION: 0.1, Lane.RECEIPT: 0.25, Lane.PROMPT: 0.4, Lane.COSMETIC: 0.6}
"""The share of a burst that a lane leaves to the lanes above it."""

_KEPT_HERE = {Lane.COSMETIC: RESERVED[Lane.COSMETIC]}
"""At one place only the cosmetic makes room: a question goes nowhere but to its own teacher, who waits for it."""

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
    """The pace of one workspace."""

    def __init__(self) -> None:
        self._anew = Way(Rate(1.0, 5.0), Rate(5.0, 60.0))
        self._in_place = Way(Rate(1.0, 3.0), Rate(50.0 / 60.0, 20.0))
        self._quiet: dict[str, float] = {}
        self._open = False

    @classmethod
    def open(cls) -> Pace:
        """A pace that never holds anything: for a Slack that has no limits."""
        pace = cls()
        pace._open = True
        return pace

    def hold(self, place: str, lane: Lane, in_place: bool, now: float) -> float:
        """Seconds to come back in; at 0.0 the place in the queue is taken.

        A handoff is not held for Slack's wish to be left alone, which its sender has to meet itself, so that it goes
        another way meanwhile (P2).
        """
        if self._open:
            return 0.0
        way = self._in_place if in_place else self._anew
        quiet = 0.0 if lane is Lane.HANDOFF else self._still_quiet("" if in_place else place, now)
        return min(LONGEST_HOLD, quiet or way.hold(place, lane, now))

    def leave_alone(self, place: str, in_place: bool, seconds: float, now: float) -> None:
        """Slack asked for quiet: at this place, or, since updates are counted together, for all of them."""
        if len(self._quiet) >= _PLACES_KEPT:
            self._quiet = {name: until for name, until in self._quiet.items() if until > now}
        self._quiet["" if in_place else place] = now + seconds

    def _still_quiet(self, place: str, now: float) -> float:
        return max(0.0, self._quiet.get(place, now) - now)
