"""The one place that calls Microsoft. Whatever can happen comes out as one of the errors of `bot.errors`.

It never repeats a call but for one that was not let in for its token: the outbox owns every other retry (F6). What a
call carries must never enter a log or an error.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from adapters.breaker import Breaker
from adapters.retry_after import seconds_to_wait
from adapters.teams import refusals
from adapters.teams.credentials import Tokens
from adapters.teams.refusals import THROTTLED, UNPROVED, Meaning
from adapters.teams.us import Json
from bot.errors import HandrailError, SendAmbiguous, SendFailed, SendGone, SendRefused

JITTER_SECONDS = 1.0
"""What was turned away together does not come back together."""

_LARGEST_ANSWER = 4_000_000

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Nothing of the call can have arrived: refused, no such name, no route, no TLS, no connection in time."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `url` is whole and its parts are percent-encoded; to be made with a token, it must have been allowed.

    `key` names a look-up for being left alone when the service asks for it, '' what the outbox itself holds back.
    """

    method: str
    url: str
    body: Json | None = field(default=None, repr=False)
    key: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """What may be shut to it: all of the service, and the look-up."""
        return frozenset({"", self.key})


@dataclass(frozen=True, slots=True)
class Service:
    """What a token is asked for, and which statuses only somebody with the app's settings can mend."""

    scope: str
    faults: frozenset[int] = frozenset({UNPROVED})


@dataclass(frozen=True, slots=True)
class _Said:
    status: int
    retry_after: str | None
    text: bytes = field(repr=False)

    @property
    def is_yes(self) -> bool:
        return 200 <= self.status < 300

    @property
    def was_heard(self) -> bool:
        """Whether the service itself has looked at the call, whatever it made of it."""
        return self.is_yes or 400 <= self.status < 500

    @property
    def body(self) -> object:
        """What stands in the answer; of no answer at all, an empty one. None when it cannot be read."""
        try:
            return json.loads(self.text or b"{}")
        except (ValueError, RecursionError):
            return None


class Calls:
    """Calls of one service. `breaker.alarms` counts what was not delivered, and statuses without a class (P3, P5)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Tokens,
        service: Service,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._tokens, self._service = session, tokens, service
        self.breaker = Breaker(seconds)

    async def make(self, call: Call) -> Json:
        """The service's answer to one call.

        Raises SendFailed when it was certainly not done (with the seconds to wait), SendAmbiguous when it may have
        been, SendRefused when it never will be here, SendGone when what was to be changed stands there no more.
        Within the time that was asked for a look-up is not made (P2), and while the app itself is at fault nothing is,
        but once a minute (P4).
        """
        self.breaker.stop_if_shut(call.keys)
        said = await self._let_in(call)
        self.breaker.reached()
        if said.was_heard and said.status not in self._service.faults:
            self.breaker.opens(call.keys)
        if not said.is_yes:
            raise self._meant(call, said)
        body = said.body
        if not isinstance(body, dict):
            raise SendAmbiguous("not_json")
        return body

    async def _let_in(self, call: Call) -> _Said:
        """The answer, at the second try where the first token was not taken: that call was certainly not performed."""
        token = await self._tokens.token(self._service.scope)
        said = await self._ask(call, token)
        if said.status != UNPROVED or not token:
            return said
        self._tokens.forget(self._service.scope)
        anew = await self._tokens.token(self._service.scope)
        return said if anew == token else await self._ask(call, anew)

    async def _ask(self, call: Call, token: str) -> _Said:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = URL(call.url, encoded=True)
        try:
            async with self._session.request(
                call.method, url, json=call.body, headers=headers, allow_redirects=False
            ) as answer:
                return _Said(answer.status, answer.headers.get("Retry-After"), await _text_of(answer))
        except NEVER_SENT as fault:
            self.breaker.not_reached()
            raise SendFailed(type(fault).__name__) from None
        except Exception as fault:
            raise SendAmbiguous(type(fault).__name__) from None

    def _meant(self, call: Call, said: _Said) -> HandrailError:
        """The error to raise for an answer that was not a yes."""
        reason = refusals.reason_of(said.status, refusals.code_of(said.body))
        if said.status in self._service.faults:
            # A token that is not taken is taken nowhere; what is not permitted may be only there.
            return self.breaker.shut_for_operator("" if said.status == UNPROVED else call.key, reason)
        if refusals.is_alarming(said.status, call.method):
            self.breaker.alarm(reason)
        match refusals.meaning_of(said.status, call.method):
            case Meaning.AGAIN:
                return self._again(call, said, reason)
            case Meaning.AMBIGUOUS:
                return SendAmbiguous(reason)
            case Meaning.REFUSED:
                return SendRefused(reason)
            case Meaning.GONE:
                return SendGone(reason)

    def _again(self, call: Call, said: _Said, reason: str) -> SendFailed:
        wait = JITTER_SECONDS * (0.1 + 0.9 * secrets.randbelow(1000) / 1000)
        if said.status == THROTTLED:
            wait += seconds_to_wait(said.retry_after, datetime.now(UTC))
            if call.key:
                return self.breaker.shut(call.key, reason, wait)
        return SendFailed(reason, wait)


async def _text_of(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's bytes. Raises ValueError when there are more than any true answer has."""
    text = bytearray()
    async for part in answer.content.iter_any():
        text += part
        if len(text) > _LARGEST_ANSWER:
            raise ValueError("answer_too_large")
    return bytes(text)
