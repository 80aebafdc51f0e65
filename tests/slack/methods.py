"""Slack's Web API over the world: each method takes its arguments and gives Slack's answer. No network in here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.slack.answers import message_json, person_json, room_json
from tests.slack.limits import faults, refusal
from tests.slack.trouble import refused
from tests.slack.views import Views
from tests.slack.world import APP, BOT, BOT_ID, TEAM, Json, Message, Room, World

Method = Callable[[Json], Json]

SCOPES = (
    "app_mentions:read",
    "channels:read",
    "chat:write",
    "commands",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "users:read",
)

NEEDS: Mapping[str, str] = {
    "bots.info": "users:read",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "im:history",
    "conversations.list": "im:read",
    "conversations.open": "im:write",
    "users.info": "users:read",
}
"""The scope that each method needs. What is asked about a channel needs the scope of its kind."""

_READS = {"im": "im:read", "group": "groups:read", "channel": "channels:read"}


class Methods:
    """The Web API. `page` caps how many things one answer holds; `strict` False skips the checks of blocks."""

    def __init__(self, world: World, scopes: Sequence[str] = SCOPES) -> None:
        self.world = world
        self.scopes = tuple(scopes)
        self.page = 1000
        self.strict = True
        self._of: dict[str, Method] = {
            "auth.test": self._auth_test,
            "bots.info": self._bots_info,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.list": self._list,
            "conversations.members": self._members,
            "conversations.open": self._open,
            "users.info": self._who,
            **Views(world, self.refused_for_form).methods(),
        }

    def answer(self, method: str, arguments: Json) -> Json:
        """Do it, and say what Slack says."""
        do = self._of.get(method)
        if do is None:
            return refused("unknown_method", req_method=method)
        need = self._need(method, arguments)
        if need and need not in self.scopes:
            return refused("missing_scope", needed=need, provided=",".join(self.scopes))
        return do(arguments)

    def _need(self, method: str, arguments: Json) -> str:
        if method in ("conversations.info", "conversations.members"):
            room = self.world.rooms.get(str(arguments.get("channel")))
            return _READS[room.kind] if room else ""
        return NEEDS.get(method, "")

    # --- who ---

    def _auth_test(self, _: Json) -> Json:
        return {
            "ok": True,
            "url": "https://example-academies.slack.com/",
            "team": "Example Academies",
            "user": "handrail",
            "team_id": TEAM,
            "user_id": BOT,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _bots_info(self, arguments: Json) -> Json:
        if arguments.get("bot") not in (None, BOT_ID):
            return refused("bot_not_found")
        return {
            "ok": True,
            "bot": {"id": BOT_ID, "deleted": False, "name": "Handrail", "app_id": APP, "user_id": BOT, "icons": {}},
        }

    def _who(self, arguments: Json) -> Json:
        who = self.world.people.get(str(arguments.get("user")))
        return {"ok": True, "user": person_json(who)} if who else refused("user_not_found")

    # --- messages ---

    def _writable(self, channel: object) -> Room | str:
        """Where the bot may write, or Slack's error."""
        room = self._seen(channel, people=True)
        if room is None:
            return "channel_not_found"
        if room.archived:
            return "is_archived"
        if BOT not in room.members:
            return "not_in_channel"
        return room

    def _seen(self, channel: object, *, people: bool = False) -> Room | None:
        """A channel that the bot can see: a private one only as its member."""
        if people and str(channel) in self.world.people and channel != BOT:
            return self.world.direct(str(channel))
        room = self.world.rooms.get(str(channel))
        return room if room and (BOT in room.members or not room.private) else None

    def refused_for_form(self, payload: Json) -> Json | None:
        """Slack's refusal of a message or view that breaks its limits."""
        found = faults(payload) if self.strict else []
        return refusal(found) if found else None

    def _post(self, arguments: Json) -> Json:
        room = self._writable(arguments.get("channel"))
        if isinstance(room, str):
            return refused(room)
        if wrong := self.refused_for_form(arguments):
            return wrong
        if room.person and (who := self.world.people.get(room.person)) and who.bot:
            return refused("cannot_dm_bot")
        message = self.world.add(self._made(room, arguments))
        return {"ok": True, "channel": room.id, "ts": message.ts, "message": message_json(message)}

    def _made(self, room: Room, arguments: Json, to: str = "") -> Message:
        blocks = self.world.dress(arguments.get("blocks") or [])
        text, metadata = arguments.get("text") or "", arguments.get("metadata")
        stamp = self.world.stamp()
        return Message(
            room.id, stamp, BOT, text, blocks, ephemeral_to=to, metadata=metadata, arguments=_plain(arguments)
        )

    def _update(self, arguments: Json) -> Json:
        room = self._writable(arguments.get("channel") if str(arguments.get("channel")) in self.world.rooms else "")
        if isinstance(room, str):
            return refused(room)
        message = self.world.messages.get(room.id, {}).get(str(arguments.get("ts")))
        if message is None or message.deleted:
            return refused("message_not_found")
        if message.author != BOT:
            return refused("cant_update_message")
        if wrong := self.refused_for_form(arguments):
            return wrong
        self.replace(message, arguments)
        told = {"text": message.text, "message": message_json(message)}
        return {"ok": True, "channel": room.id, "ts": message.ts, **told}

    def replace(self, message: Message, arguments: Json) -> None:
        """Put other words in the place of a message."""
        message.earlier.append({"text": message.text, "blocks": message.blocks})
        message.text = arguments.get("text") or ""
        message.blocks = self.world.dress(arguments.get("blocks") or [])
        message.arguments = _plain(arguments)

    def _delete(self, arguments: Json) -> Json:
        message = self.world.message(str(arguments.get("channel")), str(arguments.get("ts")))
        if message is None:
            return refused("message_not_found")
        if message.author != BOT:
            return refused("cant_delete_message")
        message.deleted = True
        return {"ok": True, "channel": message.channel, "ts": message.ts}

    def _post_ephemeral(self, arguments: Json) -> Json:
        room = self._writable(arguments.get("channel"))
        if isinstance(room, str):
            return refused("channel_not_found" if room == "not_in_channel" else room)
        who = str(arguments.get("user"))
        if who not in room.members:
            return refused("user_not_in_channel")
        if wrong := self.refused_for_form(arguments):
            return wrong
        message = self._made(room, arguments, to=who)
        self.world.ephemerals.append(message)
        return {"ok": True, "message_ts": message.ts}

    # --- channels ---

    def _info(self, arguments: Json) -> Json:
        room = self._seen(arguments.get("channel"))
        if room is None:
            return refused("channel_not_found")
        shown = room_json(room)
        if str(arguments.get("include_num_members")).lower() not in ("true", "1"):
            shown.pop("num_members", None)
        return {"ok": True, "channel": shown}

    def _members(self, arguments: Json) -> Json:
        room = self._seen(arguments.get("channel"))
        if room is None:
            return refused("channel_not_found")
        return self._paged("members", list(room.members), arguments)

    def _list(self, arguments: Json) -> Json:
        kinds = str(arguments.get("types") or "public_channel").split(",")
        wanted = [_KINDS[kind] for kind in kinds if kind in _KINDS]
        rooms = [room for room in self.world.rooms.values() if room.kind in wanted and self._seen(room.id)]
        return self._paged("channels", [room_json(room) for room in rooms], arguments)

    def _history(self, arguments: Json) -> Json:
        room = self._seen(arguments.get("channel"))
        if room is None:
            return refused("channel_not_found")
        oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9999999999")
        inclusive = str(arguments.get("inclusive")).lower() in ("true", "1")
        found = [m for m in self.world.standing(room.id) if _between(m.ts, oldest, latest, inclusive=inclusive)]
        answer = self._paged("messages", [message_json(m) for m in reversed(found)], arguments)
        return {**answer, "has_more": "response_metadata" in answer, "pin_count": 0}

    def _open(self, arguments: Json) -> Json:
        who = str(arguments.get("users") or "")
        if who not in self.world.people:
            return refused("user_not_found")
        room = self.world.direct(who)
        return {"ok": True, "no_op": False, "already_open": False, "channel": {"id": room.id}}

    def _paged(self, name: str, things: list[Any], arguments: Json) -> Json:
        """One page of things, with a cursor to the next if there is one, as Slack does."""
        start = _start(arguments.get("cursor"))
        if start is None:
            return refused("invalid_cursor")
        limit = min(int(arguments.get("limit") or 100), self.page)
        rest = start + limit < len(things)
        cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if rest else ""
        always = name != "messages"
        more = {"response_metadata": {"next_cursor": cursor}} if rest or always else {}
        return {"ok": True, name: things[start : start + limit], **more}


_KINDS = {"im": "im", "private_channel": "group", "public_channel": "channel"}


def _between(ts: str, oldest: str, latest: str, *, inclusive: bool) -> bool:
    at, first, last = (_micros(each) for each in (ts, oldest, latest))
    return first <= at <= last if inclusive else first < at < last


def _micros(ts: str) -> int:
    whole, _, part = ts.partition(".")
    return int(whole) * 1_000_000 + int(f"{part:0<6}"[:6])


def _start(cursor: object) -> int | None:
    """Where a page begins; None for a cursor that Slack never gave."""
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(str(cursor), validate=True).decode().removeprefix("next:"))
    except ValueError:
        return None


def _plain(arguments: Json) -> Json:
    """What was asked for beside text and blocks: how links and names are to be read."""
    return {key: value for key, value in arguments.items() if key not in ("blocks", "text", "channel")}
