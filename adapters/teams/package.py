"""The app that a trust uploads to its Teams: a zip with what the app is, the least that it must be allowed, two icons.

Nothing that could read or send a file, or read what people say to each other, may ever stand in it (I5), nor a secret.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from adapters.teams.us import Json
from bot.directory import Directory
from bot.errors import ConfigError

NAME = "Handrail"
SCHEMA = "1.22"
"""Which of Microsoft's manifests this is."""

COMMANDS = {
    "contacts": "Whom to ring, and on which number.",
    "oncall": "Whom to ring this minute.",
}
"""What Teams offers in the personal chat, for whoever does not know what to type. Elsewhere it offers nothing (T49)."""

SHOWN = {
    "identity": "to know who writes: the account’s id in Entra, and whether it is a guest’s",
    "messageTeamMembers": "to write to a DSL or deputy one to one, when the channel is not safe or nobody has answered",
}
"""What Teams tells people of the app when it is added, with the reason."""

OF_TEAM = {
    "TeamSettings.Read.Group": "to check, before every post, that the DSLs’ team is private",
}
"""What the owner of a team agrees to by adding the app there: for that team alone, with the reason."""

OF_DIRECTORY = {
    "GroupMember.Read.All": "only if your staff rule names groups: to look up whether somebody belongs to one of them",
    "User.Read.All": "only if your staff rule names groups: Microsoft wants it for the same look-up",
}
"""What an administrator grants in Entra where the staff rule names groups (T19). It stands in no package."""

_DESCRIPTION = "Tell your safeguarding lead at once, and know whom to ring and what to do next."
_FULL = """\
For staff. Write to Handrail after a child has told you about an intimate picture, or anything like it. It gives you \
the numbers to ring first, then asks one short question at a time; “I don’t know” is an answer to every one of them. \
Your designated safeguarding lead is told as soon as the first few are answered.

It never opens or keeps a picture or a file: please send none. It does not decide anything: people do. It does not \
stand between you and the telephone: if a child is in danger, ring 999 first."""

_COLOUR = "#0F5B57"
_ICONS = {"color": "color.png", "outline": "outline.png"}
_FOLDER = Path(__file__).parent / "icons"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_NAME, _LONGEST_ADDRESS = 32, 2048
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Pages:
    """The trust's own pages, which Teams shows beside the app. What is left out is the website."""

    website: str
    privacy: str = ""
    terms: str = ""


def package_zip(app: str, directory: Directory, pages: Pages) -> bytes:
    """The app as a zip to upload: the same bytes for the same app, trust and pages. Raises as `manifest`."""
    files = {file: (_FOLDER / file).read_bytes() for file in _ICONS.values()}
    files["manifest.json"] = json.dumps(manifest(app, directory, pages), indent=2, ensure_ascii=False).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name in sorted(files):
            zipped.writestr(_entry(name), files[name])
    return packed.getvalue()


def manifest(app: str, directory: Directory, pages: Pages) -> Json:
    """What Teams is told. `app` is the registration's id in Entra.

    Raises ConfigError when that is none, or a page is not one that Teams can show.
    """
    id = _id(app)
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": _version(),
        "id": id,
        "developer": _developer(directory.trust.name, pages),
        "name": {"short": NAME, "full": f"{NAME}: tell your safeguarding lead"},
        "description": {"short": _DESCRIPTION, "full": _FULL},
        "icons": _ICONS,
        "accentColor": _COLOUR,
        "bots": [_bot(id)],
        "permissions": sorted(SHOWN),
        "validDomains": [],
        "webApplicationInfo": {"id": id, "resource": f"api://{id}"},
        "authorization": {"permissions": {"resourceSpecific": _of_team()}},
        "defaultInstallScope": "personal",
    }


def _bot(id: str) -> Json:
    offered = [{"title": title, "description": description} for title, description in COMMANDS.items()]
    return {
        "botId": id,
        "scopes": ["personal", "team", "groupChat"],
        "supportsFiles": False,
        "supportsCalling": False,
        "supportsVideo": False,
        "isNotificationOnly": False,
        "commandLists": [{"scopes": ["personal"], "commands": offered}],
    }


def _of_team() -> list[Json]:
    return [{"name": name, "type": "Application"} for name in sorted(OF_TEAM)]


def _developer(trust: str, pages: Pages) -> Json:
    website = _page("--website", pages.website)
    return {
        "name": _cut(trust),
        "websiteUrl": website,
        "privacyUrl": _page("--privacy", pages.privacy) if pages.privacy else website,
        "termsOfUseUrl": _page("--terms", pages.terms) if pages.terms else website,
    }


def _cut(name: str) -> str:
    """As many whole words as Teams shows of a name, or as much of the first."""
    if len(name) <= _LONGEST_NAME:
        return name
    most = name[: _LONGEST_NAME - 1]
    return f"{most.rpartition(' ')[0] or most}…"


def _page(option: str, written: str) -> str:
    if not _is_page(written):
        wrong = "is not an address that begins https://" if written else "is missing"
        write = "Write a page of your trust's own, as in https://www.example.org: Teams shows it beside the app"
        raise ConfigError("command line", option, wrong, write)
    return written


def _is_page(written: str) -> bool:
    if not written.isascii() or not written.isprintable() or " " in written or len(written) > _LONGEST_ADDRESS:
        return False
    try:
        parts = urlsplit(written)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None


def _id(app: str) -> str:
    id = app.strip().lower()
    if not _GUID.fullmatch(id):
        write = "Write the Application (client) ID as Entra shows it, with its four hyphens"
        raise ConfigError("environment", "MicrosoftAppId", "is not an id of Entra" if id else "is not set", write)
    return id


def _version() -> str:
    """Three numbers and nothing else: Teams takes no other."""
    numbers = re.findall(r"[0-9]+", version("handrail"))
    return ".".join([*numbers, "0", "0"][:3])


def _entry(name: str) -> zipfile.ZipInfo:
    """A file of the zip, with nothing in it of the computer or the hour that it was made on."""
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
