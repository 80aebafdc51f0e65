"""The network side of our Slack's Web API: takes the request, lets faults strike, writes the ledger, answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from aiohttp import web

from tests.slack.ledger import Call, Ledger
from tests.slack.methods import Methods
from tests.slack.trouble import Fault, Rates, Troubles, refused
from tests.slack.world import Json

BOT_TOKEN, APP_TOKEN = "xoxb-example", "xapp-example"

_PARSED = frozenset({"blocks", "view", "metadata", "attachments"})
_PAGE = "<!DOCTYPE html><html><title>Slack</title><p>This page is not JSON.</p></html>"


class Wire:
    """`POST /api/{method}`. `opens` gives the address of a new socket for `apps.connections.open`."""

    def __init__(self, methods: Methods, ledger: Ledger, troubles: Troubles) -> None:
        self.methods, self.ledger, self.troubles = methods, ledger, troubles
        self.rates = Rates()
        self.bot_token, self.app_token = BOT_TOKEN, APP_TOKEN
        self.token_error = ""
        self.opens: Callable[[], Json] = lambda: refused("internal_error")
        self.after: Callable[[Call], None] = lambda call: None

    def mount(self, app: web.Application) -> None:
        app.router.add_route("*", "/api/{method}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call, from request to ledger."""
        arguments = await _arguments(request)
        method = request.match_info["method"]
        call = Call(self.ledger.number(), time.time(), method, arguments)
        self.ledger.calls.append(call)
        fault = self.troubles.strike(method, str(arguments.get("channel", "")))
        refusal = self._barred(request, call)
        if refusal is not None:
            return self._answered(call, refusal)
        answer = await self._struck(request, call, fault) if fault else self._answered(call, self._perform(call))
        if call.performed:
            self.after(call)
        return answer

    def _barred(self, request: web.Request, call: Call) -> web.Response | None:
        """Too many calls, or no right to call."""
        if wait := self.rates.wait(call.method, str(call.arguments.get("channel", ""))):
            return _ratelimited(str(wait))
        wrong = self._token_error(request, call.method)
        return _json(refused(wrong)) if wrong else None

    def _token_error(self, request: web.Request, method: str) -> str:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            return "not_authed"
        if method == "apps.connections.open":
            return "" if given == self.app_token else "not_allowed_token_type"
        return self.token_error or ("" if given == self.bot_token else "invalid_auth")

    def _perform(self, call: Call) -> web.Response:
        """Do it, and answer as Slack does."""
        opens = call.method == "apps.connections.open"
        answer = self.opens() if opens else self.methods.answer(call.method, call.arguments)
        call.performed = bool(answer["ok"])
        call.answer = answer
        headers = {"x-oauth-scopes": ",".join(self.methods.scopes)} if call.method == "auth.test" else {}
        return _json(answer, headers)

    def _answered(self, call: Call, response: web.Response) -> web.Response:
        """What was answered is written down."""
        call.status = response.status
        if response.content_type == "application/json" and isinstance(response.text, str):
            call.error = str(_loaded(response.text).get("error", ""))
        return response

    async def _struck(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        """The call meets a fault."""
        if fault.kind == "drop_before":
            return _hang_up(request)
        if fault.kind in ("status", "error", "html"):
            return self._answered(call, self._instead(call, fault))
        response = self._perform(call)
        if fault.kind == "drop_after_accept":
            return _hang_up(request)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        return self._answered(call, self._spoilt(call, response, fault))

    def _instead(self, call: Call, fault: Fault) -> web.Response:
        if fault.performed:
            self._perform(call)
        if fault.kind == "error":
            return _json(refused(fault.error))
        if fault.kind == "html":
            return web.Response(text=_PAGE, content_type="text/html", status=fault.status)
        if fault.status == 429:
            return _ratelimited(fault.retry_after)
        return web.Response(text="upstream trouble", status=fault.status)

    def _spoilt(self, call: Call, response: web.Response, fault: Fault) -> web.Response:
        if fault.kind == "truncated":
            text = response.text or ""
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        if fault.kind == "missing":
            return _json({key: _without(value, fault.field) for key, value in call.answer.items()})
        return response


def _without(value: Any, field: str) -> Any:
    return {key: each for key, each in value.items() if key != field} if isinstance(value, dict) else value


def _ratelimited(retry_after: str | None) -> web.Response:
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    return _json(refused("ratelimited"), headers, 429)


def _json(answer: Json, headers: dict[str, str] | None = None, status: int = 200) -> web.Response:
    dated = {"Date": formatdate(usegmt=True), **(headers or {})}
    return web.json_response(answer, status=status, headers=dated)


def _loaded(text: str) -> Json:
    loaded: Json = json.loads(text)
    return loaded


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection; what is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _arguments(request: web.Request) -> Json:
    """What was asked: query, form or JSON, with JSON inside a form read."""
    if request.content_type == "application/json":
        given: Json = {**request.query, **await request.json()}
    else:
        given = {**request.query, **await request.post()}
    given.pop("token", None)
    return {key: _parsed(key, value) for key, value in given.items()}


def _parsed(key: str, value: Any) -> Any:
    if key not in _PARSED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
