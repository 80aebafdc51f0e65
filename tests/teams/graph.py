"""Microsoft Graph, played: a team's visibility, and which groups somebody is in."""

from __future__ import annotations

from tests.teams.ledger import Call
from tests.teams.login import GRAPH, Login
from tests.teams.wire import Refused, Reply, Route
from tests.teams.world import World

MOST_GROUPS = 20


class Graph:
    def __init__(self, world: World, login: Login) -> None:
        self._world, self._login = world, login

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/graph/v1.0/teams/{group}", "graph.team", self._team),
            Route("POST", "/graph/v1.0/users/{person}/checkMemberGroups", "graph.groups", self._groups),
        ]

    def _team(self, call: Call) -> Reply:
        self._login.check(call, GRAPH)
        team = next((each for each in self._world.teams.values() if each.group == call.path["group"]), None)
        if team is None:
            raise Refused(404, "NotFound", "No team found with Group Id.")
        shown = {"id": team.group, "displayName": team.name, "visibility": team.visibility, "isArchived": False}
        if picked := call.query.get("$select"):
            shown = {name: value for name, value in shown.items() if name in ("id", *picked.split(","))}
        return Reply(200, {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#teams/$entity", **shown})

    def _groups(self, call: Call) -> Reply:
        self._login.check(call, GRAPH)
        asked = call.body.get("groupIds")
        if not isinstance(asked, list) or not 0 < len(asked) <= MOST_GROUPS:
            raise Refused(400, "Request_BadRequest")
        who = self._world.people.get(call.path["person"].lower())
        if who is None:
            raise Refused(404, "Request_ResourceNotFound")
        return Reply(200, {"value": [group for group in asked if group in who.groups]})
