"""The time of day, real and practised. What is due, or what a time means, must never enter this room."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The computer's own clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class PracticeClock:
    """A clock that can be set and goes on ticking from there. Setting it wakes everyone who pauses, so that nothing
    due at the new time is waited for. To be set from the event loop only."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._set = asyncio.Event()

    @property
    def real(self) -> bool:
        """Whether it shows the computer's own time."""
        return not self._ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def pause(self, seconds: float) -> None:
        """Return after `seconds`, or at once when the clock is set."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._set.wait(), max(0.0, seconds))

    def set(self, at: datetime) -> None:
        """Show `at`, an aware time. Raises ValueError for a naive one."""
        if at.tzinfo is None:
            raise ValueError("a clock is set to an aware time")
        self._move(at - datetime.now(UTC))

    def advance(self, delta: timedelta) -> None:
        self._move(self._ahead + delta)

    def back_to_real(self) -> None:
        self._move(timedelta())

    def _move(self, ahead: timedelta) -> None:
        self._ahead = ahead
        woken, self._set = self._set, asyncio.Event()
        woken.set()
