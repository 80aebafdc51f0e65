"""What happens to channels and people behind the bot's back: made public, shared, archived, joined, deactivated."""

from __future__ import annotations

from tests.slack.acts import Acts
from tests.slack.answers import person_json
from tests.slack.ledger import Delivery
from tests.slack.world import BOT, OTHER_TEAM, TEAM, Json, Room


class Changes(Acts):
    """The administrators at work. With `tell` the bot gets the event that Slack has for it."""

    async def adds_bot(self, channel: str, by: str) -> Delivery | None:
        """Somebody invites the bot."""
        self.world.rooms[channel].members.append(BOT)
        return await self._joined(channel, BOT, by, tell=True)

    async def add_member(self, channel: str, person: str, by: str = "", *, tell: bool = True) -> Delivery | None:
        self.world.rooms[channel].members.append(person)
        return await self._joined(channel, person, by, tell=tell)

    async def remove_member(self, channel: str, person: str, *, tell: bool = True) -> Delivery | None:
        room = self.world.rooms[channel]
        room.members.remove(person)
        gone: Json = {"type": "member_left_channel", "user": person, "channel": channel, "team": TEAM}
        return await self._told(gone | {"channel_type": _letter(room)}, tell=tell)

    async def remove_bot(self, channel: str, *, tell: bool = True) -> Delivery | None:
        room = self.world.rooms[channel]
        room.members.remove(BOT)
        return await self._told({"type": f"{room.kind}_left", "channel": channel}, tell=tell)

    async def make_public(self, channel: str, *, tell: bool = True) -> Delivery | None:
        room = self.world.rooms[channel]
        room.private = False
        said: Json = {"type": "message", "subtype": "channel_convert_to_public", "channel": channel, "text": ""}
        return await self._told(said | {"ts": self.world.stamp(), "channel_type": "channel"}, tell=tell)

    async def share(self, channel: str, how: str = "external", *, tell: bool = True) -> Delivery | None:
        """`how`: external, pending (invited, not yet accepted) or org."""
        room = self.world.rooms[channel]
        if how == "external":
            room.ext_shared = True
        elif how == "org":
            room.org_shared = True
        else:
            room.pending_ext_shared = True
            room.pending_shared, room.pending_connected_team_ids = [OTHER_TEAM], [OTHER_TEAM]
        shared = {"type": "channel_shared", "connected_team_id": OTHER_TEAM, "channel": channel}
        return await self._told(shared, tell=tell and how != "pending")

    async def archive(self, channel: str, *, tell: bool = True) -> Delivery | None:
        room = self.world.rooms[channel]
        room.archived = True
        return await self._told({"type": f"{room.kind}_archive", "channel": channel}, tell=tell)

    async def deactivate(self, person: str, *, tell: bool = True) -> Delivery | None:
        self.world.people[person].deleted = True
        return await self._person_changed(person, tell=tell)

    async def make_guest(self, person: str, *, tell: bool = True) -> Delivery | None:
        self.world.people[person].guest = True
        return await self._person_changed(person, tell=tell)

    async def _joined(self, channel: str, person: str, by: str, *, tell: bool) -> Delivery | None:
        room = self.world.rooms[channel]
        joined: Json = {"type": "member_joined_channel", "user": person, "channel": channel, "team": TEAM}
        return await self._told(joined | {"channel_type": _letter(room)} | ({"inviter": by} if by else {}), tell=tell)

    async def _person_changed(self, person: str, *, tell: bool) -> Delivery | None:
        return await self._told({"type": "user_change", "user": person_json(self.world.people[person])}, tell=tell)

    async def _told(self, event: Json, *, tell: bool) -> Delivery | None:
        return await self.event({**event, "event_ts": self.world.stamp()}) if tell else None


def _letter(room: Room) -> str:
    return "G" if room.private else "C"
