"""The Bolt app: which of Slack's requests goes to which part of the reception, and what is answered when that fails.

Bolt's own loggers write whole bodies when something goes wrong (F10), so they are silenced here; its own check of
signatures is left out for a stricter one (`adapters.slack.edge`). Only a projection may enter.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.modal import WRITING
from adapters.slack.projection import Json, Us
from adapters.slack.receive import DISCLOSURE, ON_CALL, RAISE, Reception
from bot.errors import StoreUnavailable, where_it_broke

Take = Callable[[Json], Awaitable[Json | None]]
Listen = Callable[..., Awaitable[BoltResponse]]

log = structlog.get_logger()

SILENT = ("slack_bolt", "slack_sdk")
OF_CHANNELS = (
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_unarchive",
    "member_left_channel",
)
"""Events after which a channel's safety is looked up anew."""


def build_app(reception: Reception, client: AsyncWebClient) -> AsyncApp:
    """The app of one workspace. It answers an event only after it is kept, and asks Slack nothing before that: what
    auth.test said at the start is its authorization (F1).
    """
    app = AsyncApp(
        name="slack_bolt.handrail",
        logger=hush(),
        client=client,
        authorize=_AtStart(reception.us, client.token),
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
    )
    _listen(app, reception)
    app.error(_when_broken)
    return app


def _listen(app: AsyncApp, reception: Reception) -> None:
    """The commonest first: Bolt asks its listeners in order."""
    app.block_action(re.compile(""))(_listener(reception.press))
    app.event("message")(_listener(reception.event))
    app.view(WRITING)(_listener(reception.submit))
    app.event("app_home_opened")(_listener(reception.home_opened))
    app.event("app_mention")(_listener(reception.event))
    app.event("member_joined_channel")(_listener(reception.joined))
    app.command(DISCLOSURE)(_listener(reception.disclosure))
    app.command(ON_CALL)(_listener(reception.on_call))
    app.shortcut(RAISE)(_listener(reception.shortcut))
    for kind in OF_CHANNELS:
        app.event(kind)(_listener(reception.channel_changed))


def _listener(take: Callable[[Json], Awaitable[Any]]) -> Listen:
    async def listen(body: Json) -> BoltResponse:
        return BoltResponse(status=200, body=await take(body) or "")

    return listen


async def _when_broken(error: Exception) -> BoltResponse:
    """What nobody here listens to is answered 200, what could not be kept 503: then Slack sends it again (F1)."""
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200)
    log.error("slack_not_heard", error=where_it_broke(error))
    return BoltResponse(status=503 if isinstance(error, StoreUnavailable) else 500)


class _AtStart(AsyncAuthorize):
    """The same authorization for every request."""

    def __init__(self, us: Us, token: str | None) -> None:
        self._result = AuthorizeResult(
            enterprise_id=None, team_id=us.team, bot_token=token, bot_id=us.bot, bot_user_id=us.person
        )

    async def __call__(self, **_: object) -> AuthorizeResult:
        return self._result


def hush() -> logging.Logger:
    """Silence the libraries that log bodies, whatever level the root has. Returns the logger whose silence Bolt copies
    to its own. To be called at start.
    """
    for name in SILENT:
        library = logging.getLogger(name)
        library.setLevel(logging.CRITICAL)
        library.propagate = False
        if not library.handlers:
            library.addHandler(logging.NullHandler())
    return logging.getLogger(SILENT[0])
