"""Who may speak to a bot that is served: real tokens of Microsoft's played keys, by the real way in (T09-T15, F8)."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import PracticeClock
from adapters.teams.keys import SigningKeys
from tests.on_the_way import FIRST
from tests.teams.fake import APP, TENANT
from tests.teams.world import OTHER_TENANT
from tests.teams_delivering import ACADEMY, DANGER, restarted
from tests.teams_school import TEACHER, TeamsSchool, by_practice_clock, teams_school

Changes = Mapping[str, Any]


class _Later:
    """Seconds that only go forward, for the keys: they are put ahead by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._clock = PracticeClock()

    def __call__(self) -> float:
        return self._clock.now().timestamp() + self.ahead


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> _Later:
    seconds = _Later()
    monkeypatch.setattr("adapters.teams.tenant.SigningKeys", partial(SigningKeys, seconds=seconds))
    return seconds


@pytest.fixture
async def here(tmp_path: Path, later: _Later) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield by_practice_clock(it)


def fetched(here: TeamsSchool) -> int:
    """How often the keys were fetched."""
    return len(here.teams.calls("keys"))


async def sent(here: TeamsSchool, token: str | None, **changes: object) -> int:
    """The status for a message with this token ('' and None: without), some of it changed."""
    body = {**here.teams.activity(TEACHER, "words of a stranger"), **changes}
    return await brought(here, body, token)


async def brought(here: TeamsSchool, body: object, token: str | None) -> int:
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": token} if token and " " in token else {}
    headers |= {"Authorization": f"Bearer {token}"} if token and " " not in token else {}
    return (await here.teams.raw(json.dumps(body).encode(), headers)).status


def nothing_happened(here: TeamsSchool) -> bool:
    return here.count("cases") == here.count("chronology") == 0 and "words of a stranger" not in here.reads(TEACHER)


# --- keys that change ---


@pytest.mark.parametrize("keep_old", [True, False])
async def test_the_first_message_after_microsoft_changed_its_key_is_heard(
    here: TeamsSchool, later: _Later, keep_old: bool
) -> None:
    await here.says(FIRST)
    before = fetched(here)
    later.ahead += 61
    here.teams.rotate(keep_old=keep_old)
    await here.says("no")
    assert here.teams.deliveries()[-1].status == 200
    assert here.reads(TEACHER).count(ACADEMY) == 1
    assert fetched(here) == before + 1


async def test_a_key_that_changes_twice_within_a_minute_keeps_teams_waiting_for_the_rest_of_it_and_no_longer(
    here: TeamsSchool, later: _Later
) -> None:
    later.ahead += 61
    here.teams.rotate()
    await here.says(FIRST)
    here.teams.rotate()
    assert (await here.teams.say(TEACHER, "no")).status == 401
    later.ahead += 61
    await here.says("no")
    assert here.reads(TEACHER).count(ACADEMY) == 1


async def test_made_up_keys_cost_one_look_and_keep_nobody_out(here: TeamsSchool, later: _Later) -> None:
    later.ahead += 61
    before, claims = fetched(here), here.teams.keys.claims(here.teams.service_url)
    for number in range(50):
        assert await sent(here, here.teams.keys.signed(claims, kid=f"made-up-{number}")) == 401
    assert fetched(here) == before + 1
    await here.says(FIRST)
    assert here.reads(TEACHER).count(DANGER) == 1


async def test_when_the_keys_cannot_be_had_at_the_start_teams_is_asked_to_come_again_and_then_heard(
    here: TeamsSchool, later: _Later
) -> None:
    fault = here.teams.fault("drop_before", "openid", times=0)
    async with restarted(here) as again:
        assert (await again.teams.say(TEACHER, FIRST)).status == 503
        assert again.count("cases") == 0
        fault.lift()
        later.ahead += 6
        await again.says(FIRST)
        assert again.reads(TEACHER).count(DANGER) == 1


async def test_once_the_keys_are_known_their_servers_absence_is_not_noticed(here: TeamsSchool, later: _Later) -> None:
    await here.says(FIRST)
    here.teams.fault("status", "openid", status=500, times=0)
    later.ahead += 3 * 24 * 3600
    await here.says("no")
    assert here.reads(TEACHER).count(ACADEMY) == 1


# --- tokens that are not Microsoft's for us ---


def unsigned(claims: Changes) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


TOKENS: dict[str, Callable[[TeamsSchool], str | None]] = {
    "none": lambda here: None,
    "not Bearer": lambda here: f"Basic {_good(here)}",
    "garbage": lambda here: "a.b.c",
    "alg none": lambda here: unsigned(_claims(here)),
    "another issuer": lambda here: _signed(here, iss="https://sts.windows.net/common/"),
    "no issuer": lambda here: _signed(here, iss=None),
    "another app": lambda here: _signed(here, aud="00000000-0000-4000-8000-00000000dead"),
    "expired": lambda here: _signed(here, exp=_now(here) - 301),
    "never ends": lambda here: _signed(here, exp=None),
    "of tomorrow": lambda here: _signed(here, nbf=_now(here) + 86_400, exp=_now(here) + 90_000),
    "no service url": lambda here: _signed(here, serviceurl=None),
    "another service url": lambda here: _signed(here, serviceurl=f"{here.teams.elsewhere}/"),
    "another key": lambda here: here.teams.keys.signed(_claims(here), key=77),
    "another key under a known name": lambda here: here.teams.keys.signed(
        _claims(here), key=77, kid=_kid(here.teams.keys.signed(_claims(here)))
    ),
    "our own": lambda here: here.teams.login.issued[-1],
}


def _now(here: TeamsSchool) -> int:
    return int(here.clock.now().timestamp())


def _claims(here: TeamsSchool, **other: object) -> dict[str, Any]:
    return here.teams.keys.claims(here.teams.service_url, **other)


def _signed(here: TeamsSchool, **other: object) -> str:
    return here.teams.keys.signed(_claims(here, **other))


def _good(here: TeamsSchool) -> str:
    return _signed(here)


def _kid(token: str) -> str:
    import jwt

    return str(jwt.get_unverified_header(token)["kid"])


@pytest.mark.parametrize("what", TOKENS)
async def test_without_a_token_of_microsofts_for_this_app_nothing_is_heard(here: TeamsSchool, what: str) -> None:
    assert await sent(here, TOKENS[what](here)) == 401
    await here.settles()
    assert nothing_happened(here)


async def test_a_good_token_is_heard_by_the_same_way(here: TeamsSchool) -> None:
    assert await sent(here, _good(here)) == 200
    await here.settles()
    assert here.count("cases") == 1


async def test_a_token_is_good_for_five_minutes_after_its_end_and_no_longer(here: TeamsSchool) -> None:
    token = _good(here)
    here.clock.advance(timedelta(hours=1, minutes=4))
    assert await sent(here, token) == 200
    here.clock.advance(timedelta(minutes=2))
    assert await sent(here, token) == 401


# --- activities that are not ours ---


BODIES: dict[str, tuple[Changes, int]] = {
    "another school": (
        {"conversation": {"tenantId": OTHER_TENANT}, "channelData": {"tenant": {"id": OTHER_TENANT}}},
        403,
    ),
    "two schools": ({"channelData": {"tenant": {"id": OTHER_TENANT}}}, 403),
    "no school": ({"channelData": {}}, 403),
    "another channel": ({"channelId": "webchat"}, 401),
    "no channel": ({"channelId": None}, 401),
    "no service url": ({"serviceUrl": ""}, 401),
    "an unknown service": ({"serviceUrl": "https://collect.example/"}, 401),
    "a list for a conversation": ({"conversation": ["x"]}, 403),
    "a number for a type": ({"type": 7}, 200),
}


@pytest.mark.parametrize("what", BODIES)
async def test_with_a_good_token_what_is_for_another_school_or_is_nothing_at_all_does_nothing(
    here: TeamsSchool, what: str
) -> None:
    changes, status = BODIES[what]
    assert await sent(here, _good(here), **changes) == status
    await here.settles()
    assert nothing_happened(here)


KINDS = {"never_heard_of": 200, "typing": 200, "endOfConversation": 200, "event": 200, "handoff": 200, "invoke": 501}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_nobody_listens_to_is_answered_as_teams_expects(here: TeamsSchool, kind: str) -> None:
    assert await sent(here, _good(here), type=kind, name="never/heard", value=["x"]) == KINDS[kind]
    await here.settles()
    assert nothing_happened(here)


async def test_the_school_of_these_tests_is_the_one_that_the_token_and_the_message_name(here: TeamsSchool) -> None:
    body = here.teams.activity(TEACHER)
    assert (body["conversation"]["tenantId"], body["channelData"]["tenant"]["id"]) == (TENANT, TENANT)
    assert _claims(here)["aud"] == APP
