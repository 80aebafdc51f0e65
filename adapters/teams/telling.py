"""What is shown to one person past the outbox: the numbers, the first page, an answer that came too late.

Nothing durable depends on it, so it is tried a few times and no more. No case may ever be told of this way.
"""

from __future__ import annotations

from typing import Protocol

from bot.errors import SendAmbiguous, SendFailed
from bot.message import Card, Destination, Lane
from bot.ports import Clock

TRIES = 3
SHORTEST, LONGEST = 1.0, 30.0
"""Seconds between two tries, whatever was asked for."""


class Showing(Protocol):
    """A door that shows at once, at its own pace (`bot.ports.Door.hold`). `tell` raises the errors of `bot.errors` that
    begin with `Send`."""

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float: ...
    async def tell(self, destination: Destination, card: Card) -> object: ...


async def tell(door: Showing, clock: Clock, place: Destination, card: Card) -> None:
    """Show it there, and again when it was not taken, or may not have been: the numbers twice do no harm. Raises as the
    door, of the last try."""
    for more in reversed(range(TRIES)):
        try:
            await _in_turn(door, clock, place, card)
            return
        except (SendFailed, SendAmbiguous) as fault:
            if not more:
                raise
            asked = fault.retry_after if isinstance(fault, SendFailed) else 0.0
        await clock.pause(min(max(asked, SHORTEST), LONGEST))


async def _in_turn(door: Showing, clock: Clock, place: Destination, card: Card) -> None:
    """Behind every post that somebody waits for."""
    while wait := door.hold(place, Lane.COSMETIC, in_place=False):
        await clock.pause(wait)
    await door.tell(place, card)
