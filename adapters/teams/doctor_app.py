"""The doctor on the app itself: whether Microsoft lets it in, whether what Teams sends can be proved, and the time.

A secret or a token must never enter a finding, nor anything that Microsoft says in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import aiohttp

from adapters.findings import Finding, Level, of_clock
from adapters.teams.credentials import APP_REFUSED, MANAGED, TENANT_UNKNOWN, Acquire, Tokens, msal_acquire
from adapters.teams.doctor_keys import APP, AZURE, KIND, PASSWORD, PLACE, SECRETS, TENANT, Keys
from adapters.teams.keys import KeysUnreachable, SigningKeys
from adapters.teams.us import CONNECTOR, GRAPH
from bot.errors import SendFailed

CLOCK_LIMITS = (60.0, 240.0)
"""Seconds between our clock and Microsoft's. At five minutes Teams' own tokens are refused (T09)."""

_NEW = f"Make a new client secret ({SECRETS}), and copy its Value, which is shown only once."
_REFUSALS = {
    7000215: (PASSWORD, "Microsoft does not know it: it is not a secret of this app, or not its Value.", _NEW),
    7000222: (PASSWORD, "it has expired.", _NEW),
    700016: (APP, "the tenant knows no app of this id.", f"Compare it with {PLACE[APP]}, and the tenant below it."),
}
"""What Entra's own numbers mean, and what to do."""


class Login:
    """Asks for tokens as `handrail serve` does, and remembers the number that Entra refused with."""

    def __init__(self, keys: Keys, acquire: Callable[..., Acquire] = msal_acquire) -> None:
        at = keys.microsoft
        self._acquire = acquire(keys.identity, at.endpoints.login, http_client=at.http_client)
        self.number = 0

    def __call__(self, scope: str) -> Mapping[str, object]:
        answer = self._acquire(scope)
        numbers = answer.get("error_codes")
        self.number = next((each for each in numbers if isinstance(each, int)), 0) if isinstance(numbers, list) else 0
        return answer


async def of_login(keys: Keys, tokens: Tokens, login: Login) -> list[Finding]:
    """Whether there is a token for each service. The second is asked for only when there is a first."""
    for scope, name in ((CONNECTOR, "Teams"), (GRAPH, "Microsoft Graph")):
        try:
            await tokens.token(scope)
        except SendFailed as failed:
            return [_no_token(keys, failed.reason, login.number, name)]
    sentence = "Microsoft lets the app in: it has tokens for Teams and for Microsoft Graph."
    return [Finding(Level.OK, "login", sentence)]


def _no_token(keys: Keys, reason: str, number: int, name: str) -> Finding:
    if reason == TENANT_UNKNOWN:
        sentence, do = "Microsoft knows no such tenant, or did not answer for it.", f"Compare it with {PLACE[TENANT]}."
        return Finding(Level.WRONG, TENANT, sentence, f"{do} May this computer reach {keys.microsoft.endpoints.login}?")
    if reason == APP_REFUSED and keys.kind != MANAGED and number in _REFUSALS:
        return Finding(Level.WRONG, *_REFUSALS[number])
    if reason == APP_REFUSED:
        said = f" (AADSTS{number})" if number else ""
        return Finding(Level.WRONG, "login", f"Microsoft refuses the app a token for {name}{said}.", _refused_do(keys))
    return Finding(Level.WRONG, "login", f"there is no token for {name}: Microsoft gave no proper answer.", _way(keys))


def _refused_do(keys: Keys) -> str:
    if keys.kind == MANAGED:
        return f"Give the identity whose client id is {APP} to the machine that Handrail runs on."
    return f"Compare {APP} and {TENANT} with {AZURE}, and make a new client secret there."


def _way(keys: Keys) -> str:
    if keys.kind == MANAGED:
        return f"Does this computer run in Azure, with that identity? Elsewhere a secret is needed: {KIND} left out."
    return f"May this computer reach {keys.microsoft.endpoints.login}? A proxy or a firewall may stand in between."


async def of_signing(session: aiohttp.ClientSession, openid: str, now: Callable[[], datetime]) -> list[Finding]:
    """Whether what Teams sends could be proved: the keys that it is signed with, and our clock."""
    try:
        await SigningKeys(session, openid).key("")
    except KeysUnreachable:
        sentence = "Microsoft’s signing keys cannot be fetched, so nothing that Teams sends can be proved."
        do = f"May this computer reach {openid}, and without a proxy?"
        return [Finding(Level.WRONG, "signing keys", sentence, do)]
    found = [Finding(Level.OK, "signing keys", "Microsoft’s signing keys can be read.")]
    date = await _date(session, openid)
    return [*found, of_clock(date, now(), "Microsoft’s", CLOCK_LIMITS)]


async def _date(session: aiohttp.ClientSession, url: str) -> str | None:
    try:
        async with session.get(url, allow_redirects=False) as answer:
            return answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError):
        return None
