"""`handrail doctor`: whether a school's Slack is set up as it must be, in plain English, before anybody relies on it.

It changes nothing, and posts nothing but the one button it is asked for. Nothing secret may be said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.findings import Finding, Level, as_json, is_well, lines
from adapters.slack.api import open_api
from adapters.slack.bolt import hush
from adapters.slack.doctor_app import Keys, ask, of_app, of_keys, of_socket
from adapters.slack.doctor_press import RoundTrip, nobody, not_tried
from adapters.slack.doctor_trust import DOOR, Asked, Looks, Steady
from adapters.slack.modal import Say
from bot.ports import Clock

__all__ = ["Asked", "Finding", "Keys", "Level", "Shown", "as_json", "examine", "is_well", "lines"]


@dataclass(frozen=True)
class Shown:
    """What the doctor works with: the sentences under `doubt.`, where it tells how it goes, and the time."""

    say: Say
    told: Callable[[str], None]
    clock: Clock


async def examine(keys: Keys, asked: Asked, shown: Shown) -> list[Finding]:
    """Everything that can be found out, in the order in which it is to be put right. Never raises for what Slack does.

    Where the bot token is not good, nothing after it can be looked at, and nothing is guessed.
    """
    hush()
    found = of_keys(keys)
    if any(finding.about == "SLACK_BOT_TOKEN" for finding in found):
        return found
    async with open_api(keys.bot_token, keys.api_url) as api:
        app = await ask(api)
        if isinstance(app, Finding):
            return [*found, app]
        found += of_app(app, shown.clock.now())
        if keys.app_token and not any(finding.about == "SLACK_APP_TOKEN" for finding in found):
            found.append(await of_socket(keys))
        steady = Steady(api, shown.clock)
        found += await _of_the_trust(Looks(steady, app.home, asked, shown.say))
        return [*found, await _press(RoundTrip(steady, keys, shown.told), asked)]


async def _of_the_trust(rounds: Looks) -> list[Finding]:
    channels = [finding async for finding in rounds.channels()]
    return channels + [finding async for finding in rounds.people()]


async def _press(trip: RoundTrip, asked: Asked) -> Finding:
    if not asked.press:
        return not_tried()
    who = (person for person in asked.directory.people if person.id == asked.press and DOOR in person.ids)
    person = next(who, None)
    return await trip.with_person(person) if person else nobody(asked.press)
