"""What is done on the page, made into `Incoming` and handed to `hear`. It answers this computer and no other.

A file must never enter: the page only counts what was offered. What anybody wrote must never reach a log.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from adapters.web.asked import ChannelAsked, ClockAsked, PressAsked, SayAsked, bring_to
from adapters.web.board import Shown
from adapters.web.guard import Refused, answer_json, guarded
from adapters.web.render import Json, card_json
from adapters.web.send import DOOR, Playground
from bot.message import Card, Destination, Incoming, Person, Reach

Hear = Callable[[Incoming], Awaitable[Card | None]]
Asked = TypeVar("Asked", bound=BaseModel)

STATIC = Path(__file__).parent / "static"
RETRY_MS = 1000
NOT_KEPT = "This was not saved. Try again. If a child may be in danger, ring 999 now."

log = logging.getLogger(__name__)


def mount(playground: Playground, hear: Hear) -> Callable[[web.Application], None]:
    """A part for `adapters.server.build_app`: the page, its state, its events and its acts."""
    return _Reception(playground, hear).mount


class _Reception:
    def __init__(self, playground: Playground, hear: Hear) -> None:
        self._playground, self._board, self._hear = playground, playground.board, hear

    def mount(self, app: web.Application) -> None:
        for path, answer in {"/": self.page, "/playground/static/{name}": self.static}.items():
            app.router.add_get(path, guarded(answer))
        app.router.add_get("/playground/state", guarded(self.state))
        app.router.add_get("/playground/events", guarded(self.events))
        for name, act in {"say": self.say, "press": self.press, "clock": self.clock, "channel": self.channel}.items():
            app.router.add_post(f"/playground/{name}", guarded(act))
        app.on_shutdown.append(self._close)

    async def page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in await asyncio.to_thread(_static_names):
            raise Refused("There is no such file.", 404)
        return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

    async def state(self, _: web.Request) -> web.StreamResponse:
        play = self._playground
        return answer_json(
            {
                "cursor": self._board.cursor,
                "people": [_person(play, id) for id in play.people],
                "channels": [_channel(play, id) for id in play.channels],
                "clock": _clock(play),
                "shown": [shown.json() for shown in self._board.all()],
            }
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events from `Last-Event-ID` on, or from `?after=` when the page connects for the first time."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        cursor = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        try:
            await stream.prepare(request)
            await stream.write(b"retry: %d\n\n" % RETRY_MS)
            async for event in self._board.follow(cursor):
                await stream.write(_frame(event.id, event.kind, event.data))
        except ConnectionError:
            pass
        return stream

    async def say(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, SayAsked)
        if not asked.text.strip() and not asked.attachments:
            raise Refused("Write something first.")
        sender = self._sender(asked.by)
        place = Destination(DOOR, Reach.PERSON, sender.id).key
        now = self._playground.clock.now()
        said = Shown(f"said-{sender.id}-{asked.key}", place, now, None, sender.id, asked.text, asked.attachments)
        first = self._board.get(said.id) is None
        if first:
            self._board.show(said)
        try:
            heard = Incoming(sender, asked.key, now, asked.text, None, asked.attachments, None, self._name(asked.by))
            view = await self._heard(heard)
        except Refused:
            if first:
                self._board.take_away(said.id)
            raise
        return answer_json({"view": view})

    async def press(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, PressAsked)
        sender, now = self._sender(asked.by), self._playground.clock.now()
        name = self._name(asked.by)
        heard = Incoming(sender, asked.key, now, asked.text, asked.press.press(), sender_name=name)
        return answer_json({"view": await self._heard(heard)})

    async def clock(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, ClockAsked)
        try:
            bring_to(self._playground.clock, asked)
        except ValueError as wrong:
            raise Refused(str(wrong)) from None
        self._board.tell("clock", _clock(self._playground))
        return answer_json(_clock(self._playground))

    async def channel(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, ChannelAsked)
        if asked.id not in self._playground.channels:
            raise Refused("There is no such channel on this page.")
        self._playground.change_channel(asked.id, public=asked.public, stranger=asked.stranger)
        self._board.tell("channel", _channel(self._playground, asked.id))
        return answer_json(_channel(self._playground, asked.id))

    def _name(self, id: str) -> str:
        return self._playground.people[id].name

    def _sender(self, id: str) -> Person:
        if id not in self._playground.people:
            raise Refused("There is nobody of that name on this page.")
        return Person(DOOR, id)

    async def _heard(self, incoming: Incoming) -> Json | None:
        try:
            card = await self._hear(incoming)
        except Exception as fault:  # the very edge: whatever failed, the page says what to do and the log says no word
            log.error("not heard: %s", type(fault).__name__)
            raise Refused(NOT_KEPT, 503) from None
        return card_json(card) if card else None

    async def _close(self, _: web.Application) -> None:
        self._board.close()


def _person(play: Playground, id: str) -> Json:
    person = play.people[id]
    return {"id": person.id, "name": person.name, "role": person.role, "academy": person.academy}


def _channel(play: Playground, id: str) -> Json:
    channel = play.channels[id]
    switches = {"public": channel.public, "stranger": channel.stranger}
    view = {"id": id, "name": channel.view.name, "academy": channel.view.academy}
    return {**view, "members": list(channel.members), **switches}


def _clock(play: Playground) -> Json:
    return {"at": play.clock.now().isoformat(), "real": play.clock.real}


def _static_names() -> set[str]:
    return {path.name for path in STATIC.iterdir()}


def _frame(id: str, kind: str, data: Json) -> bytes:
    if not id:
        return b": beat\n\n"
    return f"id: {id}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode("ascii")


async def _read(request: web.Request, shape: type[Asked]) -> Asked:
    if request.content_type != "application/json":
        raise Refused("Only JSON is understood here.", 415)
    try:
        return shape.model_validate(json.loads(await request.read()))
    except web.HTTPRequestEntityTooLarge:
        raise Refused("That is too long to send at once: 1 MB at most.", 413) from None
    except ValidationError as wrong:
        raise Refused(_said_plainly(wrong)) from None
    except (ValueError, RecursionError):
        raise Refused("This is not JSON that can be read.") from None


def _said_plainly(wrong: ValidationError) -> str:
    first: Any = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the request"
    return f"This was not understood. {where}: {first['msg']}."
