"""The keys that the Bot Framework signs with: fetched from where it publishes them, kept for a day.

Nothing is fetched before the first token comes. What a token says must never enter a log.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from jwt import PyJWK, PyJWTError

from adapters.teams.us import Json
from bot.errors import where_it_broke

log = structlog.get_logger()

FETCH_SECONDS = 5.0
KEPT_SECONDS = 24 * 3600.0
REST_SECONDS, FIRST_REST_SECONDS = 60.0, 5.0
"""How long we do not look again, whatever comes (T15), and while there is no key at all yet."""

_LARGEST = 512 * 1024
_MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the channels it may speak for."""

    public: PyJWK
    endorsements: frozenset[str]


class KeysUnreachable(Exception):
    """Nobody can say whether this key is the Bot Framework's: it could not be asked. Certainly no proof, but the fault
    is not the caller's.
    """


class SigningKeys:
    """The published keys by their ids. `seconds` is a time that only goes forward.

    An id that nobody knows makes us look again at once, at most once a minute (F8, T15), and all who ask meanwhile wait
    for the same look. When it fails, what was known stays.
    """

    def __init__(
        self, session: aiohttp.ClientSession, openid_url: str, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._session, self._openid_url, self._seconds = session, openid_url, seconds
        self._keys: dict[str, Key] = {}
        self._fetched: float | None = None
        self._failed = False
        self._resting_until: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Key | None:
        """The key of this id, or None when there is none. Raises KeysUnreachable when that cannot be known now."""
        if self._is_stale() or kid not in self._keys:
            await self._look_again()
        found = self._keys.get(kid)
        if found is None and self._failed:
            raise KeysUnreachable
        return found

    def _is_stale(self) -> bool:
        return self._fetched is None or self._seconds() - self._fetched > KEPT_SECONDS

    async def _look_again(self) -> None:
        if self._fetching is None:
            if self._resting_until is not None and self._seconds() < self._resting_until:
                return
            self._fetching = asyncio.create_task(self._fetch())
        await asyncio.shield(self._fetching)  # whoever hangs up does not end the look for all others

    async def _fetch(self) -> None:
        began = self._seconds()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = await self._published()
            self._fetched, self._failed = began, False
        except Exception as fault:
            self._failed = True
            log.warning("teams_keys_not_fetched", error=where_it_broke(fault))
        finally:
            self._resting_until = began + (REST_SECONDS if self._keys else FIRST_REST_SECONDS)
            self._fetching = None

    async def _published(self) -> dict[str, Key]:
        where = (await self._read(self._openid_url))["jwks_uri"]
        if not _may_hold_keys(where, self._openid_url):
            raise ValueError("the keys are said to be at an unsafe place")
        return read_keys(await self._read(where))

    async def _read(self, url: str) -> Json:
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"answered {answer.status}")
            raw = bytearray()
            async for chunk in answer.content.iter_any():
                raw += chunk
                if len(raw) > _LARGEST:
                    raise ValueError("too large")
        read: Json = json.loads(raw)
        return read


def _may_hold_keys(where: str, metadata: str) -> bool:
    """Over https, or (in a test) beside the metadata itself: what https said is never fetched without it."""
    there, here = urlsplit(where), urlsplit(metadata)
    return there.scheme == "https" or (there.scheme, there.netloc) == (here.scheme, here.netloc)


def read_keys(published: Json) -> dict[str, Key]:
    """The RSA keys of a JSON Web Key Set by their ids. One that cannot be read is passed over; raises ValueError when
    none is left.
    """
    found = {jwk["kid"]: key for jwk in published["keys"][:_MOST_KEYS] if (key := _read_key(jwk))}
    if not found:
        raise ValueError("no key")
    return found


def _read_key(jwk: Any) -> Key | None:
    try:
        if jwk["kty"] != "RSA" or "d" in jwk or not isinstance(jwk["kid"], str):
            return None
        return Key(PyJWK(jwk, "RS256"), frozenset(jwk.get("endorsements") or ()))
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
