"""What somebody did with a button, a form, a command or a shortcut, from the projection of Slack's request.

What it means is for the bot to say. Nothing that was written may enter, nor anything of the message that a shortcut
was used on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.slack.projection import DOOR, Json, moment
from bot.message import Incoming, Person, Press


@dataclass(frozen=True, slots=True)
class Act:
    """Who did it and where: in a channel (`place`), in a private view (`view`), or in neither, as on the App Home.

    `message` is the `ts` of the message it stood on. `trigger` opens one view within 3 s. `at` is None when Slack does
    not say it.
    """

    who: Person
    key: str
    trigger: str = ""
    at: datetime | None = None
    place: str = ""
    message: str = ""
    view: str = ""
    outside: bool = False

    @property
    def on_home(self) -> bool:
        return not (self.place or self.view)

    def incoming(self, now: datetime, press: Press | None, text: str = "") -> Incoming:
        return Incoming(self.who, self.key, self.at or now, text, press, outside=self.outside)


def read_press_act(body: Json, team: str) -> Act | None:
    """The act of pressing the first of `actions`, or None when it is not known whose it was."""
    action, it = body["actions"][0], body.get("container", {})
    view = body.get("view", {})
    place = it.get("channel_id") or body.get("channel", {}).get("id", "")
    message = it.get("message_ts", "")
    stood = it.get("view_id") or f"{place}/{message}"
    ts = action.get("action_ts", "")
    return _act(
        body,
        team,
        f"press:{stood}:{action.get('action_id', '')}:{ts or body.get('trigger_id', '')}",
        at=moment(ts),
        place=place,
        message=message,
        view=it.get("view_id", "") if view.get("type") == "modal" else "",
    )


def read_form_act(body: Json, team: str) -> Act | None:
    """The act of sending a form."""
    view = body.get("view", {})
    return _act(body, team, f"view:{view.get('id', '')}:{view.get('hash', '')}", view=view.get("id", ""))


def read_shortcut_act(body: Json, team: str) -> Act | None:
    return _act(body, team, f"shortcut:{body.get('trigger_id', '')}", at=moment(body.get("action_ts", "")))


def read_command_act(body: Json) -> Act | None:
    who, place = body.get("user_id", ""), body.get("channel_id", "")
    trigger = body.get("trigger_id", "")
    return Act(Person(DOOR, who), f"command:{trigger}", trigger, place=place) if who else None


def _act(body: Json, team: str, key: str, **where: object) -> Act | None:
    person = body.get("user", {})
    who = person.get("id", "")
    if not who:
        return None
    outside = person.get("team_id", team) != team
    return Act(Person(DOOR, who), key, body.get("trigger_id", ""), outside=outside, **where)  # type: ignore[arg-type]
