"""Who of outside the school has just been answered: nobody is answered twice within a minute (T65).

A pupil's account may write without end. Of somebody in doubt nothing may be left out, so they must never come here.
Memory alone, and of no more people than it is made for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.message import Person
from bot.ports import Clock

REST = timedelta(minutes=1)

_REMEMBERED = 10_000


class Outsiders:
    """Guests and pupils who were given the numbers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answered: OrderedDict[str, datetime] = OrderedDict()

    def are_answered(self, who: Person) -> bool:
        """Whether they were answered within the last minute."""
        at = self._answered.get(who.key)
        return at is not None and abs(self._clock.now() - at) < REST

    @contextmanager
    def answering(self, who: Person) -> Iterator[None]:
        """They are being answered. When that raises, they were not."""
        self._answered.pop(who.key, None)
        self._answered[who.key] = self._clock.now()
        if len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        try:
            yield
        except BaseException:
            self._answered.pop(who.key, None)
            raise
