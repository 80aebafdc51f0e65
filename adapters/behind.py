"""What goes on after a platform has had its answer: a view filled, a word to one person. Nothing durable depends on it.

What was written must never enter a log: a fault is its kind and the line it came from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from bot.errors import where_it_broke

log = structlog.get_logger()


class Behind:
    """Tasks that are held until they are done (the event loop alone would let them go), and never raise."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def go(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(_carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def done(self, seconds: float = 5.0) -> None:
        """Wait for all that is going on, and end what takes longer than this."""
        if not self._tasks:
            return
        _, slow = await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in slow:
            task.cancel()


async def _carefully(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except Exception as fault:
        log.warning("not_shown", error=where_it_broke(fault))
