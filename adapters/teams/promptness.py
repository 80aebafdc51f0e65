"""Whether Teams may be bringing a message again: it does, under a new id, when it has waited long for an answer (F5).

Only that is remembered, and only in memory: of a conversation that is not known here, it may.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from bot.ports import Clock

PROMPT_SECONDS = 5.0
"""Teams waits for fifteen: whatever was answered by now was not brought again."""

_REMEMBERED = 10_000


class Promptness:
    """The conversations whose last message was answered promptly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._prompt: OrderedDict[str, None] = OrderedDict()
        self._open: Counter[str] = Counter()

    @contextmanager
    def turn(self, conversation: str) -> Iterator[bool]:
        """The turn of one message. Gives whether what it brings may have been heard already: unless the turn before is
        known to be over, and to have been prompt. A turn that raises was not.
        """
        may_be_again = self._prompt.pop(conversation, self) is self
        began = self._clock.now()
        self._open[conversation] += 1
        try:
            yield may_be_again
            took = abs((self._clock.now() - began).total_seconds())
            if took <= PROMPT_SECONDS and self._open[conversation] == 1:
                self._remember(conversation)
        finally:
            self._close(conversation)

    def _remember(self, conversation: str) -> None:
        self._prompt[conversation] = None
        if len(self._prompt) > _REMEMBERED:
            self._prompt.popitem(last=False)

    def _close(self, conversation: str) -> None:
        self._open[conversation] -= 1
        if not self._open[conversation]:
            del self._open[conversation]
