"""Whether Teams may be bringing a message again: it does, under a new id, when it has waited long for an answer (F5).

Only that is remembered, and only in memory: of a conversation that is not known here, it may.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.ports import Clock

PROMPT_SECONDS = 5.0
"""Teams waits for fifteen: whatever was answered by now was not brought again."""

_REMEMBERED = 10_000


class Promptness:
    """The conversations whose last message was answered promptly, and when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._prompt: OrderedDict[str, datetime] = OrderedDict()
        self._open: Counter[str] = Counter()

    @contextmanager
    def turn(self, conversation: str, sent_at: datetime | None) -> Iterator[datetime | None]:
        """The turn of one message that was sent then. Gives when the turn before it ended, if that is known to be over
        and to have been prompt: what comes now is new. Of None it may have been heard already. A turn that raises was
        not prompt.
        """
        prompt_at = self._prompt.pop(conversation, None)
        began = self._clock.now()
        self._open[conversation] += 1
        try:
            yield prompt_at
            if self._is_soon(began, sent_at) and self._open[conversation] == 1:
                self._remember(conversation)
        finally:
            self._close(conversation)

    def _is_soon(self, began: datetime, sent_at: datetime | None) -> bool:
        """Teams waits from when it sent it, and not from when we came to it."""
        now = self._clock.now()
        waited = (now - sent_at).total_seconds() if sent_at else 0.0
        return max(abs((now - began).total_seconds()), waited) <= PROMPT_SECONDS

    def _remember(self, conversation: str) -> None:
        self._prompt[conversation] = self._clock.now()
        if len(self._prompt) > _REMEMBERED:
            self._prompt.popitem(last=False)

    def _close(self, conversation: str) -> None:
        self._open[conversation] -= 1
        if not self._open[conversation]:
            del self._open[conversation]
