"""The Bot Framework's connector for Teams, played: conversations, messages, members and teams, as REST v3 has them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.teams.cards import activity_faults, too_large
from tests.teams.ledger import Call
from tests.teams.login import CONNECTOR, Login
from tests.teams.wire import Refused, Reply, Route
from tests.teams.world import BOT, MESSAGE_PART, Json, Message, Room, Somebody, Team, World

_V3 = "/{geo:uk|emea|amer|apac}/v3"
_CONVERSATION = _V3 + "/conversations/{conversation}"


class Connector:
    """`geo` is where Teams serves this tenant now; the others refuse. `page` is how many members it gives at once.

    `members_as` may change how a member is shown, for what Teams leaves out at times.
    """

    def __init__(self, world: World, login: Login) -> None:
        self._world, self._login = world, login
        self.geo, self.page = "uk", 500
        self.members_as: Callable[[Somebody, Json], Json] = lambda who, shown: shown

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, str, Callable[[Call], Reply]]] = [
            ("POST", _V3 + "/conversations", "conversations.create", self._create),
            ("POST", _CONVERSATION + "/activities", "activities.send", self._send),
            ("POST", _CONVERSATION + "/activities/{activity}", "activities.reply", self._send),
            ("PUT", _CONVERSATION + "/activities/{activity}", "activities.update", self._update),
            ("DELETE", _CONVERSATION + "/activities/{activity}", "activities.delete", self._delete),
            ("GET", _CONVERSATION + "/pagedmembers", "members.page", self._paged),
            ("GET", _CONVERSATION + "/members", "members.list", self._listed),
            ("GET", _CONVERSATION + "/members/{member}", "members.get", self._member),
            ("GET", _V3 + "/teams/{team}", "teams.get", self._team),
            ("GET", _V3 + "/teams/{team}/conversations", "teams.channels", self._channels),
        ]
        return [Route(verb, path, method, self._guarded(perform)) for verb, path, method, perform in table]

    def _guarded(self, perform: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        """Nothing is done without a token, nor from the wrong end of the world."""

        def guarded(call: Call) -> Reply:
            self._login.check(call, CONNECTOR)
            if call.path["geo"] != self.geo:
                raise Refused(403, "Forbidden", f"Wrong geo. Target geo: {self.geo.upper()}")
            return perform(call)

        return guarded

    # --- conversations ---

    def _create(self, call: Call) -> Reply:
        given = call.body
        channel = ((given.get("channelData") or {}).get("channel") or {}).get("id")
        tenant = ((given.get("channelData") or {}).get("tenant") or {}).get("id") or given.get("tenantId")
        if tenant != self._login.tenant:
            raise Refused(403, "Forbidden", "The tenant is not that of the bot.")
        if (given.get("bot") or {}).get("id") not in (BOT, None):
            raise Refused(400, "BadArgument", "Unknown bot")
        return self._thread(given, str(channel)) if channel else self._personal(given)

    def _personal(self, given: Json) -> Reply:
        members = given.get("members") or []
        if given.get("isGroup") or len(members) != 1 or not str(members[0].get("id", "")).startswith("29:"):
            raise Refused(400, "BadSyntax", "Bot can only create a conversation with exactly one member.")
        who = next((each for each in self._world.people.values() if each.id == members[0]["id"]), None)
        if who is None:
            raise Refused(404, "MemberNotFound")
        if not who.installed:
            raise Refused(403, "ForbiddenOperationException", "The bot is not installed in the personal scope.")
        room = self._world.personal(who.key)
        if given.get("activity"):
            return Reply(201, {"id": room.id, "activityId": self._posted(room, given["activity"]).id})
        return Reply(201, {"id": room.id})

    def _thread(self, given: Json, channel: str) -> Reply:
        room = self._world.rooms.get(channel)
        if room is None or room.kind != "channel":
            raise Refused(404, "ConversationNotFound")
        if not given.get("isGroup") or not given.get("activity"):
            raise Refused(400, "BadSyntax", "A new thread needs an activity.")
        message = self._posted(room, given["activity"])
        return Reply(201, {"id": message.conversation, "activityId": message.id})

    # --- messages ---

    def _send(self, call: Call) -> Reply:
        room, root = self._room(call)
        root = root or (call.path.get("activity", "") if room.kind == "channel" else "")
        if call.body.get("type") == "typing":
            return Reply(201, {"id": self._world.stamp()})
        return Reply(201, {"id": self._posted(room, call.body, root).id})

    def _posted(self, room: Room, activity: Any, root: str = "") -> Message:
        self._allowed(room)
        _fit(activity)
        id_ = self._world.stamp()
        thread = (root or id_) if room.kind == "channel" else ""
        text = str(activity.get("text") or "")
        return self._world.add(Message(room.id, id_, BOT, text, activity, thread))

    def _update(self, call: Call) -> Reply:
        message = self._own(call)
        _fit(call.body)
        message.earlier.append(message.activity)
        message.activity, message.text = call.body, str(call.body.get("text") or "")
        message.replaced.clear()
        return Reply(200, {"id": message.id})

    def _delete(self, call: Call) -> Reply:
        self._own(call).deleted = True
        return Reply(200)

    def _own(self, call: Call) -> Message:
        """A message of the bot, in the very conversation that is named."""
        room, root = self._room(call)
        self._allowed(room)
        message = self._world.message(room.id, call.path["activity"])
        if message is None or message.author != BOT or root not in ("", message.root):
            raise Refused(404, "ActivityNotFoundInConversation")
        return message

    def _room(self, call: Call) -> tuple[Room, str]:
        """The room and the thread of it. Raises Refused 404."""
        id_, _, root = call.path["conversation"].partition(MESSAGE_PART)
        room = self._world.rooms.get(id_)
        if room is None or (root and self._world.message(id_, root) is None):
            raise Refused(404, "ConversationNotFound")
        return room, root

    def _allowed(self, room: Room) -> None:
        """Whether the bot may write here."""
        if not self._world.bot_is_in(room):
            raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if room.kind == "personal" and self._world.members(room)[0].blocked:
            raise Refused(403, "ConversationBlockedByUser")

    # --- members ---

    def _paged(self, call: Call) -> Reply:
        members = self._members(call)
        size = min(int(call.query.get("pageSize") or 500), self.page)
        start = _start(call.query.get("continuationToken", ""))
        shown: Json = {"members": members[start : start + size]}
        if start + size < len(members):
            shown["continuationToken"] = base64.b64encode(f"from {start + size}".encode()).decode()
        return Reply(200, shown)

    def _listed(self, call: Call) -> Reply:
        return Reply(200, self._members(call))

    def _members(self, call: Call) -> list[Json]:
        room = self._seen(call)
        return [self._shown(who) for who in self._world.members(room)]

    def _seen(self, call: Call) -> Room:
        room, _ = self._room(call)
        if not self._world.bot_is_in(room):
            raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        return room

    def _member(self, call: Call) -> Reply:
        wanted = call.path["member"]
        for who in self._world.members(self._seen(call)):
            if wanted == who.id or wanted.lower() in (who.aad or who.id, who.upn):
                return Reply(200, self._shown(who))
        raise Refused(404, "MemberNotFoundInConversation")

    def _shown(self, who: Somebody) -> Json:
        shown: Json = {"id": who.id, "name": who.name, "tenantId": who.tenant, "userRole": who.role}
        if who.aad:
            first, _, last = who.name.partition(" ")
            shown |= {"objectId": who.aad, "aadObjectId": who.aad, "givenName": first, "surname": last}
            shown |= {"email": who.upn, "userPrincipalName": who.upn}
        return self.members_as(who, shown)

    # --- teams ---

    def _team(self, call: Call) -> Reply:
        team = self._found(call)
        shown = {"id": team.id, "name": team.name, "aadGroupId": team.group, "tenantId": team.tenant}
        return Reply(200, {**shown, "memberCount": len(team.members), "channelCount": len(team.channels) + 1})

    def _channels(self, call: Call) -> Reply:
        """General has no name here."""
        team = self._found(call)
        others = [{"id": id_, "name": name, "type": kind} for id_, (name, kind) in team.channels.items()]
        return Reply(200, {"conversations": [{"id": team.id, "name": None, "type": "standard"}, *others]})

    def _found(self, call: Call) -> Team:
        team = self._world.teams.get(call.path["team"])
        if team is None:
            raise Refused(404, "NotFound", "The team was not found.")
        if not team.bot:
            raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the team roster.")
        return team


def _fit(activity: Any) -> None:
    """Whether Teams takes a message. Raises Refused."""
    if faults := activity_faults(activity):
        raise Refused(400, "BadSyntax", "; ".join(faults))
    if too_large(activity):
        raise Refused(413, "MessageSizeTooBig")


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token).decode().removeprefix("from "))
    except ValueError:
        raise Refused(400, "BadArgument", "Invalid continuation token") from None
