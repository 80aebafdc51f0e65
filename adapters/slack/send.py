"""Slack as the bot sees it: a door that posts, updates and looks a place up before case data goes there.

Who may read a case is not decided here: the bot says who its readers are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from adapters.pace import Pace, Rate, Way
from adapters.slack.api import Api
from adapters.slack.channels import Places
from adapters.slack.render import message_of
from bot.errors import SendAmbiguous, SendGone
from bot.message import Card, Destination, Lane, Reach
from bot.ports import Doubt

DOOR = "slack"

_BESIDE = "handrail_post"
_NEWEST = 100


def slack_pace() -> Pace:
    """About one message a second into a place with short bursts, and fifty updates a minute in all."""
    return Pace(Way(Rate(1.0, 5.0), Rate(5.0, 60.0)), Way(Rate(1.0, 3.0), Rate(50.0 / 60.0, 20.0)))


class Slack:
    """The `slack` door (see `bot.ports.Door`). A message's id is "CHANNEL/TS", both as Slack gave them."""

    name = DOOR

    def __init__(self, api: Api, places: Places, pace: Pace, seconds: Callable[[], float] = time.monotonic) -> None:
        self._api, self._places, self._pace, self._seconds = api, places, pace, seconds

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        """For how many seconds Slack's rates keep a post back; at 0.0 it has its place."""
        return self._pace.hold(destination.key, lane, in_place, self._seconds())

    async def post(self, destination: Destination, card: Card, token: str = "") -> str:
        """Post the card and return the new message's id. Raises the errors of `bot.errors` that begin with `Send`.

        The token stands beside the message, where anybody of the workspace may read it: it means nothing to them.
        """
        beside = {"metadata": {"event_type": _BESIDE, "event_payload": {"token": token}}} if token else {}
        said = await self._api.call("chat.postMessage", channel=destination.id, **message_of(card), **beside)
        channel, ts = said.get("channel"), said.get("ts")
        if not (isinstance(channel, str) and isinstance(ts, str)):
            raise SendAmbiguous("no_message_id")
        return f"{channel}/{ts}"

    async def find(self, destination: Destination, token: str) -> str | None:
        """The id of the message that this token stands beside, '' when it is not there (F6).

        None where that can never be known, since the app may read its own direct messages only. Raises as `post`.
        """
        return await self._find_direct(destination.id, token) if destination.reach is Reach.PERSON else None

    async def _find_direct(self, person_id: str, token: str) -> str:
        opened = (await self._api.call("conversations.open", users=person_id)).get("channel")
        channel = opened.get("id") if isinstance(opened, dict) else None
        if not isinstance(channel, str):
            raise SendAmbiguous("no_channel")
        newest = await self._api.call(
            "conversations.history", channel=channel, limit=_NEWEST, include_all_metadata=True
        )
        said = newest.get("messages")
        if not isinstance(said, list):
            raise SendAmbiguous("no_messages")
        return next((f"{channel}/{message['ts']}" for message in said if _token_of(message) == token), "")

    async def update(self, destination: Destination, message_id: str, card: Card) -> None:
        """Put the card where that message stands. SendGone when nothing can be put there any more; else as `post`."""
        channel, _, ts = message_id.partition("/")
        if not ts or not _stands_at(channel, destination):
            raise SendGone("message_elsewhere")
        await self._api.call("chat.update", channel=channel, ts=ts, **message_of(card))

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        """Why case data must not go there now, or `Doubt.NONE` (I4)."""
        return await self._places.doubt(destination, readers)


def _stands_at(channel: str, destination: Destination) -> bool:
    """Somebody's direct messages have an id of their own, which begins with D; a channel is named by its id."""
    return channel.startswith("D") if destination.reach is Reach.PERSON else channel == destination.id


def _token_of(message: dict[str, Any]) -> object:
    """What was set beside a message of ours when it was posted."""
    beside = message.get("metadata") or {}
    return beside.get("event_payload", {}).get("token") if beside.get("event_type") == _BESIDE else None
