"""Who we are in Microsoft's cloud, and which of its addresses we speak to. Nothing is called here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

DOOR = "teams"
CHANNEL = "msteams"
"""What the Bot Framework calls Teams among the channels it serves."""

CONNECTOR = "https://api.botframework.com/.default"
GRAPH = "https://graph.microsoft.com/.default"
"""What a token of ours may be for."""

_PLAIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+[A-Za-z0-9._~/-]*")
"""Nothing in it that could mean another place to somebody else: no name before an @, no escape, no query."""

HOSTS = frozenset({"smba.trafficmanager.net"})
"""Where Teams takes messages in the public cloud. The trust's IT may name others (`HANDRAIL_TEAMS_HOSTS`)."""


@dataclass(frozen=True, slots=True)
class Us:
    """The app's own id, and the one tenant that it serves. Both are '' in local mode, where nothing is proved."""

    app: str
    tenant: str

    @property
    def is_local(self) -> bool:
        return not self.app


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the cloud's own parts are. Tests put played ones in their place."""

    login: str = "https://login.microsoftonline.com"
    openid: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    issuer: str = "https://api.botframework.com"
    graph: str = "https://graph.microsoft.com/v1.0"


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """Which addresses a token of ours may be sent to (T10): https at exactly these hosts; with `loopback` plain http on
    this computer instead, and nothing else.
    """

    hosts: frozenset[str] = field(default=HOSTS)
    loopback: bool = False

    def allows(self, url: str) -> bool:
        """Whether this is a service address to speak to. Anything strange about it is a no."""
        return _allows(self.hosts, self.loopback, url)


@lru_cache(maxsize=256)
def _allows(hosts: frozenset[str], loopback: bool, url: str) -> bool:
    """Asked several times a turn, always for the same few."""
    if not _PLAIN.fullmatch(url) or ".." in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if loopback:
        return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return parts.scheme == "https" and parts.netloc in hosts and port is None
