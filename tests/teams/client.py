"""What people do in Teams: say, edit, delete, mention, install, join. Each act reaches the bot in Teams' own shape."""

from __future__ import annotations

from tests.teams import activities
from tests.teams.ledger import Delivery
from tests.teams.parts import Parts
from tests.teams.reading import NotOnTheScreen
from tests.teams.world import Json, Message, Room, Somebody


class Client(Parts):
    """The people of the tenant at work. Every act returns its delivery, tried once; what comes again follows behind."""

    # --- words ---

    async def say(self, person: str, text: str = "", place: str = "") -> Delivery:
        """Typed into the personal chat with the bot, or into a group chat."""
        message = self._typed(person, self._room(person, place), text)
        return await self.deliver(activities.said(self.scene(person, place, message.root), message))

    async def attach(self, person: str, kind: str = "file", text: str = "", place: str = "") -> Delivery:
        """Say something with one file or picture (`activities.offered` knows the kinds)."""
        message = self._typed(person, self._room(person, place), text)
        activity = activities.said(self.scene(person, place, message.root), message)
        activity["attachments"] = activities.offered(kind, text, self.elsewhere)
        return await self.deliver(activity)

    async def edit(self, person: str, id_: str, text: str, place: str = "") -> Delivery:
        """Change a message of one's own."""
        message = self._own(person, id_, place)
        message.earlier.append({"text": message.text})
        message.text = text
        return await self.deliver(activities.edited(self.scene(person, place, message.root), message))

    async def delete(self, person: str, id_: str, place: str = "") -> Delivery:
        """Take back a message of one's own."""
        message = self._own(person, id_, place)
        message.deleted = True
        return await self.deliver(activities.removed(self.scene(person, place, message.root), message))

    async def undelete(self, person: str, id_: str, place: str = "") -> Delivery:
        """Bring back what one took back."""
        room = self._room(person, place)
        message = self.world.messages[room.id][id_]
        message.deleted = False
        return await self.deliver(activities.restored(self.scene(person, place, message.root), message))

    async def mention(self, person: str, place: str, text: str = "", root: str = "") -> Delivery:
        """Call the bot by name in a channel or a group chat."""
        message = self._typed(person, self._room(person, place), text, root)
        return await self.deliver(activities.mentioned(self.scene(person, place, message.root), message))

    def _typed(self, person: str, room: Room, text: str, root: str = "") -> Message:
        id_ = self.world.stamp()
        thread = (root or id_) if room.kind == "channel" else ""
        return self.world.add(Message(room.id, id_, self.world.who(person).key, text, root=thread))

    def _room(self, person: str, place: str) -> Room:
        """Where they write. Nobody writes to an app that they do not have."""
        room = self.world.place(place or person)
        if self.world.who(person) not in self.world.members(room) or not self.world.bot_is_in(room):
            raise NotOnTheScreen(f"{person} has no such conversation with the bot")
        return room

    def _own(self, person: str, id_: str, place: str) -> Message:
        message = self.world.message(self._room(person, place).id, id_)
        if message is None or message.author != self.world.who(person).key:
            raise NotOnTheScreen(f"{person} wrote no message {id_} there")
        return message

    @property
    def elsewhere(self) -> str:
        """A stranger's server. Whatever reaches it stands in the ledger as `elsewhere`."""
        return f"http://127.0.0.1:{self.wire.elsewhere}"

    # --- the app ---

    async def install(self, person: str, place: str = "") -> list[Delivery]:
        """Add the app: to oneself, or to a team (by any channel) or group chat."""
        room = self.world.place(place or person)
        self._set_bot(room, here=True)
        scene = self.scene(person, place)
        joined = activities.bot_joined(scene, self._event_id())
        return [await self.deliver(each) for each in (joined, activities.installed(scene, self._event_id(), "add"))]

    async def uninstall(self, person: str, place: str = "", *, told: bool = True) -> list[Delivery]:
        """Take the app away; without `told` the bot only finds out."""
        scene = self.scene(person, place)
        self._set_bot(scene.room, here=False)
        gone = [activities.installed(scene, self._event_id(), "remove")]
        if scene.room.kind != "personal":
            gone.insert(0, activities.bot_left(scene, self._event_id()))
        return [await self.deliver(each) for each in (gone if told else ())]

    def _set_bot(self, room: Room, *, here: bool) -> None:
        if room.kind == "personal":
            self.world.people[room.members[0]].installed = here
        elif room.team:
            self.world.teams[room.team].bot = here
        else:
            room.bot = here

    def _event_id(self) -> str:
        return f"f:{self.world.fresh()}"

    # --- members ---

    async def add(self, person: str, to: str, by: str = "", *, told: bool = True) -> list[Delivery]:
        """Somebody is let into a team or group chat."""
        who, keys = self.world.who(person), self._keys_of(to)
        keys.append(who.key)
        return await self._changed(who, to, by, "Added") if told else []

    async def remove(self, person: str, from_: str, by: str = "", *, told: bool = True) -> list[Delivery]:
        """Somebody is put out of a team or group chat."""
        who, keys = self.world.who(person), self._keys_of(from_)
        keys.remove(who.key)
        return await self._changed(who, from_, by, "Removed") if told else []

    async def _changed(self, who: Somebody, place: str, by: str, change: str) -> list[Delivery]:
        scene = self.scene(by or who.key, place)
        return [await self.deliver(activities.membership(scene, self._event_id(), [who], change))]

    def _keys_of(self, place: str) -> list[str]:
        room = self.world.place(place)
        return self.world.teams[room.team].members if room.team else room.members

    async def team_event(self, person: str, place: str, event: str) -> Delivery:
        """Something about a team or channel: teamRenamed, channelCreated, channelDeleted …"""
        return await self.deliver(activities.team_event(self.scene(person, place), self._event_id(), event))

    def new_person(self, who: Somebody) -> Somebody:
        """Somebody new in the tenant (or a guest of it)."""
        self.world.people[who.key] = who
        return who

    def activity(self, person: str, text: str = "", place: str = "") -> Json:
        """A message as Teams would send it, for a test to change and `deliver` or send by `raw`."""
        message = Message(self.world.place(place or person).id, self.world.stamp(), person, text)
        return activities.said(self.scene(person, place), message)
