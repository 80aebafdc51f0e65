"""Modals and App Homes of our Slack's Web API: opened by a trigger, stacked, renewed, never without one."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.slack.answers import view_json
from tests.slack.trouble import refused
from tests.slack.world import Json, Trigger, View, World

STACK = 3


class Views:
    """The methods `views.*`. `refused` is asked whether a view breaks Slack's limits."""

    def __init__(self, world: World, refused: Callable[[Json], Json | None]) -> None:
        self.world = world
        self._refused = refused

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        return {
            "views.open": self._open,
            "views.publish": self._publish,
            "views.push": self._push,
            "views.update": self._update,
        }

    def _open(self, arguments: Json) -> Json:
        trigger = self._fired(arguments)
        if isinstance(trigger, str):
            return refused(trigger)
        if wrong := self._refused({"view": arguments.get("view")}):
            return wrong
        return self._shown(trigger, arguments["view"])

    def _push(self, arguments: Json) -> Json:
        trigger = self._fired(arguments)
        if isinstance(trigger, str):
            return refused(trigger)
        below = self.world.views.get(trigger.view)
        if below is None or below.closed:
            return refused("not_found")
        if self._depth(below) >= STACK:
            return refused("push_limit_reached")
        wrong = self._refused({"view": arguments.get("view")})
        return wrong or self._shown(trigger, arguments["view"], below)

    def _depth(self, view: View) -> int:
        below = self.world.views.get(view.previous)
        return 1 + (self._depth(below) if below else 0)

    def _fired(self, arguments: Json) -> Trigger | str:
        """The trigger that was spent, or Slack's error."""
        trigger = self.world.triggers.get(str(arguments.get("trigger_id")))
        if trigger is None:
            return "invalid_trigger_id"
        if time.monotonic() - trigger.born > self.world.trigger_life:
            return "expired_trigger_id"
        if trigger.spent:
            return "exchanged_trigger_id"
        trigger.spent = True
        return trigger

    def _shown(self, trigger: Trigger, given: Json, below: View | None = None) -> Json:
        view = View(self.world.fresh("V"), trigger.person, self._hash(), self._dressed(given))
        if below:
            view.previous, view.root = below.id, below.root or below.id
        self.world.views[view.id] = view
        return {"ok": True, "view": view_json(view)}

    def _dressed(self, given: Json) -> Json:
        return {**given, "blocks": self.world.dress(given["blocks"])}

    def _hash(self) -> str:
        return f"{int(self.world.now())}.{self.world.short()}{self.world.short()}"

    def _update(self, arguments: Json) -> Json:
        view = self._found(arguments)
        if view is None or view.closed:
            return refused("not_found")
        return self._renewed(view, arguments)

    def _found(self, arguments: Json) -> View | None:
        if external := arguments.get("external_id"):
            return next((v for v in self.world.views.values() if v.view.get("external_id") == external), None)
        return self.world.views.get(str(arguments.get("view_id")))

    def _renewed(self, view: View, arguments: Json) -> Json:
        if arguments.get("hash") not in (None, "", view.hash):
            return refused("hash_conflict")
        if wrong := self._refused({"view": arguments.get("view")}):
            return wrong
        view.earlier.append(view.view)
        view.view, view.hash, view.errors = self._dressed(arguments["view"]), self._hash(), {}
        return {"ok": True, "view": view_json(view)}

    def _publish(self, arguments: Json) -> Json:
        who = str(arguments.get("user_id"))
        if who not in self.world.people:
            return refused("invalid_arguments")
        home = self.world.homes.get(who)
        if home is None:
            home = View(self.world.fresh("V"), who, self._hash(), {"type": "home", "blocks": []})
        answer = self._renewed(home, arguments)
        if answer["ok"]:
            self.world.homes[who] = self.world.views[home.id] = home
        return answer
