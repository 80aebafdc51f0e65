"""Whether a place is safe for case data at this moment, from Slack's own answer. Missing or strange is never safe (I4).

Who may read a case is not decided here: the bot says who its readers are, and members are compared with them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from adapters.looks import Facts, Look
from adapters.slack.api import Api, Home, pages
from bot.errors import HandrailError, SendRefused
from bot.message import Destination, Person, Reach
from bot.ports import Doubt

_MOST_KEPT = 500
_TRIES = 3
_MOST_PAGES = 50
_A_PAGE = 200

_SHARED = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")
_MUST_BE_SAID = ("is_private", "is_archived", "is_member", *_SHARED)
_PENDING = ("pending_shared", "pending_connected_team_ids")
_CONNECTED = ("shared_team_ids", "connected_team_ids")

_NOT_STAFF = ("is_bot", "is_restricted", "is_ultra_restricted")

_GONE = frozenset({"channel_not_found", "user_not_found", "users_not_found", "user_not_visible", "team_not_found"})


class Places:
    """Channels and people as they are now."""

    def __init__(self, api: Api, home: Home, seconds: Callable[[], float] = time.monotonic) -> None:
        self._api, self._home, self._seconds = api, home, seconds
        self._looks: dict[str, Look] = {}

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        """Why case data must not go there now, or `Doubt.NONE`. `readers` are keys of people ("slack:U0EXAMPLE1").

        Never raises for what Slack does: a look-up that failed or was throttled is a doubt.
        """
        if destination.reach is Reach.PERSON and _key(destination.id) not in readers:
            return Doubt.STRANGER
        return (await self._facts(destination)).doubt_for(readers)

    def forget(self, id: str) -> None:
        """Something changed there: nothing found before it counts any more, not even by those still waiting."""
        self._looks.pop(id, None)

    async def _facts(self, destination: Destination) -> Facts:
        for _ in range(_TRIES):
            look = self._current(destination)
            facts = await asyncio.shield(look.facts)
            if self._looks.get(destination.id) is look:
                return facts
        return Facts(Doubt.UNCHECKED)

    def _current(self, destination: Destination) -> Look:
        now = self._seconds()
        look = self._looks.get(destination.id)
        if look is not None and look.serves(now):
            return look
        if len(self._looks) >= _MOST_KEPT:
            self._looks = {id: kept for id, kept in self._looks.items() if kept.serves(now)}
        look = self._looks[destination.id] = Look(now, asyncio.create_task(self._look_up(destination)))
        return look

    # --- looking ---

    async def _look_up(self, destination: Destination) -> Facts:
        try:
            if destination.reach is Reach.PERSON:
                return await self._person(destination.id)
            return await self._channel(destination.id)
        except HandrailError as fault:
            return Facts(_doubt_of(str(fault)))
        except Exception:
            return Facts(Doubt.UNCHECKED)

    async def _person(self, id: str) -> Facts:
        said = await self._api.call("users.info", user=id)
        return Facts(doubt_of_person(said.get("user"), id, self._home), frozenset({_key(id)}))

    async def _channel(self, id: str) -> Facts:
        said = await self._api.call("conversations.info", channel=id)
        doubt = doubt_of_channel(said.get("channel"), id, self._home)
        return Facts(doubt) if doubt is not Doubt.NONE else await self._members(id)

    async def _members(self, id: str) -> Facts:
        found: set[str] = set()
        try:
            async for page in pages(self._api, "conversations.members", _MOST_PAGES, channel=id, limit=_A_PAGE):
                members = page.get("members")
                if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
                    return Facts(Doubt.UNKNOWN)
                found.update(members)
        except SendRefused as refused:
            return Facts(Doubt.UNKNOWN if str(refused) == "too_many_pages" else _doubt_of(str(refused)))
        return Facts(Doubt.NONE, frozenset(_key(member) for member in found - {self._home.person}))


def _key(person_id: str) -> str:
    return Person("slack", person_id).key


def _doubt_of(reason: str) -> Doubt:
    """The doubt behind a look-up that Slack refused. A private channel is looked at with `groups:read`: when another
    scope is wanted for it, it is private no longer."""
    if reason in _GONE:
        return Doubt.NO_SUCH_PLACE
    said, _, wanted = reason.partition(" ")
    return Doubt.PUBLIC if said == "missing_scope" and wanted == "channels:read" else Doubt.UNCHECKED


def doubt_of_channel(channel: object, id: str, home: Home) -> Doubt:
    """What Slack's account of a channel leaves open. Slack names all of these fields for a private channel, so one
    that is missing, or not of its type, is `UNKNOWN` (T43, T44)."""
    if not isinstance(channel, dict) or channel.get("id") != id:
        return Doubt.UNKNOWN
    if channel.get("is_private") is False:
        return Doubt.PUBLIC
    if _is_shared(channel, home):
        return Doubt.SHARED
    if not _says_all(channel):
        return Doubt.UNKNOWN
    if channel["is_archived"]:
        return Doubt.ARCHIVED
    return Doubt.NONE if channel["is_member"] else Doubt.BOT_NOT_IN_IT


def _says_all(channel: dict[str, Any]) -> bool:
    return all(isinstance(channel.get(flag), bool) for flag in _MUST_BE_SAID) and all(
        isinstance(channel.get(pending), list) for pending in _PENDING
    )


def _is_shared(channel: dict[str, Any], home: Home) -> bool:
    """Shared, or asked to be, with another workspace; a team among those connected that is not ours counts too."""
    if any(channel.get(flag) is True for flag in _SHARED) or any(channel.get(pending) for pending in _PENDING):
        return True
    connected = [channel.get(teams) for teams in _CONNECTED]
    return any(team != home.team for teams in connected if isinstance(teams, list) for team in teams)


def doubt_of_person(account: object, id: str, home: Home) -> Doubt:
    """What Slack's account of somebody leaves open. Guest flags stand in every open account; `is_stranger` only when
    it is so (T45)."""
    if not isinstance(account, dict) or account.get("id") != id:
        return Doubt.UNKNOWN
    if account.get("deleted") is True:
        return Doubt.NO_SUCH_PLACE
    if any(account.get(flag) is True for flag in (*_NOT_STAFF, "is_stranger")):
        return Doubt.STRANGER
    said = all(account.get(flag) is False for flag in ("deleted", *_NOT_STAFF))
    if not said or account.get("is_stranger", False) is not False or not isinstance(account.get("team_id"), str):
        return Doubt.UNKNOWN
    return Doubt.NONE if account["team_id"] == home.team else Doubt.SHARED
