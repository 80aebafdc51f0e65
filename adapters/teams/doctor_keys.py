"""The doctor on the variables as they stand in the environment. Nobody is asked here.

A secret is looked at and never said, not even in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.findings import Finding, Level
from adapters.teams.credentials import MANAGED, SINGLE_TENANT, Identity
from adapters.teams.us import HOSTS, Endpoints, ServiceUrls, Us

APP, PASSWORD, TENANT = "MicrosoftAppId", "MicrosoftAppPassword", "MicrosoftAppTenantId"
KIND, FURTHER = "MicrosoftAppType", "HANDRAIL_TEAMS_HOSTS"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}")
_MICROSOFTS = (".microsoft.com", ".microsoft.us", ".botframework.com")
AZURE = "the Azure portal, your Azure Bot, Configuration"
SECRETS = f"{AZURE}, Manage Password, Certificates & secrets"
PLACE = {APP: f"{AZURE}, Microsoft App ID", TENANT: f"{AZURE}, App Tenant ID"}


@dataclass(frozen=True)
class Microsoft:
    """Where Microsoft is. Tests put a played one in its place."""

    endpoints: Endpoints = field(default_factory=Endpoints)
    loopback: bool = False
    http_client: object = None


@dataclass(frozen=True)
class Keys:
    """What the environment says of Teams, as it stands there. What is not set is ''."""

    app: str = ""
    password: str = field(default="", repr=False)
    tenant: str = ""
    kind: str = ""
    hosts: str = ""
    microsoft: Microsoft = field(default_factory=Microsoft)

    @property
    def us(self) -> Us:
        return Us(self.app.strip().lower(), self.tenant.strip().lower())

    @property
    def identity(self) -> Identity:
        return Identity(self.us.app, self.password, self.us.tenant, self.kind or SINGLE_TENANT)

    @property
    def urls(self) -> ServiceUrls:
        return ServiceUrls(HOSTS | frozenset(_hosts(self.hosts)), self.microsoft.loopback)


def of_keys(keys: Keys) -> list[Finding]:
    """What is wrong with the variables as they stand. Nobody is asked."""
    found = [_id(APP, keys.app), _id(TENANT, keys.tenant), _same(keys.us), _kind(keys.kind), _password(keys)]
    return [*filter(None, found), *of_hosts(keys.hosts)]


def _id(name: str, value: str) -> Finding | None:
    id = value.strip().lower()
    if _ID.fullmatch(id):
        return None
    sentence = "it is no id of Entra, with its four hyphens and nothing else." if id else "it is not set, or is empty."
    return Finding(Level.WRONG, name, sentence, f"Copy it from {PLACE[name]}.")


def _same(us: Us) -> Finding | None:
    if not us.app or us.app != us.tenant:
        return None
    do = f"Copy each from its own place: {PLACE[APP]}, and App Tenant ID below it."
    return Finding(Level.WRONG, TENANT, f"it is the same as {APP}.", do)


def _kind(kind: str) -> Finding | None:
    if kind in ("", SINGLE_TENANT, MANAGED):
        return None
    do = f"Leave it out, or write {SINGLE_TENANT}; for a managed identity {MANAGED}."
    return Finding(Level.WRONG, KIND, "it is of no kind that a school can have.", do)


def _password(keys: Keys) -> Finding | None:
    value = keys.password
    if keys.kind == MANAGED:
        do = f"Take it away, or {KIND}: whichever is not meant."
        return Finding(Level.WARN, PASSWORD, "a managed identity uses none.", do) if value.strip() else None
    if wrong := _form(value):
        do = f"Copy the secret’s Value from {SECRETS}. When it is not shown any more, make a new one."
        return Finding(Level.WRONG, PASSWORD, f"it {wrong}.", do)
    return None


def _form(value: str) -> str:
    if not value.strip():
        return "is not set, or is empty"
    if re.search(r"\s", value):
        return "has a space or a line break in it"
    if value[0] in "\"'" or value[-1] in "\"'":
        return "has quotation marks around it"
    return "is the secret’s id, not its value" if _ID.fullmatch(value.lower()) else ""


def of_hosts(written: str) -> Iterator[Finding]:
    """Where a token of ours may go beside Teams' own address (T10)."""
    hosts = _hosts(written)
    odd = [number for number, host in enumerate(hosts, 1) if not _HOST.fullmatch(host)]
    strange = [each for each in hosts if _HOST.fullmatch(each) and not each.endswith(_MICROSOFTS) and each not in HOSTS]
    if odd:
        sentence = f"what stands there as number {', '.join(map(str, odd))} can never be the host of an address."
        do = "Write hosts alone, with commas between them: no https://, no port, no path, no star."
        yield Finding(Level.WRONG, FURTHER, sentence, do)
    if strange:
        sentence = f"not known to be Microsoft’s, and the app’s token would be sent there: {', '.join(strange)}."
        yield Finding(Level.WARN, FURTHER, sentence, "Take it away, unless Microsoft itself named it to you.")


def _hosts(written: str) -> list[str]:
    return list(filter(None, (host.strip().lower() for host in written.split(","))))
