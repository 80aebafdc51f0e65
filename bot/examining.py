"""What the doctor examines: every platform that the environment names, against the trust's own file and the books.

Part of the composition root (`bot.composition`): no rule may enter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot import composition
from bot.errors import ConfigError, StoreRefused, StoreUnavailable
from bot.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from adapters.findings import Finding
    from adapters.slack.doctor import Keys as SlackKeys
    from adapters.store.report import Reader
    from adapters.teams.doctor import Keys as TeamsKeys
    from bot.directory import Directory

Told = Callable[[str], None]

TEAMS, SLACK = "Microsoft Teams", "Slack"


async def examine(settings: Settings, press: str, told: Told) -> list[Finding]:
    """What the doctor finds on each platform that the environment names; where it names none, that. `press` is the
    roster id of whoever is to press a button, or ''. Raises ConfigError for the trust's file."""
    directory = composition.trust_of(settings).current()
    ways = {"teams": (TEAMS, _teams), "slack": (SLACK, _slack)}
    named = named_in(settings)
    found: list[Finding] = []
    for door in named:
        platform, look = ways[door]
        looked = await look(settings, directory, pressing_on(directory, press, door, named), told)
        found += [replace(each, platform=platform) for each in looked]
    return found or [_neither()]


def named_in(settings: Settings) -> tuple[str, ...]:
    """The doors that the environment names, be it with one variable alone."""
    of_teams = (settings.teams_app, settings.teams_password, settings.teams_tenant, settings.teams_kind)
    tokens = (settings.slack_bot_token, settings.slack_app_token)
    of_slack = (*tokens, settings.slack_signing_secret, settings.slack_signing_secret_old)
    given = {"teams": of_teams, "slack": of_slack}
    return tuple(door for door, values in given.items() if any(each is not None for each in values))


def _neither() -> Finding:
    from adapters.findings import Finding, Level

    do = "Set the variables of docs/slack.md or of docs/teams.md. To see Handrail without either: make demo"
    return Finding(Level.WRONG, "platforms", "neither Slack nor Microsoft Teams is named in the environment.", do)


def pressing_on(directory: Directory, press: str, door: str, named: Collection[str]) -> str:
    """Whoever is to press does it where they can be reached; '' where only another platform of these reaches them."""
    reached = {one for person in directory.people if person.id == press for one in person.ids} & set(named)
    return press if door in reached or not reached else ""


# --- Slack ---


async def _slack(settings: Settings, directory: Directory, press: str, told: Told) -> list[Finding]:
    from adapters.clock import SystemClock
    from adapters.slack.doctor import Asked, Shown, examine

    asked = Asked(directory, readers_of(directory, "slack"), press)
    return await examine(_slack_keys(settings), asked, Shown(composition.script().phrases.say, told, SystemClock()))


def _slack_keys(settings: Settings) -> SlackKeys:
    """As they stand, good or not: the doctor says what is wrong with them."""
    from adapters.slack.doctor import Keys

    tokens = (settings.slack_bot_token, settings.slack_app_token)
    secrets = (settings.slack_signing_secret, settings.slack_signing_secret_old)
    bot, app, secret, old = _texts((*tokens, *secrets))
    return Keys(bot, app, secret, old, settings.slack_address())


# --- Microsoft Teams ---


async def _teams(settings: Settings, directory: Directory, press: str, told: Told) -> list[Finding]:
    from adapters.clock import SystemClock
    from adapters.teams.doctor import Asked, Shown, examine

    shelf, shut = books_of(settings)
    asked = Asked(directory, readers_of(directory, "teams"), shelf, shut, press)
    return await examine(_teams_keys(settings), asked, Shown(composition.script().phrases.say, told, SystemClock()))


def _teams_keys(settings: Settings) -> TeamsKeys:
    from adapters.teams.doctor import Keys

    (password,) = _texts((settings.teams_password,))
    app, tenant, kind = (each or "" for each in (settings.teams_app, settings.teams_tenant, settings.teams_kind))
    return Keys(app, password, tenant, kind, settings.teams_hosts)


def books_of(settings: Settings) -> tuple[ReadShelf | None, str]:
    """The books beside a Handrail that may be serving, or None and why they cannot be opened."""
    from adapters.store.report import open_reader

    try:
        return ReadShelf(open_reader(settings.database_url, composition.keyring(settings))), ""
    except (ConfigError, StoreRefused, StoreUnavailable) as fault:
        return None, str(fault)


@dataclass(frozen=True)
class ReadShelf:
    """Where people are reached, read from the books (`adapters.teams.addresses.Shelf`). Nothing is written."""

    reader: Reader

    async def read(self, key: str) -> str | None:
        """Raises StoreUnavailable."""
        from adapters.store.report import address

        return address(self.reader, key)

    async def write(self, key: str, text: str) -> None:
        return None


# --- both ---


def readers_of(directory: Directory, door: str) -> dict[str, frozenset[str]]:
    """Who may be in each channel of the file. Where academies share one, only whoever may see the cases of all."""
    from bot import routing
    from bot.case import Case
    from bot.message import Person

    found: dict[str, frozenset[str]] = {}
    named = [(academy.id, academy.channel.get(door)) for academy in directory.academies]
    for academy, channel in [*named, ("", directory.trust.channel.get(door))]:
        if channel:
            case = Case("", Person("", ""), datetime.now(UTC), academy=academy)
            may = routing.allowed_in_channel(directory, case, door)
            found[channel] = found.get(channel, may) & may
    return found


def _texts(secrets: Iterable[SecretStr | None]) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() if secret else "" for secret in secrets)
