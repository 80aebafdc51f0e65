"""Microsoft's signing keys, played: the OpenID metadata and the keys behind it, and tokens signed with them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.teams.ledger import Call
from tests.teams.wire import Reply, Route
from tests.teams.world import APP, Json

ISSUER = "https://api.botframework.com"
HOUR = 3600.0
ENDORSEMENTS = ("msteams", "webchat", "skype")


@cache
def key_number(number: int) -> rsa.RSAPrivateKey:
    """A key of 2048 bits, made once in a process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def kid_of(number: int) -> str:
    return base64.urlsafe_b64encode(f"signing key {number:08}".encode()).decode().rstrip("=")


class SigningKeys:
    """`current` signs; `published` can be seen by everybody. `now` gives the seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.current = 1
        self.published = [1]
        self.endorsements: Iterable[str] = ENDORSEMENTS
        self.address = ""
        self._kept: tuple[tuple[str, int], float, str] | None = None

    def rotate(self, *, keep_old: bool = False) -> None:
        """A new key signs from now on. With `keep_old` the old one is still published."""
        self.current += 1
        self.published = [*(self.published if keep_old else ()), self.current]

    def token(self, service_url: str) -> str:
        """What Teams sends with every request: the same text for an hour."""
        about, now = (service_url, self.current), self.now()
        if self._kept is None or self._kept[0] != about or not self._kept[1] - HOUR <= now < self._kept[1] - 300:
            self._kept = (about, int(now) + HOUR, self.signed(self.claims(service_url)))
        return self._kept[2]

    def claims(self, service_url: str, **other: object) -> Json:
        """The claims of a good token; `other` changes some, and None leaves one out."""
        now = int(self.now())
        claims = {"serviceurl": service_url, "nbf": now, "exp": now + int(HOUR), "iss": ISSUER, "aud": APP, **other}
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, claims: Json, *, key: int = 0, kid: str = "", **header: object) -> str:
        """Any claims at all, signed by a key (the current one unless named)."""
        number = key or self.current
        said = {"kid": kid or kid_of(number), "x5t": kid or kid_of(number), **header}
        return jwt.encode(claims, key_number(number), "RS256", headers=said)

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/v1/.well-known/openidconfiguration", "openid", self._metadata),
            Route("GET", "/v1/.well-known/keys", "keys", self._keys),
        ]

    def _metadata(self, call: Call) -> Reply:
        shown: Json = {
            "issuer": ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{self.address}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
        return Reply(200, shown)

    def _keys(self, call: Call) -> Reply:
        return Reply(200, {"keys": [self._published(number) for number in self.published]})

    def _published(self, number: int) -> Json:
        shown: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_number(number).public_key()))
        kept = {name: shown[name] for name in ("kty", "n", "e")}
        return {
            **kept,
            "use": "sig",
            "kid": kid_of(number),
            "x5t": kid_of(number),
            "endorsements": [*self.endorsements],
        }
