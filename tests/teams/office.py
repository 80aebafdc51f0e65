"""Delivering to the bot, by HTTP with Teams' own token, and the ways in which Teams delivers again.

A message that was not answered in time comes again with another id, as the real one does; an invoke only if told to.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp

from tests.teams.activities import stamped
from tests.teams.keys import SigningKeys
from tests.teams.ledger import Attempt, Delivery, Ledger
from tests.teams.trouble import Troubles
from tests.teams.world import Json, World

PATH = "/api/messages"


class Office:
    """To `url`. `patience` and `invoke_patience`: seconds in which the bot must answer; `resends` and `invoke_resends`:
    how often what was not answered in time comes again. With `signed` off no token is sent, as the Playground does.
    """

    def __init__(self, world: World, keys: SigningKeys, ledger: Ledger, troubles: Troubles) -> None:
        self.url, self.signed = "", True
        self.patience, self.invoke_patience = 15.0, 5.0
        self.resends, self.invoke_resends = 4, 0
        self.headers: Mapping[str, str] = {}
        self._world, self._keys, self._ledger, self._troubles = world, keys, ledger, troubles
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        self._session = aiohttp.ClientSession(connector=connector)

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def deliver(self, activity: Json) -> Delivery:
        """Deliver once; what was not answered in time comes again behind the caller's back (an invoke before it)."""
        delivery = Delivery(self._ledger.number(), str(activity["type"]), activity)
        self._ledger.deliveries.append(delivery)
        if self._troubles.strike(delivery.what, activity["conversation"]["id"], losing=True):
            delivery.lost = delivery.over = True
            return delivery
        await self.attempt(delivery, activity)
        if delivery.what == "invoke":
            await self._again(delivery, self.invoke_resends)
        elif delivery.what == "message" and _unanswered(delivery):
            self.later(self._again(delivery, self.resends))
        else:
            delivery.over = True
        return delivery

    async def _again(self, delivery: Delivery, times: int) -> None:
        """With a new id and time, as often as nothing is answered."""
        while times > 0 and _unanswered(delivery):
            times -= 1
            await self.resend(delivery)
        delivery.over = True
        self._ledger.ring()

    async def resend(self, delivery: Delivery) -> Attempt:
        """The same thing once more under a new id, as Teams brings it when it has waited too long."""
        id_ = self._world.stamp() if delivery.what == "message" else f"f:{self._world.fresh()}"
        return await self.attempt(delivery, stamped(delivery.activity, id_, self._world.now()))

    async def attempt(self, delivery: Delivery, activity: Json) -> Attempt:
        """One try, with whatever is given."""
        patience = self.invoke_patience if delivery.what == "invoke" else self.patience
        attempt = Attempt(self._world.now(), activity)
        await self._send(attempt, json.dumps(activity).encode(), self._headers(activity), patience)
        delivery.attempts.append(attempt)
        self._ledger.ring()
        return attempt

    async def raw(self, body: bytes, headers: Mapping[str, str] | None = None, service_url: str = "") -> Attempt:
        """Any bytes with any headers; without headers they go as JSON with a good token for `service_url`."""
        attempt = Attempt(self._world.now(), {})
        good = self._headers({"serviceUrl": service_url})
        await self._send(attempt, body, good if headers is None else headers, self.patience)
        return attempt

    def _headers(self, activity: Json) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", **self.headers}
        if self.signed:
            headers["Authorization"] = f"Bearer {self._keys.token(activity['serviceUrl'])}"
        return headers

    async def _send(self, attempt: Attempt, body: bytes, headers: Mapping[str, str], patience: float) -> None:
        assert self._session is not None, "the fake Teams is not running"
        started, timeout = time.monotonic(), aiohttp.ClientTimeout(total=patience)
        try:
            async with self._session.post(self.url, data=body, headers=headers, timeout=timeout) as answer:
                attempt.body = (await answer.read()).decode("utf-8", "replace")
                attempt.status = answer.status
        except TimeoutError:
            attempt.body = "timeout"
        except (aiohttp.ClientError, ConnectionError):
            attempt.body = "connection_failed"
        attempt.ms = (time.monotonic() - started) * 1000

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it behind the caller's back; `settled` waits for it."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _unanswered(delivery: Delivery) -> bool:
    return delivery.attempts[-1].body == "timeout" and not delivery.attempts[-1].status
