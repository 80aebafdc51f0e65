"""What Slack is told of this app: its name, its commands, what it listens to, and the least that it must be allowed.

Pure. Nothing that could read, fetch or describe a file may ever stand in it (I5), nor a token or a secret.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from adapters.slack.receive import DISCLOSURE, ON_CALL, RAISE
from bot.errors import ConfigError

Json = dict[str, Any]

NAME = "Handrail"
PATH = "/slack/events"

_DESCRIPTION = "Tell your safeguarding lead at once, and know whom to ring and what to do next."
_SHORTCUT = "Safeguarding concern"
"""Slack refuses a shortcut whose name has more than 24 letters."""

SCOPES = {
    "app_mentions:read": "to see when somebody writes @Handrail in a channel, and point them to the direct message",
    "channels:read": "to notice that a channel has become public, or that the app was added to a public one",
    "chat:write": "to answer staff, and to post a reference in the DSLs’ channel",
    "commands": "for /disclosure, /oncall and the shortcut on a message",
    "groups:read": "to check, before every post, that the DSLs’ channel is private and who is in it",
    "im:history": "to read what staff write to Handrail itself, and to find what Slack failed to deliver",
    "im:read": "to list Handrail’s own direct messages, so that none is missed",
    "im:write": "to write to a DSL or deputy who has not written first",
    "users:read": "to tell staff from guests, bots and closed accounts, and to show the DSL a name",
}
"""Every permission that is asked for, with its reason. There is no other."""

METHODS: dict[str, tuple[str, ...]] = {
    "apps.connections.open": (),
    "auth.test": (),
    "bots.info": ("users:read",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("im:history",),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.list": ("im:read",),
    "conversations.members": ("channels:read", "groups:read"),
    "conversations.open": ("im:write",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
}
"""Every method of Slack that is called, with the scopes it needs; which of two depends on the kind of channel."""

EVENTS: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "channel_archive": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "channel_left": ("channels:read",),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unarchive": ("channels:read",),
    "channel_unshared": ("channels:read", "groups:read"),
    "group_archive": ("groups:read",),
    "group_deleted": ("groups:read",),
    "group_left": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.im": ("im:history",),
}
"""Every event that is listened to, with the scopes it needs."""

FILE_SCOPES = ("files", "remote_files", "links")
"""How the scopes begin that could reach a file or a preview of one. None may be granted (I5)."""


def reads_files(scope: str) -> bool:
    """Whether a scope could reach a file, or a preview of one."""
    return scope.partition(":")[0].partition(".")[0] in FILE_SCOPES


def manifest(url: str = "") -> Json:
    """The app's manifest: for Socket Mode, or for HTTP at the public address `url` ("https://handrail.example.org").

    Raises ConfigError when the address is not one that Slack can call.
    """
    address = _address(url) if url else ""
    scopes = {"bot": sorted(SCOPES)}
    return {
        "display_information": {"name": NAME, "description": _DESCRIPTION},
        "features": _features(address),
        "oauth_config": {"scopes": scopes},
        "settings": _settings(address),
    }


def printed(url: str = "") -> str:
    """The manifest as JSON, ready to paste. Raises as `manifest`."""
    return json.dumps(manifest(url), indent=2, ensure_ascii=False)


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
        write = "Write the address at which Slack can reach this server, as in https://handrail.example.org"
        raise ConfigError("command line", "--url", "is not an address that begins https://", write)
    return url if parts.path == PATH else f"{url.rstrip('/')}{PATH}"


def _features(address: str) -> Json:
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": NAME, "always_online": True},
        "shortcuts": [
            {
                "name": _SHORTCUT,
                "type": "message",
                "callback_id": RAISE,
                "description": "Raise a safeguarding concern. Nothing is taken from the message itself.",
            }
        ],
        "slash_commands": [
            _command(DISCLOSURE, "Tell your safeguarding lead what a child has told you.", address),
            _command(ON_CALL, "Whom to ring this minute.", address),
        ],
    }


def _command(command: str, description: str, address: str) -> Json:
    hint = {"usage_hint": "(press Enter; you are answered privately)"}
    where = {"url": address} if address else {}
    return {"command": command, "description": description, "should_escape": False, **hint, **where}


def _settings(address: str) -> Json:
    where = {"request_url": address} if address else {}
    return {
        "event_subscriptions": {**where, "bot_events": sorted(EVENTS)},
        "interactivity": {"is_enabled": True, **where},
        "org_deploy_enabled": False,
        "socket_mode_enabled": not address,
        "token_rotation_enabled": False,
    }
