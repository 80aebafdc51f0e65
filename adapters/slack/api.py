"""The one place that calls Slack. Whatever can happen comes out as one of the errors of `bot.errors`.

It never repeats a call: the outbox owns every retry (F6). What a call carries must never enter a log or an error.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.breaker import Breaker
from adapters.retry_after import seconds_to_wait
from adapters.slack.refusals import (
    GONE,
    THROTTLED,
    WHOLE_APP,
    Meaning,
    code_of,
    is_unheard_of,
    meaning_of,
    reason_of,
    scopes_wanted,
)
from bot.errors import HandrailError, SendAmbiguous, SendFailed, SendGone, SendRefused

CALL_SECONDS = 5.0
CONNECT_SECONDS = 3.0
_CONNECTIONS = 64

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
"""Nothing of the call can have reached Slack: refused, no such name, no route, no TLS, no connection in time."""

_READS = frozenset(
    {
        "bots.info",
        "conversations.history",
        "conversations.info",
        "conversations.list",
        "conversations.members",
        "users.info",
    }
)
_PER_PLACE = frozenset({"chat.postMessage", "chat.postEphemeral"})
_LOOK_UPS = frozenset({"conversations.info", "conversations.members"})


@dataclass(frozen=True, slots=True)
class Home:
    """Who we are: the workspace, the bot's own id as a member of it and as a bot, and the app's, '' when not learnt."""

    team: str
    person: str
    bot: str = ""
    app: str = ""


class Api:
    """Slack's Web API through one client. `breaker.alarms` counts errors that nobody has given a class to (P3)."""

    def __init__(self, client: AsyncWebClient, seconds: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self.breaker = Breaker(seconds)

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Slack's answer to one call, made once.

        Raises SendFailed when it was certainly not done (with the seconds to wait), SendAmbiguous when it may have
        been, SendRefused when it never will be here, SendGone when what was to be changed stands there no more.
        Within the time that Slack asked for nothing is called (P2), and while the app itself is at fault at most once
        a minute (P4).
        """
        self.breaker.stop_if_shut(_keys(method, arguments))
        try:
            answer = await self._ask(method, arguments)
        except SlackApiError as said:
            self.breaker.reached()
            raise self._meant(method, arguments, said.response) from None
        except NEVER_SENT as fault:
            self.breaker.not_reached()
            raise SendFailed(type(fault).__name__) from None
        except Exception as fault:
            raise SendAmbiguous(type(fault).__name__) from None
        self.breaker.reached()
        self.breaker.opens(_keys(method, arguments))
        return answer

    async def _ask(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method in _READS:
            response = await self.client.api_call(method, http_verb="GET", params=arguments)
        else:
            response = await self.client.api_call(method, json=arguments)
        data: dict[str, Any] = response.data  # type: ignore[assignment]
        return data

    def _meant(self, method: str, arguments: dict[str, Any], response: Any) -> HandrailError:
        """The error to raise for an answer that was not ok."""
        data = getattr(response, "data", None)
        status: int = getattr(response, "status_code", None) or response.status
        reason = reason_of(status, code_of(data))
        if reason in THROTTLED:
            wait = seconds_to_wait(response.headers.get("Retry-After"), datetime.now(UTC))
            return self.breaker.shut(_rate_key(method, arguments), reason, wait)
        if is_unheard_of(reason):
            self.breaker.alarm(reason)
        match meaning_of(reason):
            case Meaning.AGAIN:
                return SendFailed(reason)
            case Meaning.AMBIGUOUS:
                return SendAmbiguous(reason)
            case Meaning.REFUSED:
                return SendGone(reason) if reason in GONE else SendRefused(reason)
            case Meaning.OPERATOR:
                told = f"{reason} {scopes_wanted(data)}".strip()
                return self.breaker.shut_for_operator(_fault_key(method, arguments, reason), told)


def _keys(method: str, arguments: dict[str, Any]) -> tuple[str, str, str]:
    """What may be shut: the whole app, a method, a method for one place."""
    return "", method, f"{method} {arguments.get('channel', '')}"


def _rate_key(method: str, arguments: dict[str, Any]) -> str:
    _, whole, here = _keys(method, arguments)
    return here if method in _PER_PLACE else whole


def _fault_key(method: str, arguments: dict[str, Any], reason: str) -> str:
    """A channel that may not be looked at has become public: no fault of the look-ups of the other channels."""
    app, whole, here = _keys(method, arguments)
    if reason in WHOLE_APP:
        return app
    return here if method in _LOOK_UPS else whole


@asynccontextmanager
async def open_api(token: str, base_url: str = AsyncWebClient.BASE_URL) -> AsyncIterator[Api]:
    """The API with one session for all calls, closed at the end. `base_url` may be a Slack that is played in a test."""
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=15.0)
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, connect=CONNECT_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Api(_client(token, base_url, session))


def _client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    # At its own level the SDK writes every body down for debugging (F10), and takes the time for it at every call.
    mute = logging.Logger("slack_calls", logging.CRITICAL)
    client = AsyncWebClient(token, base_url, session=session, retry_handlers=[], logger=mute)
    if urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1"):
        client.proxy = None
    return client


async def find_home(api: Api) -> Home:
    """Who the token belongs to. Raises as `Api.call`, and SendRefused when Slack's answer does not say."""
    said = await api.call("auth.test")
    team, person = said.get("team_id"), said.get("user_id")
    if not (isinstance(team, str) and team and isinstance(person, str) and person):
        raise SendRefused("auth_test_incomplete")
    bot = str(said.get("bot_id") or "")
    return Home(team, person, bot, await _app_of(api, bot))


async def _app_of(api: Api, bot: str) -> str:
    """The app's own id, which Slack tells of the bot (T08); '' when it does not."""
    try:
        found = (await api.call("bots.info", bot=bot)).get("bot")
    except HandrailError:
        return ""
    app = found.get("app_id") if isinstance(found, dict) else None
    return app if isinstance(app, str) else ""


async def try_socket(api: Api, app_token: str) -> str:
    """Why a socket cannot be opened with this token, as Slack says it, or ''; '' too while Slack cannot be reached."""
    try:
        await api.client.apps_connections_open(app_token=app_token)
    except SlackApiError as said:
        reason = code_of(getattr(said.response, "data", None))
        return reason if meaning_of(reason) is Meaning.OPERATOR else ""
    except Exception:
        return ""
    return ""


class Calls(Protocol):
    """Whatever calls Slack."""

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]: ...


async def pages(api: Calls, method: str, most: int, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
    """Every page of a list, in Slack's order. Raises as `Api.call`, and SendRefused past `most` pages."""
    for _ in range(most):
        page = await api.call(method, **arguments)
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
        arguments["cursor"] = cursor
    raise SendRefused("too_many_pages")
