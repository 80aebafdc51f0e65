"""The seal on everything anybody wrote: AES-256-GCM, field by field, and keyed hashes for what is only ever looked up.

A sealed value says which key made it (`v1:<key id>:...`) and is bound to its place (table, column, row), so that a
stolen file gives nothing and a value moved to another row does not open (T53). No key may ever be printed or logged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import ConfigError, HandrailError

_SETTING = "HANDRAIL_KEY"
_WRITE = "Write one made by `handrail key new`; several are parted by commas, the one in use first"
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealBroken(HandrailError):
    """A sealed value does not open where it stands: changed, moved from another row, or sealed with another key."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(f"the seal at {place} does not open: the value was changed or moved, or the key is another")


def new_key() -> str:
    """A fresh key in the form the setting takes: `<key id>:<base64 of 32 random bytes>`."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode('ascii')}"


def place(table: str, column: str, row: object) -> str:
    """Where a sealed value belongs; it opens nowhere else."""
    return f"{table}|{column}|{row}"


class Keyring:
    """The keys of one database by id. The first one seals; every one opens what it sealed."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(keys))

    @classmethod
    def from_setting(cls, setting: str | None) -> Keyring:
        """Read `k1:base64,k0:base64`. Raises ConfigError naming HANDRAIL_KEY, never the value."""
        if not setting or not setting.strip():
            raise ConfigError("environment", _SETTING, "it is not set, and nothing is stored unsealed", _WRITE)
        pairs = [_key(part.strip()) for part in setting.split(",")]
        if len(dict(pairs)) != len(pairs):
            raise ConfigError("environment", _SETTING, "two keys have the same id", _WRITE)
        return cls(dict(pairs))

    def seal(self, words: bytes, where: str) -> str:
        """Seal for one place (see `place`). Two seals of the same words never look the same."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._ciphers[self.current].encrypt(nonce, words, _bound(where))
        return f"v1:{self.current}:{binascii.b2a_base64(sealed, newline=False).decode('ascii')}"

    def open(self, sealed: str, where: str) -> bytes:
        """What was sealed at this place. Raises SealBroken, which names the place and nothing else."""
        try:
            version, key_id, body = sealed.split(":")
            raw = binascii.a2b_base64(body, strict_mode=True)
            if version != "v1":
                raise SealBroken(where)
            return self._ciphers[key_id].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(where))
        except (ValueError, TypeError, KeyError, InvalidTag):
            raise SealBroken(where) from None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Keyed hashes (BLAKE2b) of platform ids and message keys: equal in, equal out, nothing to read in the file."""

    secret: bytes

    def of(self, kind: str, text: str) -> str:
        """The hash of `text` as a `kind` of key; the same text as another kind looks different."""
        words = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(words, digest_size=16, key=self.secret, person=kind.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Seals:
    """What a store needs of this room: the keyring, and the hash for look-ups."""

    keyring: Keyring
    lookup: Lookup


def _bound(where: str) -> bytes:
    return where.encode("utf-8", "surrogatepass")


def _key(part: str) -> tuple[str, bytes]:
    key_id, colon, encoded = part.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise ConfigError("environment", _SETTING, "a key does not begin with its id and a colon", _WRITE)
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError("environment", _SETTING, f"the key after {key_id!r} is not base64", _WRITE) from None
    if len(key) != _KEY_BYTES:
        raise ConfigError("environment", _SETTING, f"the key after {key_id!r} is not 32 bytes long", _WRITE)
    return key_id, key
