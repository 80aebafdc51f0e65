"""A Microsoft cloud that takes everything and keeps nothing, so that it costs the bench little: connector, keys, Graph.

What is said in somebody's chat is told to whoever plays them. Refusals are not played (tests/teams does that).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

import jwt

from bench.wire import serve
from tests.teams.keys import ENDORSEMENTS, ISSUER, SigningKeys, key_number, kid_of
from tests.teams.world import TENANT, Json, Room, Somebody, Team

_CALL = re.compile(
    r"/v1/\.well-known/(?P<well_known>openidconfiguration|keys)"
    r"|/graph/v1\.0/teams/[^/?]+\?.*"
    r"|/uk/v3/conversations/(?P<conversation>[^/]+)/(?P<part>activities|members|pagedmembers)(?:[/?](?P<id>.*))?"
    r"|/uk/v3/teams/(?P<team>[^/]+)(?P<channels>/conversations)?"
    r"|/uk/v3/conversations"
)


class Watcher(Protocol):
    """Whoever plays a person: what appears in their chat is told to them."""

    def posted(self, message: Json) -> None: ...


class Peer:
    """One tenant: its teams with their channels, and whoever comes. `calls` counts what the bot asked for, by kind."""

    def __init__(self, teams: Mapping[str, tuple[Team, list[Somebody]]]) -> None:
        self.calls: Counter[str] = Counter()
        self.watchers: dict[str, Watcher] = {}
        self.people: dict[str, Somebody] = {}
        self.address = ""
        self.teams = teams
        self._rooms = {channel: members for team, members in teams.values() for channel in team.channels}
        self._keys = SigningKeys(time.time)
        self._count = itertools.count(1)
        self._last = 0
        self._server: asyncio.Server | None = None
        for _, members in teams.values():
            for each in members:
                self.meet(each)

    async def open(self) -> str:
        """Serve; returns the address of everything."""
        self._server, self.address = await serve(self._answer)
        return self.address

    async def close(self) -> None:
        if self._server:
            self._server.close()

    @property
    def service_url(self) -> str:
        return f"{self.address}/uk/"

    @property
    def token(self) -> str:
        """What Teams sends with every request."""
        return self._keys.token(self.service_url)

    # --- who comes ---

    def newcomer(self) -> tuple[Somebody, Room]:
        """Somebody whom nobody has met, and their chat with the bot. All of their ids end alike."""
        tail = f"{next(self._count):012x}"
        who = Somebody(f"e0000000-0000-4000-8000-{tail}", "Sam Example", id=f"29:1example-of-a-long-id-{tail}")
        self.meet(who)
        return who, Room(f"a:1example-of-a-chat-{tail}", "personal", members=[who.key])

    def meet(self, who: Somebody) -> None:
        self.people[who.id] = self.people[who.aad] = who

    def lose(self, who: Somebody) -> None:
        for id in (who.id, who.aad):
            self.people.pop(id, None)

    def stamp(self) -> str:
        """An id that no other message has."""
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        return str(self._last)

    # --- the calls ---

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        call = _CALL.fullmatch(path)
        if call is None:
            return 404, b'{"error":{"code":"NotFound"}}'
        parts = {name: unquote(part) for name, part in call.groupdict().items() if part is not None}
        kind, answered = self._kind(method, parts)
        self.calls[kind] += 1
        return (201 if method == "POST" else 200), json.dumps(answered(parts, body)).encode()

    def _kind(self, method: str, parts: Mapping[str, str]) -> tuple[str, Callable[[Mapping[str, str], bytes], Json]]:
        if "well_known" in parts:
            return "keys", self._published
        if "team" in parts:
            return ("channels", self._channels) if "channels" in parts else ("team", self._team)
        if "conversation" not in parts:
            return ("create", self._create) if method == "POST" else ("graph", self._visible)
        does = {"members": self._member, "pagedmembers": self._page}
        if parts["part"] in does:
            return parts["part"], does[parts["part"]]
        return ("send", self._send) if method == "POST" else ("update", lambda parts, _: {"id": parts["id"]})

    def _send(self, parts: Mapping[str, str], body: bytes) -> Json:
        id, watcher = self.stamp(), self.watchers.get(parts["conversation"])
        if watcher:
            watcher.posted({**json.loads(body), "id": id})
        return {"id": id}

    def _create(self, _: Mapping[str, str], body: bytes) -> Json:
        asked, id = json.loads(body), self.stamp()
        if "activity" not in asked:
            return {"id": f"a:1chat-with-{asked['members'][0]['id']}"}
        return {"id": f"{asked['channelData']['channel']['id']};messageid={id}", "activityId": id}

    def _member(self, parts: Mapping[str, str], _: bytes) -> Json:
        return _shown(self.people[parts["id"]])

    def _page(self, parts: Mapping[str, str], _: bytes) -> Json:
        return {"members": [_shown(who) for who in self._rooms[parts["conversation"]]]}

    def _channels(self, parts: Mapping[str, str], _: bytes) -> Json:
        team, _members = self.teams[parts["team"]]
        return {"conversations": [{"id": id, "name": name, "type": kind} for id, (name, kind) in team.channels.items()]}

    def _team(self, parts: Mapping[str, str], _: bytes) -> Json:
        team, _members = self.teams[parts["team"]]
        return {"id": team.id, "name": team.name, "aadGroupId": team.group, "tenantId": TENANT}

    def _visible(self, _: Mapping[str, str], __: bytes) -> Json:
        return {"visibility": "private", "isArchived": False}

    def _published(self, parts: Mapping[str, str], _: bytes) -> Json:
        if parts["well_known"] == "openidconfiguration":
            return {"issuer": ISSUER, "jwks_uri": f"{self.address}/v1/.well-known/keys"}
        jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_number(1).public_key()))
        key = {name: jwk[name] for name in ("kty", "n", "e")}
        return {"keys": [{**key, "use": "sig", "kid": kid_of(1), "endorsements": [*ENDORSEMENTS]}]}


def _shown(who: Somebody) -> Json:
    shown = {"id": who.id, "name": who.name, "tenantId": TENANT, "userRole": who.role, "aadObjectId": who.aad}
    return {**shown, "objectId": who.aad, "email": who.upn, "userPrincipalName": who.upn}
