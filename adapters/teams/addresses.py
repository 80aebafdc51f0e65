"""Where somebody or a channel is reached: conversation references, kept from every activity that comes in.

An address that leads anywhere but to the allowed hosts is no address, whoever wrote it down (T10). What anybody wrote
must never enter one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from adapters.pressed import Read
from adapters.teams.us import DOOR, ServiceUrls, Us
from bot.errors import StoreUnavailable
from bot.message import Destination, Reach

GROUP_CHAT = "@thread.v2"
"""What the id of a group chat ends with. Those of a team's channels end otherwise."""

CHECKED = f"{DOOR}:check"
"""Where word is left for the doctor, who reads the books beside us."""

_SERVICE, _GATHERINGS = f"{DOOR}:service", f"{DOOR}:gatherings"
_MOST_GATHERINGS = 200
_MOST_REMEMBERED = 5000


@dataclass(frozen=True, slots=True)
class Address:
    """A conversation and the service that serves it.

    `person` is somebody's id for this bot ("29:…"); of a channel, `team` is the team's own thread and `group` its id in
    Entra. What is not known is ''.
    """

    service_url: str
    conversation: str
    tenant: str
    bot: str
    person: str = ""
    team: str = ""
    group: str = ""


class Shelf(Protocol):
    """What outlives the process: short texts by key. Raises StoreUnavailable."""

    async def read(self, key: str) -> str | None: ...
    async def write(self, key: str, text: str) -> None: ...


class _Kept(Read):
    service_url: str
    conversation: str
    tenant: str
    bot: str
    person: str
    team: str
    group: str


_ADDRESS, _NAMES = TypeAdapter(_Kept), TypeAdapter(tuple[str, ...])


class Addresses:
    """The addresses of one tenant. Written down only when they change; everything raises StoreUnavailable."""

    def __init__(self, shelf: Shelf, us: Us, urls: ServiceUrls) -> None:
        self._shelf, self._us, self._urls = shelf, us, urls
        self._remembered: dict[str, str] = {}
        self._unwritten: set[str] = set()
        self._listed: tuple[str, ...] = ()
        self._one_at_a_time = asyncio.Lock()

    async def of(self, destination: Destination) -> Address | None:
        """How that place is reached, or None when nobody knows or what was kept is no good."""
        address = await self._address(destination.key)
        return address if address and self._leads_to(destination, address) else None

    async def keep(self, destination: Destination, address: Address, *, anew: bool = False) -> None:
        """Remember how that place is reached. What is no address of that place is not kept. Books that could not even
        be read are not waited for a second time: somebody is waiting for the numbers (I12). `anew`: the bot has just
        come there, and another process may have forgotten since what is remembered here.
        """
        if destination.reach is Reach.CHANNEL:
            address = replace(address, conversation=address.conversation.partition(";")[0], person="")
        if not self._leads_to(destination, address):
            return
        if anew:
            self._drop(destination, address)
        try:
            before = await self.of(destination)
        except StoreUnavailable:
            self._hold(destination.key, _text_of(address))
            raise
        if before:
            address = _with_what_was_known(address, before)
        await self._write(destination.key, _text_of(address))
        await self._write(_SERVICE, address.service_url)
        if destination.reach is Reach.CHANNEL:
            await self._keep_gathering(address)

    async def forget(self, destination: Destination, address: Address) -> None:
        """The bot is there no longer. It may come back by way of another process, so the books alone know of it now."""
        gathering = self._drop(destination, address)
        await self._shelf.write(destination.key, "")
        if gathering:
            await self._shelf.write(_gathering_key(gathering), "")
            await self._list(lambda names: tuple(name for name in names if name != gathering))

    async def service_url(self) -> str:
        """Where Teams last spoke to us from, or ''. Always read anew: another process may have heard of a new one."""
        url = await self._shelf.read(_SERVICE) or ""
        return url if self._urls.allows(url) else ""

    async def checked(self, nonce: str) -> None:
        """The doctor's own button was pressed: leave word of it. Whoever writes it down need not remember it."""
        await self._shelf.write(CHECKED, nonce)

    async def gatherings(self) -> tuple[Address, ...]:
        """The teams and group chats that the bot is known to be in, each by its own thread: teams first, and the newest
        of each. Their list is always read anew, as other processes add to it.
        """
        self._listed = _cut(_names_in(await self._shelf.read(_GATHERINGS)))
        found = [await self._address(_gathering_key(name)) for name in self._listed]
        return tuple(address for address in found if address and self._is_good(address))

    # --- what is an address ---

    def _is_good(self, address: Address) -> bool:
        return bool(address.conversation) and self._urls.allows(address.service_url) and self._is_our_tenant(address)

    def _is_our_tenant(self, address: Address) -> bool:
        return self._us.is_local or address.tenant.lower() == self._us.tenant.lower()

    def _leads_to(self, destination: Destination, address: Address) -> bool:
        """A person is reached in their own chat, never in a thread of several; a channel in its own thread."""
        if destination.reach is Reach.PERSON:
            return self._is_good(address) and "@thread." not in address.conversation
        return self._is_good(address) and address.conversation == destination.id

    # --- the shelf ---

    async def _keep_gathering(self, address: Address) -> None:
        name = _gathering_of(address)
        if not name:
            return
        await self._write(_gathering_key(name), _text_of(replace(address, conversation=name)))
        if name not in self._listed:
            await self._list(lambda names: names if name in names else (name, *names))

    async def _list(self, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
        """Change the list of gatherings as it stands in the books now."""
        async with self._one_at_a_time:
            before = _names_in(await self._shelf.read(_GATHERINGS))
            after = _cut(change(before))
            if after != before:
                await self._shelf.write(_GATHERINGS, _NAMES.dump_json(after).decode())
            self._listed = after

    def _drop(self, destination: Destination, address: Address) -> str:
        """Let go of what is remembered of that place here. Returns the gathering that it is or belongs to, or ''."""
        gathering = _gathering_of(address)
        for key in (destination.key, _gathering_key(gathering)):
            self._remembered.pop(key, None)
        self._listed = tuple(name for name in self._listed if name != gathering)
        return gathering

    async def _address(self, key: str) -> Address | None:
        text = await self._read(key)
        return _address_in(text) if text else None

    async def _read(self, key: str) -> str | None:
        text = self._remembered.get(key)
        if text is None and (text := await self._shelf.read(key)):
            self._remember(key, text)
        return text

    async def _write(self, key: str, text: str) -> None:
        """Into memory first: while nothing can be written down, whoever just wrote is still reached (I12)."""
        if self._remembered.get(key) == text and key not in self._unwritten:
            return
        self._hold(key, text)
        await self._shelf.write(key, text)
        self._unwritten.discard(key)

    def _hold(self, key: str, text: str) -> None:
        self._remember(key, text)
        self._unwritten.add(key)

    def _remember(self, key: str, text: str) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = text


@lru_cache(maxsize=_MOST_REMEMBERED)
def _address_in(text: str) -> Address | None:
    """Asked for at every turn and every post, always for the same texts."""
    try:
        return Address(**_ADDRESS.validate_json(text).model_dump())
    except ValidationError:
        return None


@lru_cache(maxsize=_MOST_REMEMBERED)
def _text_of(address: Address) -> str:
    return _ADDRESS.dump_json(_Kept(**asdict(address))).decode()


def _gathering_of(address: Address) -> str:
    """The thread of the team or group chat that an address is in; '' for a personal chat."""
    return address.team or (address.conversation if address.conversation.endswith(GROUP_CHAT) else "")


def _gathering_key(name: str) -> str:
    return f"{DOOR}:team:{name}"


def _names_in(text: str | None) -> tuple[str, ...]:
    try:
        return _NAMES.validate_json(text or "[]", strict=True)
    except ValidationError:
        return ()


def _cut(names: tuple[str, ...]) -> tuple[str, ...]:
    """Teams first: it is for the DSLs' teams that the list is kept, and anybody can bring the bot to a group chat."""
    return tuple(sorted(names, key=lambda name: name.endswith(GROUP_CHAT)))[:_MOST_GATHERINGS]


def _with_what_was_known(address: Address, before: Address) -> Address:
    """Some activities say less than others of the same place."""
    known = {name: getattr(address, name) or getattr(before, name) for name in ("bot", "person")}
    same_team = address.team in ("", before.team)
    kept = {"team": before.team, "group": address.group or before.group} if same_team else {}
    return replace(address, **known, **kept)
