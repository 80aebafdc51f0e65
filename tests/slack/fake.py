"""The fake Slack: a real server on loopback that plays a whole workspace for the bot, and never plays nice.

    async with FakeSlack(people, channels) as slack:
        slack.deliver_to(bot_url)                       # or let the bot connect by Socket Mode
        await slack.says("U1", "hello")
        assert text_of(slack.screen("U1")[-1])

Nothing of the bot may be imported here: this is the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.slack.answers import message_json
from tests.slack.changes import Changes
from tests.slack.ledger import Attempt, Call, Delivery
from tests.slack.limits import faults
from tests.slack.parts import shown, shown_view
from tests.slack.payloads import changed, said
from tests.slack.reading import NotOnTheScreen, fields_of, labels_of, text_of
from tests.slack.trouble import Fault, FaultKind
from tests.slack.world import BOT, Json, Message, Room, Somebody, View

__all__ = ["BOT", "FakeSlack", "Fault", "Message", "NotOnTheScreen", "Room", "Somebody", "View", "text_of"]


class FakeSlack(Changes):
    """One workspace with one bot in it, served on 127.0.0.1. Use it as an async context manager, or open and close."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self, port: int = 0, *parts: Any) -> str:
        """Serve; returns the address. `parts` may add routes of their own."""
        app = web.Application(client_max_size=8 * 1024 * 1024)
        for mount in (self.wire.mount, self.sockets.mount, self._mount, *parts):
            mount(app)
        self.wire.after = self._echo
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.office.open()
        await self._listen(port)
        return self.address

    async def _listen(self, port: int) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", port)
        await self._site.start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}"
        self.sockets.address = f"ws://127.0.0.1:{port}"

    async def close(self) -> None:
        await self.office.close()
        await self.sockets.close_all()
        await self._runner.cleanup()

    async def down(self) -> None:
        """Slack cannot be reached at all: connections are refused, and those that stand are cut."""
        await self._site.stop()
        self._cut()

    async def up(self) -> None:
        """Slack can be reached again, at the same address."""
        await self._listen(int(self.address.rpartition(":")[2]))

    def _cut(self) -> None:
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            if connection.transport is not None:
                connection.transport.abort()

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL (`base_url` of the client) is to be."""
        return f"{self.address}/api/"

    # --- settings ---

    def deliver_to(self, url: str, secret: str = "") -> None:
        """Deliver by signed HTTP to this URL (none: over Socket Mode)."""
        self.office.url = url
        self.office.secret = secret or self.office.secret

    def set_up(self, **given: Any) -> None:
        """Settings by name: patience, retry_delays, secret, page, strict, scopes, rates, trigger_life, token_error,
        bot_token, app_token, echoes, refusing (sockets), url."""
        places = {"rates": (self.wire.rates, "on"), "refusing": (self.sockets, "refusing")}
        places |= {name: (self.office, name) for name in ("patience", "retry_delays", "secret", "url")}
        places |= {name: (self.methods, name) for name in ("page", "strict", "scopes")}
        places |= {name: (self.wire, name) for name in ("token_error", "bot_token", "app_token")}
        places |= {"trigger_life": (self.world, "trigger_life"), "echoes": (self, "echoes")}
        for name, value in given.items():
            setattr(*places[name], value)

    def fault(self, kind: FaultKind, method: str = "", **more: Any) -> Fault:
        """Let something go wrong (`trouble.Fault`); returns it, with its hits."""
        return self.troubles.add(Fault(kind, method, **more))

    def all_well(self) -> None:
        """Every fault is lifted."""
        self.troubles.clear()

    # --- reading ---

    def screen(self, person: str) -> list[Message]:
        """What stands in somebody's direct messages with the bot now, oldest first, their own messages too."""
        return self.channel(self.world.direct(person).id)

    def from_bot(self, person: str) -> list[Message]:
        """Of these, what the bot wrote."""
        return [message for message in self.screen(person) if message.author == BOT]

    def channel(self, id: str) -> list[Message]:
        """What stands in a channel now."""
        return [shown(message) for message in self.world.standing(id)]

    def ephemerals(self, person: str) -> list[Message]:
        """What was shown to somebody alone and then vanishes."""
        return [shown(message) for message in self.world.ephemerals if message.ephemeral_to == person]

    def views_of(self, person: str, *, all: bool = False) -> list[View]:
        """Somebody's open modals, the top one last; with `all` the closed ones too."""
        found = (view for view in self.world.views.values() if view.person == person and view.view["type"] == "modal")
        return [shown_view(view) for view in found if all or not view.closed]

    def home(self, person: str) -> View | None:
        """Somebody's App Home, once it was published."""
        home = self.world.homes.get(person)
        return shown_view(home) if home else None

    def with_label(self, person: str, label: str) -> Message:
        """The newest message in somebody's direct messages that has this button. Raises NotOnTheScreen."""
        for message in reversed(self.screen(person)):
            if label in labels_of(message):
                return message
        there = [each for message in self.screen(person) for each in labels_of(message)]
        raise NotOnTheScreen(f"{person} has no button {label!r}; there is {there}")

    def calls(self, *methods: str, performed: bool = False) -> list[Call]:
        """The bot's calls from the ledger, of these methods (none: all)."""
        return self.ledger.performed(*methods) if performed else self.ledger.of(*methods)

    def deliveries(self) -> list[Delivery]:
        return list(self.ledger.deliveries)

    def fields(self, on: Message | View) -> list[str]:
        return fields_of(on)

    # --- delivering by hand ---

    async def redeliver(self, delivery: Delivery, retry: int = 1) -> Attempt:
        """Deliver the same thing once more, with the same event_id, as a retry."""
        return await self.office.attempt(delivery, retry)

    async def raw(self, body: bytes, headers: Mapping[str, str] | None = None, url: str = "") -> Attempt:
        """Send any bytes to the bot; without headers they are signed as JSON."""
        return await self.office.raw(body, headers, url)

    async def settled(self) -> None:
        """Wait until no redelivery is on its way."""
        await self.office.settled()

    async def socket_opened(self, number: int = 1) -> None:
        """Wait until so many sockets have been greeted since the start."""
        await self.sockets.opened(number)

    # --- what Slack adds ---

    def _mount(self, app: web.Application) -> None:
        app.router.add_post("/response/{key}", self._respond)

    async def _respond(self, request: web.Request) -> web.Response:
        """A `response_url`: an answer aside, or in the place of the message it is about."""
        _, about = self.answers_to[request.match_info["key"]]
        answer: Json = await request.json()
        call = Call(self.ledger.number(), self.world.now(), "response_url", answer, performed=True, status=200)
        self.ledger.calls.append(call)
        if (answer.get("text") or answer.get("blocks")) and faults(answer):
            call.performed, call.error = False, "invalid_blocks"
        elif answer.get("delete_original"):
            self._original(about).deleted = True
        elif answer.get("replace_original"):
            self.methods.replace(self._original(about), answer)
        else:
            self._answered_aside(answer, Message(about.channel, "", BOT, ephemeral_to=about.ephemeral_to))
        return web.Response(text="ok" if call.performed else call.error)

    def _original(self, about: Message) -> Message:
        return self.world.message(about.channel, about.ts) or about

    def _echo(self, call: Call) -> None:
        """With `echoes`, Slack tells the bot of its own messages too, as it does in direct messages."""
        if not self.echoes or not call.performed or call.method not in ("chat.postMessage", "chat.update"):
            return
        message = self.world.message(call.answer["channel"], call.answer["ts"])
        room = self.world.rooms[call.answer["channel"]]
        if message is not None and room.person:
            before = {**message_json(message), "text": ""}
            stamp = self.world.stamp()
            new = call.method == "chat.postMessage"
            self.office.later(self._told_quietly(said(message, room) if new else changed(message, before, room, stamp)))

    async def _told_quietly(self, event: Json) -> None:
        await self.event(event)
