"""The Bot Framework's connector, which takes what is said in Teams and tells who is where.

A token of ours goes to allowed hosts alone, looked at anew before every call (T10).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiohttp

from adapters.teams.addresses import Address
from adapters.teams.calls import Call, Calls, Service
from adapters.teams.credentials import Tokens
from adapters.teams.us import CONNECTOR, Json, ServiceUrls
from bot.errors import SendAmbiguous, SendRefused

CALL_SECONDS = 5.0
CONNECT_SECONDS = 3.0

A_PAGE = 500
MOST_PAGES = 50
"""Twenty-five thousand members. No team holds more."""

_CONNECTIONS = 64
_PLAIN = re.compile(r"[!-~]{1,1000}")


class Connector:
    """The calls a bot may make of Teams. Each raises as `Calls.make`, and SendRefused for an address that is not
    allowed."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Tokens,
        urls: ServiceUrls,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = Calls(session, tokens, Service(CONNECTOR), seconds)
        self._urls = urls

    @property
    def trouble(self) -> str:
        """What only somebody with the app's settings can mend, or '' (P4)."""
        return self._calls.breaker.trouble

    @property
    def alarms(self) -> Counter[str]:
        """How often what could not be delivered, by its reason (P3, P5)."""
        return self._calls.breaker.alarms

    @property
    def unreached_seconds(self) -> float:
        """For how long no call has reached Teams, in seconds."""
        return self._calls.breaker.unreached_seconds

    # --- saying ---

    async def send(self, address: Address, activity: Json) -> str:
        """Say something in a conversation. Returns the new activity's id."""
        url = self._url(address.service_url, "conversations", address.conversation, "activities")
        said = await self._calls.make(Call("POST", url, _addressed(address, activity)))
        return _named(said, "no_activity_id")

    async def update(self, address: Address, activity_id: str, activity: Json) -> None:
        """Put something else where that activity stands. Raises SendGone when nothing stands there any more."""
        url = self._url(address.service_url, "conversations", address.conversation, "activities", activity_id)
        await self._calls.make(Call("PUT", url, {**_addressed(address, activity), "id": activity_id}))

    async def create(self, service_url: str, parameters: Json) -> tuple[str, str]:
        """Open a personal chat, or a channel's new thread with its first message. Returns the conversation's id, and
        the first activity's, which is '' of a chat."""
        said = await self._calls.make(Call("POST", self._url(service_url, "conversations"), parameters))
        activity = said.get("activityId")
        return _named(said, "no_conversation_id"), activity if isinstance(activity, str) else ""

    # --- looking ---

    async def member(self, address: Address, person_id: str) -> Json:
        """One member of a conversation, by their id for this bot or by Entra's."""
        url = self._url(address.service_url, "conversations", address.conversation, "members", person_id)
        return await self._look(url, f"member {address.conversation}")

    async def members(self, address: Address) -> AsyncIterator[Json]:
        """Every member of a conversation, all pages. Raises SendRefused past MOST_PAGES, and SendAmbiguous for a page
        that cannot be read."""
        url = self._url(address.service_url, "conversations", address.conversation, "pagedmembers")
        url, more = f"{url}?pageSize={A_PAGE}", ""
        for _ in range(MOST_PAGES):
            page = await self._look(url + more, f"members {address.conversation}")
            for member in _dicts(page, "members"):
                yield member
            token = page.get("continuationToken")
            if not token:
                return
            more = f"&continuationToken={_quoted(token)}"
        raise SendRefused("too_many_pages")

    async def channels(self, service_url: str, team: str) -> list[Json]:
        """The channels of a team that the bot is in."""
        url = self._url(service_url, "teams", team, "conversations")
        return _dicts(await self._look(url, f"channels {team}"), "conversations")

    async def team(self, service_url: str, team: str) -> Json:
        """A team that the bot is in: its thread's id, its name, its group in Entra."""
        return await self._look(self._url(service_url, "teams", team), f"team {team}")

    async def _look(self, url: str, key: str) -> Json:
        return await self._calls.make(Call("GET", url, key=key))

    def _url(self, service_url: str, *parts: str) -> str:
        """The whole address of a call. Raises SendRefused when no token of ours may go there."""
        if not _PLAIN.fullmatch(service_url) or not self._urls.allows(service_url):
            raise SendRefused("address_not_allowed")
        return "/".join((service_url.rstrip("/"), "v3", *map(_quoted, parts)))


def _quoted(part: object) -> str:
    """An id as one part of a path. Dots alone would lead elsewhere."""
    if not isinstance(part, str) or not part.strip("."):
        raise SendRefused("strange_id")
    return quote(part, safe="", errors="replace")


def _addressed(address: Address, activity: Json) -> Json:
    """The activity with who says it, and where."""
    return {**activity, "from": {"id": address.bot}, "conversation": {"id": address.conversation}}


def _named(said: Json, reason: str) -> str:
    """The id of what was made. Without one it may stand there, but nobody can say where."""
    id = said.get("id")
    if not isinstance(id, str) or not id:
        raise SendAmbiguous(reason)
    return id


def _dicts(said: Json, name: str) -> list[Json]:
    values = said.get(name)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise SendAmbiguous(f"no_{name}")
    return values


@asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    """One session for all calls, closed at the end. It keeps no cookies and takes no proxy from the environment."""
    pool = aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=15.0)
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, connect=CONNECT_SECONDS)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=pool, timeout=timeout, cookie_jar=jar, trust_env=False) as session:
        yield session
