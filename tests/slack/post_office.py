"""Delivering to the bot, by signed HTTP or a socket, and Slack's redelivery: of events, never of presses."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.slack.ledger import Attempt, Delivery, Kind, Ledger
from tests.slack.signing import SECRET, signed_headers
from tests.slack.sockets import Sockets
from tests.slack.trouble import Troubles
from tests.slack.world import Json

RETRY_DELAYS = (0.0, 0.02, 0.05)
"""Slack's are at once, a minute, five minutes; these are seconds, for tests."""

_SOCKET_KINDS = {"event": "events_api", "interactive": "interactive", "command": "slash_commands"}


class PostOffice:
    """To `url` if it is set, else to a socket. `patience`: seconds in which the bot must answer (Slack's three)."""

    def __init__(self, ledger: Ledger, sockets: Sockets, troubles: Troubles, now: Callable[[], float]) -> None:
        self.url = ""
        self.secret = SECRET
        self.patience = 3.0
        self.retry_delays: Sequence[float] = RETRY_DELAYS
        self._ledger, self._sockets, self._troubles, self._now = ledger, sockets, troubles, now
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def deliver(self, kind: Kind, what: str, payload: Json) -> Delivery:
        """Deliver once; what is an event and was not taken is delivered again behind the caller's back."""
        delivery = Delivery(self._ledger.number(), kind, what, payload)
        self._ledger.deliveries.append(delivery)
        channel = str((payload.get("event") or {}).get("channel") or "")
        if kind == "event" and self._troubles.strike(what, channel, "lose_events"):
            delivery.lost = delivery.over = True
            return delivery
        await self.attempt(delivery)
        if kind == "event" and self._again(delivery):
            self.later(self._redeliver(delivery))
        else:
            delivery.over = True
        return delivery

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it behind the caller's back; `settled` waits for it."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _again(self, delivery: Delivery) -> bool:
        last = delivery.attempts[-1]
        return not last.taken and last.headers.get("x-slack-no-retry") != "1"

    async def _redeliver(self, delivery: Delivery) -> None:
        for number, delay in enumerate(self.retry_delays, 1):
            await asyncio.sleep(delay)
            await self.attempt(delivery, number)
            if not self._again(delivery):
                break
        delivery.over = True

    async def attempt(self, delivery: Delivery, number: int = 0) -> Attempt:
        """One try. `number` 0 is the first; later ones say why they come."""
        attempt = Attempt(self._now(), number, _reason(delivery) if number else "")
        started = time.monotonic()
        if self.url:
            await self._by_http(delivery, attempt)
        else:
            await self._by_socket(delivery, attempt)
        attempt.ms = (time.monotonic() - started) * 1000
        delivery.attempts.append(attempt)
        return attempt

    async def _by_http(self, delivery: Delivery, attempt: Attempt) -> None:
        body, content = _encoded(delivery)
        headers = {"Content-Type": content}
        if attempt.retry:
            headers |= {"X-Slack-Retry-Num": str(attempt.retry), "X-Slack-Retry-Reason": attempt.reason}
        await self._send(attempt, body, headers | signed_headers(self.secret, self._now(), body), self.url)

    async def _send(self, attempt: Attempt, body: bytes, headers: Mapping[str, str], url: str) -> None:
        assert self._session is not None, "the fake Slack is not running"
        patience = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with self._session.post(url, data=body, headers=headers, timeout=patience) as answer:
                attempt.body = (await answer.read()).decode("utf-8", "replace")
                attempt.headers = {name.lower(): value for name, value in answer.headers.items()}
                attempt.status = answer.status
        except TimeoutError:
            attempt.body = "timeout"
        except (aiohttp.ClientError, ConnectionError):
            attempt.body = "connection_failed"

    async def raw(self, body: bytes, headers: Mapping[str, str] | None = None, url: str = "") -> Attempt:
        """Any bytes with any headers; without headers they are signed, as JSON, at this moment."""
        attempt = Attempt(self._now(), 0, "")
        signed = {"Content-Type": "application/json", **signed_headers(self.secret, self._now(), body)}
        await self._send(attempt, body, signed if headers is None else headers, url or self.url)
        return attempt

    async def _by_socket(self, delivery: Delivery, attempt: Attempt) -> None:
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "payload": delivery.payload,
            "type": _SOCKET_KINDS[delivery.kind],
            "accepts_response_payload": delivery.kind != "event",
        }
        if delivery.kind == "event":
            envelope |= {"retry_attempt": attempt.retry, "retry_reason": attempt.reason}
        missed = "timeout" if self._sockets.open else "connection_failed"
        taken, answer = await self._sockets.send(envelope, self.patience)
        attempt.status = 200 if taken else 0
        attempt.body = missed if not taken else json.dumps(answer) if answer else ""


def _reason(delivery: Delivery) -> str:
    """Why Slack delivers again, in its words."""
    last = delivery.attempts[-1]
    if last.status:
        return "http_error"
    return "http_timeout" if last.body == "timeout" else "connection_failed"


def _encoded(delivery: Delivery) -> tuple[bytes, str]:
    """The raw body and its type: events as JSON, presses as a form with JSON in it, commands as a form."""
    if delivery.kind == "event":
        return json.dumps(delivery.payload).encode(), "application/json"
    form = {"payload": json.dumps(delivery.payload)} if delivery.kind == "interactive" else delivery.payload
    return urlencode(form).encode(), "application/x-www-form-urlencoded"
