"""What a single field of `trust.toml` may say, as types.

Every field's description is what the school's IT lead is told to write when it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.hours import check_hours

_PHONE = re.compile(r"\+?[0-9][0-9 ]{1,16}[0-9]")
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_ENTRA_ID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_PERSON_IDS = {
    "web": re.compile(_SLUG),
    "console": re.compile(_SLUG),
    "slack": re.compile(r"[UW][A-Z0-9]{5,20}"),
    "teams": re.compile(_ENTRA_ID),
}
_CHANNEL_IDS = {
    "web": re.compile(_SLUG),
    "console": re.compile(_SLUG),
    "slack": re.compile(r"[CG][A-Z0-9]{5,20}"),
    "teams": re.compile(r"19:[A-Za-z0-9_-]+@thread\.(tacv2|v2|skype)"),
}


def _phone(text: str) -> str:
    if text and not _PHONE.fullmatch(text):
        raise ValueError(f'"{text}" is not a telephone number')
    return text


def _hours(text: str) -> str:
    check_hours(text)
    return text


def _ids_like(patterns: Mapping[str, re.Pattern[str]], ids: Mapping[str, str]) -> Mapping[str, str]:
    for door, id in ids.items():
        if door not in patterns:
            raise ValueError(f'"{door}" is not a door; the doors are {", ".join(patterns)}')
        if not patterns[door].fullmatch(id):
            raise ValueError(f'"{id}" does not look like an id of {door}')
    return ids


def _person_ids(ids: Mapping[str, str]) -> Mapping[str, str]:
    """Entra's ids mean the same in capitals; Teams says them in small letters."""
    return {door: id.lower() if door == "teams" else id for door, id in _ids_like(_PERSON_IDS, ids).items()}


def _channel_ids(ids: Mapping[str, str]) -> Mapping[str, str]:
    return _ids_like(_CHANNEL_IDS, ids)


Slug = Annotated[
    str,
    Field(pattern=_SLUG, max_length=60, description='Write small letters, digits and hyphens, as in "example-north".'),
]
Line = Annotated[
    str, Field(min_length=1, max_length=160, pattern=r"^[^\r\n\x00-\x1f]+$", description="Write one line.")
]
Name = Annotated[
    str,
    Field(
        min_length=1, max_length=75, pattern=r"^[^\r\n\x00-\x1f]+$", description="Write one line, 75 letters at most."
    ),
]
Phone = Annotated[str, AfterValidator(_phone), Field(description='Write digits and spaces only, as in "01632 960123".')]
Hours = Annotated[
    str,
    AfterValidator(_hours),
    Field(
        description='Write days and times as in "Mo-Th 08:30-17:00; Fr 08:30-16:30; PH off", or "always", or "unknown".'
    ),
]
PersonIds = Annotated[
    Mapping[str, str],
    AfterValidator(_person_ids),
    Field(
        description="Write the platform's own id of the person, never a display name, as in "
        '{ slack = "U012ABCDEF" }, or of Teams { teams = "00000000-0000-4000-8000-00000000000a" }.'
    ),
]
ChannelIds = Annotated[
    Mapping[str, str],
    AfterValidator(_channel_ids),
    Field(
        description="Write the platform's own id of the channel, never its name, as in "
        '{ slack = "C012ABCDEF" }, or of Teams { teams = "19:EXAMPLE1@thread.tacv2" }.'
    ),
]
Minutes = Annotated[float, Field(gt=0, le=1440, description="Write a number of minutes above 0, as in 10.")]
EntraId = Annotated[
    str,
    Field(pattern=f"^{_ENTRA_ID}$", description="Write the object id that Entra shows, with its four hyphens."),
]
Domain = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        max_length=250,
        description='Write what follows the @ of their sign-in names, as in "staff.example.org".',
    ),
]
To = Literal["dsl", "deputies", "head", "chair", "on_call", "trust_lead"]
Audience = Literal["staff", "lead", "child", "parents", "adults"]
ForAgency = Literal["police", "social_care", "education_advice", "lado", "ceop", "removal"]
