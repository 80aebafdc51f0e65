"""The doctor on the app itself: its tokens and secrets, what it is allowed, its workspace, and the time.

A token or a secret is looked at and never said, not even in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.findings import Finding, Level, of_clock
from adapters.slack.api import Api, Home, open_api
from adapters.slack.manifest import SCOPES, reads_files
from adapters.slack.refusals import THROTTLED, code_of, reason_of
from bot.errors import HandrailError

CLOCK_LIMITS = (10.0, 60.0)
"""Seconds between our clock and Slack's. Past the second, Slack's signed requests are refused."""

_SECRET = re.compile(r"[0-9a-f]{32}")
_PLACE = {
    "SLACK_BOT_TOKEN": "your app at api.slack.com/apps, OAuth & Permissions, Bot User OAuth Token",
    "SLACK_APP_TOKEN": "your app at api.slack.com/apps, Basic Information, App-Level Tokens",
    "SLACK_SIGNING_SECRET": "your app at api.slack.com/apps, Basic Information, App Credentials, Signing Secret",
}
_REFUSED = re.compile(r"(invalid|token|account|not_auth|not_allowed|missing_scope|not_enabled|app_)[a-z_ :]*")
_UNREACHED = "See whether this computer may reach https://slack.com; a proxy or a firewall may stand in between."


@dataclass(frozen=True)
class Keys:
    """What the environment says of Slack, as it stands there. What is not set is ''."""

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    old_signing_secret: str = field(default="", repr=False)
    api_url: str = AsyncWebClient.BASE_URL


@dataclass(frozen=True)
class App:
    """What Slack says of the app: who it is, and the headers of its answer."""

    home: Home
    team_name: str
    headers: Mapping[str, Any]


# --- what is set ---


def of_keys(keys: Keys) -> list[Finding]:
    """What is wrong with the variables as they stand. Nothing is asked of Slack."""
    found = [_token("SLACK_BOT_TOKEN", keys.bot_token, "xoxb-")]
    if keys.app_token:
        found.append(_token("SLACK_APP_TOKEN", keys.app_token, "xapp-"))
    if keys.signing_secret:
        found.append(_secret("SLACK_SIGNING_SECRET", keys.signing_secret))
    if keys.old_signing_secret:
        found.append(_secret("SLACK_SIGNING_SECRET_OLD", keys.old_signing_secret))
    if not keys.app_token and not keys.signing_secret:
        found.append(_no_way_in())
    return [each for each in found if each]


def _token(name: str, value: str, prefix: str) -> Finding | None:
    wrong = _form(value) or ("" if value.startswith(prefix) else f"does not begin {prefix}")
    return Finding(Level.WRONG, name, f"it {wrong}.", f"Copy it from {_PLACE[name]}.") if wrong else None


def _form(value: str) -> str:
    if not value.strip():
        return "is not set, or is empty"
    return "has a space or a line break in it" if re.search(r"\s", value) else ""


def _secret(name: str, value: str) -> Finding | None:
    do = f"Copy it from {_PLACE['SLACK_SIGNING_SECRET']}."
    wrong = _form(value) or ("is a token, not the signing secret" if value.startswith(("xox", "xapp")) else "")
    if wrong:
        return Finding(Level.WRONG, name, f"it {wrong}.", do)
    if not _SECRET.fullmatch(value):
        return Finding(Level.WARN, name, "it is not 32 of the signs 0-9 and a-f, as Slack’s secrets are.", do)
    return None


def _no_way_in() -> Finding:
    sentence = "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set, so Slack cannot reach Handrail."
    return Finding(
        Level.WRONG, "the way in", sentence, f"For Socket Mode, copy SLACK_APP_TOKEN from {_PLACE['SLACK_APP_TOKEN']}."
    )


# --- what Slack says of it ---


async def ask(api: Api) -> App | Finding:
    """Who the bot token belongs to, or what is wrong with it."""
    try:
        response = await api.client.api_call("auth.test", json={})
    except SlackApiError as said:
        reason = reason_of(getattr(said.response, "status_code", 200), code_of(getattr(said.response, "data", None)))
        return _not_taken("SLACK_BOT_TOKEN", reason)
    except Exception as fault:
        return _not_taken("SLACK_BOT_TOKEN", type(fault).__name__)
    team, person = response.get("team_id"), response.get("user_id")
    if not (isinstance(team, str) and isinstance(person, str)):
        return _not_taken("SLACK_BOT_TOKEN", "its answer does not say whose it is")
    return App(Home(team, person, str(response.get("bot_id") or "")), str(response.get("team")), response.headers)


def _not_taken(name: str, reason: str) -> Finding:
    """`reason` is Slack's own code, or the kind of a fault."""
    if reason in THROTTLED:
        return Finding(Level.WRONG, name, "Slack asks to be left alone for a while.", "Try again in a minute.")
    if not _REFUSED.fullmatch(reason):
        return Finding(Level.WRONG, name, f"Slack gave no proper answer to it ({reason}).", _UNREACHED)
    do = f"Copy it again from {_PLACE[name]}. If it is not there any more, make a new one or install the app again."
    return Finding(Level.WRONG, name, f"Slack refuses it ({reason}).", do)


def of_app(app: App, now: datetime) -> Iterator[Finding]:
    """The workspace, what the app is allowed, and the time. `now` is when Slack's answer came."""
    yield Finding(Level.OK, "workspace", f"the bot token is good, and belongs to {app.team_name} ({app.home.team}).")
    yield from of_scopes(app.headers.get("x-oauth-scopes"))
    yield of_clock(app.headers.get("Date"), now, "Slack’s", CLOCK_LIMITS)


def of_scopes(header: str | None) -> Iterator[Finding]:
    """What was granted, beside what the manifest asks for."""
    if header is None:
        yield Finding(Level.WARN, "permissions", "Slack did not say which the app has.", "Try again later.")
        return
    granted = {scope.strip() for scope in header.split(",") if scope.strip()}
    missing, extra = sorted(set(SCOPES) - granted), sorted(granted - set(SCOPES))
    files = [scope for scope in extra if reads_files(scope)]
    other = [scope for scope in extra if scope not in files]
    if missing:
        yield _scopes(Level.WRONG, f"the app lacks {', '.join(missing)}.", "Add it")
    if files:
        yield _scopes(Level.WRONG, f"the app could reach files: {', '.join(files)}.", "Take it away")
    if other:
        yield _scopes(Level.WARN, f"the app may do more than it needs: {', '.join(other)}.", "Take it away")
    if not (missing or extra):
        yield Finding(Level.OK, "permissions", "the app has exactly what it needs, and nothing that reaches a file.")


def _scopes(level: Level, sentence: str, do: str) -> Finding:
    how = "at api.slack.com/apps, OAuth & Permissions, Bot Token Scopes, and then install the app again"
    return Finding(level, "permissions", sentence, f"{do} {how}.")


async def of_socket(keys: Keys) -> Finding:
    """Whether the app token opens a connection for Socket Mode. None is kept."""
    try:
        async with open_api(keys.app_token, keys.api_url) as api:
            await api.call("apps.connections.open")
    except HandrailError as fault:
        return _socket_refused(str(fault))
    return Finding(Level.OK, "SLACK_APP_TOKEN", "Slack opens a connection for it: Socket Mode is on.")


def _socket_refused(reason: str) -> Finding:
    found = _not_taken("SLACK_APP_TOKEN", reason)
    more = "The token needs the scope connections:write, and Socket Mode must be on (your app, Settings, Socket Mode)."
    return Finding(found.level, found.about, found.sentence, f"{found.do} {more}")
