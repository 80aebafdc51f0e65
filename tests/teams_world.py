"""A school's Teams and Graph for a scripted cloud: one team, one group chat, two leads. All of it can be changed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.message import Destination, Reach
from tests.scripted_teams import APP, CHANNEL, CHAT, GROUP, JADE, SAM, TEAM, TENANT, Called

TO_CHANNEL, TO_CHAT = (Destination("teams", Reach.CHANNEL, id) for id in (CHANNEL, CHAT))
TO_JADE, TO_SAM = (Destination("teams", Reach.PERSON, id) for id in (JADE, SAM))
READERS = frozenset({TO_JADE.key.replace("person:", ""), TO_SAM.key.replace("person:", "")})


def member(id: str, name: str, /, **more: Any) -> dict[str, Any]:
    account = {
        "id": f"29:{name.lower()}",
        "aadObjectId": id,
        "objectId": id,
        "name": f"{name} Example",
        "userPrincipalName": f"{name.lower()}@staff.example.org",
        "tenantId": TENANT,
        "userRole": "user",
    }
    return {**account, **more}


def refused(status: int, code: str = "Refused") -> web.Response:
    return web.json_response({"error": {"code": code, "message": "not said"}}, status=status)


@dataclass
class World:
    """What each look-up finds; `wrong` answers instead of everything whose address ends so."""

    members: list[dict[str, Any]] = field(default_factory=lambda: [member(JADE, "Jade"), member(SAM, "Sam")])
    channels: list[Any] = field(default_factory=lambda: [{"id": TEAM, "name": None}, {"id": CHANNEL, "name": "Leads"}])
    team: dict[str, Any] = field(default_factory=lambda: {"id": TEAM, "name": "Safeguarding", "aadGroupId": GROUP})
    graph: dict[str, Any] = field(default_factory=lambda: {"visibility": "private", "isArchived": False})
    groups: list[str] = field(default_factory=list)
    page: int = 1
    wrong: dict[str, Any] = field(default_factory=dict)
    said: int = 0

    def answer(self, call: Called) -> Any:
        for ending, said in self.wrong.items():
            if call.plain.partition("?")[0].endswith(ending):
                return said(call) if callable(said) else copy.deepcopy(said)
        return self._said(call) if call.method != "GET" or "/activities" in call.plain else self._found(call)

    def _said(self, call: Called) -> Any:
        if call.plain.endswith("checkMemberGroups"):
            return {"value": [group for group in call.body["groupIds"] if group in self.groups]}
        if call.method == "PUT":
            return {"id": call.plain.rpartition("/")[2]}
        self.said += 1
        if call.plain.endswith("/activities"):
            return web.json_response({"id": f"17{self.said}"}, status=201)
        return web.json_response(self._made(call.body), status=201)

    def _made(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["isGroup"]:
            channel = asked["channelData"]["channel"]["id"]
            return {"id": f"{channel};messageid=17{self.said}", "activityId": f"17{self.said}"}
        return {"id": f"a:{asked['members'][0]['id']}"}

    def _found(self, call: Called) -> Any:
        path, _, query = call.plain.partition("?")
        if "/graph/" in path:
            return self.graph
        if path.endswith("/pagedmembers"):
            return self._page(int(query.partition("continuationToken=")[2] or 0))
        if "/members/" in path:
            return self._member(path.rpartition("/")[2])
        return {"conversations": self.channels} if path.endswith("/conversations") else self.team

    def _page(self, begin: int) -> dict[str, Any]:
        more = str(begin + self.page) if begin + self.page < len(self.members) else None
        return {"members": self.members[begin : begin + self.page], "continuationToken": more}

    def _member(self, id: str) -> Any:
        found = (each for each in self.members if id in (each.get("id"), each.get("aadObjectId"), each.get("objectId")))
        return next(found, None) or refused(404, "MemberNotFoundInConversation")


def bot() -> dict[str, Any]:
    return {"id": f"28:{APP}", "name": "Handrail"}
