"""Only a token that the Bot Framework signed for this app is taken, and a new key of its is known at once.

T09, T11, T12, T15: every row of the token tables but the good one is refused, and nothing is heard.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from adapters.teams import gate
from adapters.teams import keys as key_room
from adapters.teams.keys import SigningKeys
from adapters.teams.proof import LONGEST_TOKEN, MOST_KEPT, NotProved, TokenProof
from bot.errors import ConfigError
from tests.slack_reception import Logged, everything_logged
from tests.teams_gate import Desk, activity, open_desk, quiet
from tests.teams_keys import (
    APP,
    ISSUER,
    METADATA,
    SERVICE,
    TENANT,
    KeyServer,
    StillClock,
    calmest,
    claims,
    open_key_server,
    private_key,
    published_key,
    token,
    unsigned,
)

Json = dict[str, Any]


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as it:
        yield it


@pytest.fixture
def logged() -> Iterator[Logged]:
    with everything_logged() as it:
        yield it


# --- the token ---


def _now(clock: StillClock) -> int:
    return int(clock.now().timestamp())


def _public_pem(kid: str) -> bytes:
    return private_key(kid).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _signed_with_the_public_key(clock: StillClock) -> str:
    """HS256, with what everybody knows as the secret: PyJWT refuses to make it, so it is put together by hand."""
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    header = {"alg": "HS256", "typ": "JWT", "kid": "today"}
    bare = unsigned(header, claims(clock)).rsplit(".", 1)[0]
    return unsigned(header, claims(clock), mac.sign(bare.encode(), _public_pem("today")))


def _signed(key: RSAPrivateKey, header: Json, body: Json) -> str:
    bare = unsigned(header, body).rsplit(".", 1)[0]
    return unsigned(header, body, RSAAlgorithm(RSAAlgorithm.SHA256).sign(bare.encode(), key))


def _our_own(clock: StillClock) -> Json:
    """What Entra gives us for the connector: all of it is right but for whom it is."""
    issuer = f"https://sts.windows.net/{TENANT}/"
    return {"iss": issuer, "aud": "https://api.botframework.com", "appid": APP, "serviceurl": None}


@functools.cache
def _short() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=1024)


Made = Callable[[StillClock], str]

TOKENS: dict[str, Made] = {
    "no service url claim": lambda c: token(c, serviceurl=None),
    "an empty service url claim": lambda c: token(c, serviceurl=""),
    "another service url": lambda c: token(c, serviceurl="https://smba.trafficmanager.net/amer/"),
    "a service url that is none": lambda c: token(c, serviceurl=7),
    "another name for the claim": lambda c: token(c, serviceurl=None, serviceUrl=SERVICE),
    "no expiry": lambda c: token(c, exp=None),
    "expired": lambda c: token(c, exp=_now(c) - 300),
    "an expiry in words": lambda c: token(c, exp="tomorrow"),
    "an endless expiry": lambda c: token(c, exp=float("nan")),
    "not yet": lambda c: token(c, nbf=_now(c) + 301),
    "not yet, in words": lambda c: token(c, nbf="now"),
    "another app": lambda c: token(c, aud="22222222-2222-3333-4444-555555555555"),
    "us and another app": lambda c: token(c, aud=[APP, "22222222-2222-3333-4444-555555555555"]),
    "us in a list": lambda c: token(c, aud=[APP]),
    "no app": lambda c: token(c, aud=None),
    "an empty app": lambda c: token(c, aud=""),
    "the connector's audience": lambda c: token(c, aud=ISSUER),
    "no issuer": lambda c: token(c, iss=None),
    "the emulator, v1": lambda c: token(c, iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"),
    "the emulator, v2": lambda c: token(
        c, iss="https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0"
    ),
    "a skill": lambda c: token(c, iss=f"https://login.microsoftonline.com/{TENANT}/v2.0", azp=APP, ver="2.0"),
    "the tenant": lambda c: token(c, iss=f"https://sts.windows.net/{TENANT}/", appid=APP, ver="1.0"),
    "our own for the connector": lambda c: token(c, **_our_own(c)),
    "our own, signed by a key we do not know": lambda c: token(c, "entra", **_our_own(c)),
    "the issuer with a stroke": lambda c: token(c, iss=f"{ISSUER}/"),
    "no algorithm": lambda c: unsigned({"alg": "none", "typ": "JWT", "kid": "today"}, claims(c)),
    "no algorithm, no key": lambda c: unsigned({"alg": "none"}, claims(c)),
    "the public key as a secret": _signed_with_the_public_key,
    "another algorithm of the same key": lambda c: jwt.encode(
        claims(c), private_key("today"), "PS256", {"kid": "today"}
    ),
    "no key id": lambda c: jwt.encode(claims(c), private_key("today"), "RS256"),
    "an empty key id": lambda c: jwt.encode(claims(c), private_key("today"), "RS256", {"kid": ""}),
    "a key id that is none": lambda c: unsigned({"alg": "RS256", "kid": ["today"]}, claims(c), b"x" * 256),
    "an unknown key": lambda c: token(c, "unknown"),
    "another's signature": lambda c: jwt.encode(claims(c), private_key("unknown"), "RS256", {"kid": "today"}),
    "a key for another channel": lambda c: token(c, "elsewhere"),
    "a key for no channel": lambda c: token(c, "bare"),
    "a short key": lambda c: _signed(_short(), {"alg": "RS256", "kid": "short"}, claims(c)),
    "no signature": lambda c: token(c).rsplit(".", 1)[0] + ".",
    "two parts": lambda c: token(c).rsplit(".", 1)[0],
    "four parts": lambda c: f"{token(c)}.AAAA",
    "a changed claim": lambda c: _with_claims(token(c), claims(c, aud=APP.upper())),
    "claims that are none": lambda c: jwt.api_jws.encode(b"[]", private_key("today"), "RS256", {"kid": "today"}),
    "a very deep header": lambda c: f"{_b64(b'[' * 5000)}.e30.AAAA",
    "a critical header": lambda c: jwt.encode(
        claims(c), private_key("today"), "RS256", {"kid": "today", "crit": ["exp"]}
    ),
}


def _b64(raw: bytes) -> str:
    return jwt.utils.base64url_encode(raw).decode()


def _with_claims(made: str, body: Json) -> str:
    header, _, signature = made.split(".")
    return ".".join((header, _b64(json.dumps(body).encode()), signature))


def _publish_all(server: KeyServer) -> None:
    short: Json = RSAAlgorithm.to_jwk(_short().public_key(), as_dict=True)
    bare = {name: value for name, value in published_key("bare").items() if name != "endorsements"}
    server.keys = [
        published_key("today"),
        published_key("elsewhere", ("webchat", "skype")),
        bare,
        {**short, "kid": "short", "endorsements": ["msteams"]},
    ]


async def test_what_teams_sends_is_taken(desk: Desk, logged: Logged) -> None:
    assert await desk.send() == 200
    assert [it["id"] for it in desk.taken] == ["1790000000001"]
    assert quiet(logged)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # it is to be refused, not warned of
@pytest.mark.parametrize("made", TOKENS.values(), ids=TOKENS)
async def test_every_other_token_is_401_and_nothing_is_heard(desk: Desk, made: Made, logged: Logged) -> None:
    _publish_all(desk.server)
    forged = made(desk.clock)
    for _ in range(2):  # a second time, in case the first was remembered
        assert await desk.send(authorization=f"Bearer {forged}") == 401
    assert desk.taken == []
    assert quiet(logged)
    assert forged not in logged.text
    assert await desk.send() == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"exp": -299}, 200),
        ({"exp": -300}, 401),
        ({"nbf": 300}, 200),
        ({"nbf": 301}, 401),
        ({"nbf": None}, 200),
        ({"exp": 10**30}, 200),
    ],
)
async def test_the_clocks_may_lie_five_minutes_apart(desk: Desk, changes: Json, status: int) -> None:
    moved = {name: at and _now(desk.clock) + at for name, at in changes.items()}
    assert await desk.send(authorization=f"Bearer {token(desk.clock, **moved)}") == status


HEADERS: dict[str, Callable[[str], str]] = {
    "empty": lambda good: "",
    "the scheme alone": lambda good: "Bearer",
    "the scheme and a blank": lambda good: "Bearer ",
    "no scheme": lambda good: good,
    "a small letter": lambda good: f"bearer {good}",
    "another scheme": lambda good: f"Basic {good}",
    "two blanks": lambda good: f"Bearer  {good}",
    "something after it": lambda good: f"Bearer {good} x",
    "two in one": lambda good: f"Bearer {good}, Bearer {good}",
    "a tab": lambda good: f"Bearer\t{good}",
    "beyond ASCII": lambda good: f"Bearer {good}é",
    "dots": lambda good: "Bearer ..",
}


@pytest.mark.parametrize("made", HEADERS.values(), ids=HEADERS)
async def test_a_header_in_any_other_form_is_401(desk: Desk, made: Callable[[str], str], logged: Logged) -> None:
    assert await desk.send(authorization=made(token(desk.clock))) == 401
    assert desk.taken == []
    assert quiet(logged)


async def test_no_header_and_a_header_that_stands_there_twice_are_401(desk: Desk) -> None:
    raw, shown = json.dumps(activity()).encode(), ("Authorization", f"Bearer {token(desk.clock)}")
    kind = ("Content-Type", "application/json")
    for headers in ([kind], [kind, shown, shown], [kind, shown, ("authorization", "")]):
        assert (await desk.post(raw, headers))[0] == 401
    assert (await desk.post(raw, [kind, shown]))[0] == 200


async def test_nothing_is_parsed_before_it_is_proved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def watched(raw: bytes, kind: str) -> Json:
        read.append(raw)
        return activity()

    monkeypatch.setattr(gate, "read_body", watched)
    assert await desk.send(authorization="Bearer a.b.c") == 401
    assert read == []
    assert await desk.send() == 200
    assert len(read) == 1


def test_a_proof_without_an_app_is_refused_at_the_start() -> None:
    keys: Any = None
    for empty in ("", "  "):
        with pytest.raises(ConfigError, match="MicrosoftAppId"):
            TokenProof(keys, empty, ISSUER, StillClock())


# --- a token that comes again ---


async def test_a_token_that_comes_again_is_not_checked_again_until_it_is_over(desk: Desk) -> None:
    shown = f"Bearer {token(desk.clock, exp=_now(desk.clock) + 600)}"
    assert await desk.send(authorization=shown) == 200
    desk.clock.at += timedelta(seconds=899)
    assert await desk.send(authorization=shown) == 200
    desk.clock.at += timedelta(seconds=1)
    assert await desk.send(authorization=shown) == 401


async def test_a_token_of_a_withdrawn_key_is_over_within_the_hour_and_the_keys_day(desk: Desk) -> None:
    shown = f"Bearer {token(desk.clock, exp=_now(desk.clock) + 10 * 24 * 3600)}"
    assert await desk.send(authorization=shown) == 200
    desk.server.keys = [published_key("tomorrow")]
    desk.clock.go_on(key_room.KEPT_SECONDS + 1)
    assert await desk.send(authorization=shown) == 401


async def test_the_same_token_costs_one_check_and_many_tokens_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    decode = jwt.decode

    def counted(shown: str, *rest: Any, **more: Any) -> Any:
        checked.append(shown)
        return decode(shown, *rest, **more)

    monkeypatch.setattr(jwt, "decode", counted)
    clock = StillClock()
    async with open_key_server() as server, aiohttp.ClientSession() as session:
        proof = TokenProof(SigningKeys(session, server.url, clock.seconds), APP, ISSUER, clock)
        first = f"Bearer {token(clock)}"
        for _ in range(50):
            await proof.claims(first)
        assert len(checked) == 1
        for number in range(MOST_KEPT):
            await proof.claims(f"Bearer {token(clock, number=number)}")
        assert len(proof._kept) == MOST_KEPT
        await proof.claims(first)
        assert len(checked) == MOST_KEPT + 2


async def test_a_token_that_is_too_long_or_signed_in_another_way_is_not_even_looked_up() -> None:
    clock = StillClock()
    async with open_key_server() as server, aiohttp.ClientSession() as session:
        proof = TokenProof(SigningKeys(session, server.url, clock.seconds), APP, ISSUER, clock)
        for name in ("no algorithm", "the public key as a secret", "no key id", "an empty key id"):
            with pytest.raises(NotProved):
                await proof.claims(f"Bearer {TOKENS[name](clock)}")
        with pytest.raises(NotProved):
            await proof.claims(f"Bearer {token(clock, padding='x' * LONGEST_TOKEN)}")
        assert server.fetched == {}
        assert await proof.claims(f"Bearer {token(clock, padding='x' * 5000)}")


# --- the keys ---


async def test_the_first_message_after_new_keys_is_taken(desk: Desk) -> None:
    assert await desk.send() == 200
    desk.clock.go_on(120)
    desk.server.keys = [published_key("tomorrow")]
    assert await desk.send(authorization=f"Bearer {token(desk.clock, 'tomorrow')}") == 200
    assert desk.server.fetched[METADATA] == 2


async def test_made_up_key_ids_cost_one_look_a_minute(desk: Desk) -> None:
    assert await desk.send() == 200
    desk.clock.go_on(120)
    header, body, signature = token(desk.clock).split(".")
    for number in range(200):
        made_up = _b64(json.dumps({"alg": "RS256", "kid": f"bogus {number}"}).encode())
        assert await desk.send(authorization=f"Bearer {made_up}.{body}.{signature}") == 401
    assert desk.server.fetched[METADATA] == 2
    assert header


async def test_when_the_keys_cannot_be_had_it_is_503_so_that_it_may_come_again(desk: Desk, logged: Logged) -> None:
    desk.server.status = 500
    assert await desk.send() == 503
    assert desk.taken == []
    desk.server.status = 200
    desk.clock.go_on(key_room.FIRST_REST_SECONDS)
    assert await desk.send() == 200
    assert quiet(logged)


async def test_while_the_key_server_hangs_others_are_answered_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_room, "FETCH_SECONDS", 0.4)
    assert await desk.send() == 200
    desk.server.gate = asyncio.Event()

    async def ask() -> None:
        desk.clock.go_on(120)
        desk.server.begun.clear()
        unknown = token(desk.clock, "unknown")
        waiting = asyncio.create_task(desk.send(authorization=f"Bearer {unknown}"))
        await asyncio.wait_for(desk.server.begun.wait(), 5)
        assert await desk.send(authorization=f"Bearer {token(desk.clock)}") == 200
        assert not waiting.done()
        assert await waiting == 503

    assert await calmest(ask) < 0.05
