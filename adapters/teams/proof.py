"""Who sent a request: the Bot Framework alone, by a token that it signed for this app (F7, T09, T11, T15).

No other issuer is known here: not the emulator's, not a skill's, not the one that gives us our own tokens. A token must
never enter a log, an error, or a repr.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import jwt

from adapters.teams.keys import Key, KeysUnreachable, SigningKeys
from adapters.teams.us import CHANNEL
from bot.errors import ConfigError
from bot.ports import Clock

LEEWAY_SECONDS = 300
"""How far the two clocks may lie apart: what Microsoft asks a bot to grant (T09), and no more."""
KEPT_SECONDS = 3600
"""A token that was proved is proved again after this long, whatever it says of itself: keys are withdrawn."""
LONGEST_TOKEN = 16 * 1024
MOST_KEPT = 200

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ALGORITHM = "RS256"
_CHECKS: Any = {
    "require": ["exp", "iss", "aud"],
    "strict_aud": True,
    "enforce_minimum_key_length": True,
    "verify_exp": False,  # the times are checked below, by the clock that is a port, and at every use
    "verify_nbf": False,
    "verify_iat": False,
}


class NotProved(Exception):
    """Whoever sent this has not shown to be the Bot Framework."""


class Proof(Protocol):
    async def claims(self, authorization: str) -> Mapping[str, object]:
        """What is proved by this header. Raises NotProved, or KeysUnreachable when nobody can say."""
        ...


class NoProof:
    """Local mode: nothing is asked for, and nothing is claimed. `gate.mount` takes it on one's own computer only."""

    async def claims(self, authorization: str) -> Mapping[str, object]:
        return {}


@dataclass(frozen=True, slots=True)
class _Proved:
    """From when until when a token holds, and until when it is kept, in seconds since 1970."""

    claims: Mapping[str, object] = field(repr=False)
    begins: float
    ends: float
    kept_until: float

    def holds(self, now: float) -> bool:
        return self.begins - LEEWAY_SECONDS <= now < self.ends + LEEWAY_SECONDS


class TokenProof:
    """Checks a token once and remembers it: Teams sends the same one for an hour. Raises ConfigError without an app id:
    a token for nobody would be a token for anybody (T12).
    """

    def __init__(self, keys: SigningKeys, app_id: str, issuer: str, clock: Clock) -> None:
        if not app_id.strip():
            raise ConfigError("environment", "MicrosoftAppId", "is empty", "Copy it from the app's registration")
        self._keys, self._app_id, self._issuer, self._clock = keys, app_id, issuer, clock
        self._kept: dict[str, _Proved] = {}

    async def claims(self, authorization: str) -> Mapping[str, object]:
        token, now = _token_in(authorization), self._clock.now().timestamp()
        proved = self._kept.get(token)
        if proved is None or now >= proved.kept_until:
            proved = self._keep(token, await self._prove(token, now))
        if not proved.holds(now):
            raise NotProved
        return proved.claims

    def _keep(self, token: str, proved: _Proved) -> _Proved:
        self._kept.pop(token, None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[token] = proved
        return proved

    async def _prove(self, token: str, now: float) -> _Proved:
        """Raises NotProved for whatever is wrong with it: what an attacker wrote may break a reader in any way."""
        try:
            key = await self._keys.key(_key_id(token))
            return _proved(self._read(token, key), now)
        except KeysUnreachable:
            raise
        except Exception:
            raise NotProved from None

    def _read(self, token: str, key: Key | None) -> dict[str, Any]:
        if key is None or CHANNEL not in key.endorsements:
            raise NotProved
        return jwt.decode(token, key.public, [_ALGORITHM], options=_CHECKS, audience=self._app_id, issuer=self._issuer)


def _token_in(authorization: str) -> str:
    """The token of a header, unread. Raises NotProved when it cannot be one."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or len(token) > LONGEST_TOKEN or not _TOKEN.fullmatch(token):
        raise NotProved
    return token


def _key_id(token: str) -> str:
    """Which key is said to have signed it. Raises NotProved unless it says so in the one way that counts."""
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    if header.get("alg") != _ALGORITHM or not isinstance(kid, str) or not kid:
        raise NotProved
    return kid


def _proved(claims: Mapping[str, Any], now: float) -> _Proved:
    begins, ends = claims.get("nbf", 0), claims["exp"]
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        raise NotProved
    return _Proved(claims, begins, ends, min(ends, now) + KEPT_SECONDS)
