"""The configuration of Microsoft 365 Agents Playground for practice: the trust's own people and channels, with the
made-up ids of `bot.practice`. Nothing of a case may enter.
"""

from __future__ import annotations

import json
from pathlib import Path

from adapters.teams.us import DOOR, Json
from bot.directory import Academy, Directory, RosterPerson
from bot.errors import ConfigError

FILE = ".m365agentsplayground.yml"
"""Where the playground looks for it, in the folder it is started in."""

PACKAGE = "@microsoft/m365agentsplayground@0.2.28"
"""The version that Handrail was tried with."""

_TENANT, _BOT, _GROUP = (f"00000000-0000-4000-8000-{number:012}" for number in (1, 2, 3))
_ADDRESS = "practice.invalid"
_MOST = 5


def write(folder: Path, directory: Directory, me: str) -> Path:
    """Write it into the folder, which is made where it is missing, and return its path.

    `me` is the roster id of whoever sits at the playground. Raises ConfigError when nobody has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    file.write_text(json.dumps(config(directory, me), indent=2) + "\n", encoding="utf-8")  # JSON is YAML too
    return file


def told(url: str, folder: Path) -> str:
    """What to type in a second terminal, once Handrail serves at `url`."""
    started = f"npx {PACKAGE} start -e {url}api/messages -c msteams --disable-telemetry"
    steps = (
        "Practice is open on this computer; nothing is kept. In another terminal:",
        f"  cd {folder}",
        f"  {started}",
        "Look at the channel General there once, so that the team knows Handrail. Then write in Personal Chat.",
    )
    return "\n".join(steps)


def config(directory: Directory, me: str) -> Json:
    """One team, whose General channel is the first academy's: the playground takes five people beside the one who
    writes, and one channel more. They are leads of that academy, for whoever else was there would be a stranger (I4).
    """
    who = next((person for person in directory.people if person.id == me), None)
    if who is None:
        ids = ", ".join(person.id for person in directory.people)
        raise ConfigError("command line", "--as", "names nobody on the roster", f"Write one of {ids}")
    first = directory.academies[0]
    return {
        "version": "0.1.1",
        "tenantId": _TENANT,
        "bot": {"id": _BOT, "name": "Handrail"},
        "currentUser": _person(who),
        "users": [_person(person) for person in _leads(directory, first) if person.id != me][:_MOST],
        "personalChat": {"id": "a:practice"},
        "groupChat": {"id": "19:practice@thread.v2", "name": "A group chat"},
        "team": {
            "id": first.channel[DOOR],
            "name": f"Safeguarding ({first.name})",
            "aadGroupId": _GROUP,
            "channels": [{"id": directory.trust.channel[DOOR], "name": "The trust"}],
        },
    }


def _leads(directory: Directory, academy: Academy) -> list[RosterPerson]:
    return [person for role in ("dsl", "deputy") for person in directory.holders(academy.id, role)]


def _person(person: RosterPerson) -> Json:
    given, _, surname = person.name.partition(" ")
    address = f"{person.id}@{_ADDRESS}"
    return {
        "id": f"29:{person.id}",
        "name": f"{person.name} ({person.title})",
        "userPrincipleName": address,
        "aadObjectId": person.ids[DOOR],
        "givenName": given,
        "surname": surname or given,
        "email": address,
    }
