"""The commands with which an IT lead sets Handrail up and looks whether it is right. No rule may enter.

Imports stand inside the commands, as in `bot.__main__`, which is their only caller.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import composition
from bot.settings import settings_from

flow_app = typer.Typer(no_args_is_help=True, help="Check the conversation, and draw it.")
key_app = typer.Typer(no_args_is_help=True, help="Make a key for HANDRAIL_KEY.")
trust_app = typer.Typer(no_args_is_help=True, help="Check the trust's own file.")
slack_app = typer.Typer(no_args_is_help=True, help="Set up Slack.")
teams_app = typer.Typer(no_args_is_help=True, help="Set up Microsoft Teams, or try it on this computer.")

APPS = {"flow": flow_app, "key": key_app, "trust": trust_app, "slack": slack_app, "teams": teams_app}


@key_app.command("new")
def key_new() -> None:
    """A new key for HANDRAIL_KEY. Keep it apart from the database, and keep a copy: without it nothing opens."""
    from adapters.seal import new_key

    typer.echo(new_key())


@trust_app.command("check")
def trust_check(file: Annotated[Path | None, typer.Argument(help="Left out: HANDRAIL_TRUST.")] = None) -> None:
    """Check a trust's file, and say what it holds."""
    from adapters.trust_file import TrustFile

    directory = (TrustFile(file) if file else composition.trust_of(settings_from(os.environ))).current()
    typer.echo(
        f"{directory.trust.name}: {len(directory.academies)} academies, {len(directory.people)} people, "
        f"{len(directory.contacts)} contacts. Nothing is wrong with the file."
    )


@flow_app.command("check")
def flow_check(file: Annotated[Path | None, typer.Argument(help="Left out: the disclosure flow.")] = None) -> None:
    """Check a flow: what is wrong is named by step and line."""
    flow = composition.flow_of(file) if file else composition.script().flow
    typer.echo(f"{flow.name}: {len(flow.steps)} steps. Nothing is wrong with the flow.")


@flow_app.command("diagram")
def flow_diagram(
    file: Annotated[Path | None, typer.Argument(help="Left out: the disclosure flow.")] = None,
    write: Annotated[Path | None, typer.Option(help="A folder for NAME.mmd, and NAME.md that shows it.")] = None,
) -> None:
    """Print the flow as a Mermaid diagram, or write it into a folder."""
    from flows.diagram import mermaid

    flow = composition.flow_of(file) if file else composition.script().flow
    if write:
        _write_diagram(write, flow.name, mermaid(flow))
        return
    typer.echo(mermaid(flow), nl=False)


def _write_diagram(folder: Path, name: str, drawing: str) -> None:
    from flows.diagram import embedded

    page = folder / f"{name}.md"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    (folder / f"{name}.mmd").write_text(drawing, encoding="utf-8")
    page.write_text(embedded(before, drawing), encoding="utf-8")
    typer.echo(f"Written: {folder / name}.mmd and {page}")


@slack_app.command("manifest")
def slack_manifest(
    url: Annotated[str, typer.Option(help="For HTTP: the address that Slack reaches. Left out: Socket Mode.")] = "",
) -> None:
    """The app's manifest, ready to paste into Slack."""
    from adapters.slack.manifest import printed

    typer.echo(printed(url))


@teams_app.command("package")
def teams_package(
    website: Annotated[str, typer.Option(help="A page of your trust's own, which Teams shows beside the app.")] = "",
    privacy: Annotated[str, typer.Option(help="Your privacy page. Left out: the website.")] = "",
    terms: Annotated[str, typer.Option(help="Your terms of use. Left out: the website.")] = "",
    to: Annotated[Path, typer.Option(help="Where the package goes.")] = Path("handrail-teams.zip"),
) -> None:
    """The app for your school's Teams, ready to upload."""
    from adapters.teams.package import Pages, package_zip

    settings = settings_from(os.environ)
    directory = composition.trust_of(settings).current()
    to.write_bytes(package_zip(settings.teams_app or "", directory, Pages(website, privacy, terms)))
    typer.echo(f"Written: {to}")


@teams_app.command("local")
def teams_local(
    me: Annotated[str, typer.Option("--as", help="Who writes: somebody's id in the trust's file.")] = "",
    folder: Annotated[Path, typer.Option(help="Where the playground's configuration goes.")] = Path("playground"),
) -> None:
    """Practice with Microsoft 365 Agents Playground: on this computer alone, gone when it ends."""
    import asyncio

    asyncio.run(composition.teams_local(settings_from(os.environ), me, folder, typer.echo))


def doctor(
    press: Annotated[str, typer.Option(help="Somebody's id in the trust's file: who presses a button.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at the school's Slack and Teams, and say what is wrong and what to do. Exit code 1 when something is."""
    import asyncio
    from contextlib import redirect_stdout

    from adapters import findings
    from bot import examining

    with redirect_stdout(sys.stderr):  # where what is logged meanwhile belongs
        work = examining.examine(settings_from(os.environ), press, lambda line: typer.echo(line, err=True))
        found = asyncio.run(work)
    typer.echo(findings.as_json(found) if as_json else "\n".join(findings.lines(found)))
    if not findings.is_well(found):
        raise typer.Exit(1)
