"""The one import of `transitions`: a flow, or a case's life, as a machine that is only ever asked "and then?".

One shared synchronous machine per table of moves, no callbacks, no conditions, no auto transitions: an exception can
leave nothing half moved (F12), and nothing that anybody typed ever becomes a trigger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transitions import Machine


class NoMove(Exception):
    """The machine has no such edge. Carries the state and the event as attributes."""

    def __init__(self, state: str, event: str) -> None:
        self.state, self.event = state, event
        super().__init__(f"no move {event!r} from {state!r}")


_STATE = "Where it stands"
"""transitions refuses a trigger named like the model's attribute; no answer can be named like this."""


class _Marker:
    """A throw-away model that carries the stored state through one transition."""

    def __init__(self, state: str) -> None:
        setattr(self, _STATE, state)

    @property
    def state(self) -> str:
        return str(getattr(self, _STATE))


class Moves:
    """A table `{state: {event: next state}}`, walked by one shared `transitions.Machine`."""

    def __init__(self, table: Mapping[str, Mapping[str, str]]) -> None:
        self._table = {str(state): {str(e): str(to) for e, to in edges.items()} for state, edges in table.items()}
        self._walked: dict[tuple[str, str], str] = {}
        self._machine = Machine(
            model=None,
            states=sorted(_states(self._table)),
            initial=next(iter(self._table)),
            transitions=list(_edges(self._table)),
            auto_transitions=False,
            send_event=False,
            model_attribute=_STATE,
        )

    def after(self, state: str, event: str) -> str:
        """The state that follows. Raises NoMove when the table has no such edge.

        An edge is walked by the machine once and remembered: without callbacks or conditions it can only lead there.
        """
        if (state, event) not in self._walked:
            self._walked[state, event] = self._walk(state, event)
        return self._walked[state, event]

    def _walk(self, state: str, event: str) -> str:
        if event not in self._table.get(state, {}):
            raise NoMove(state, event)
        marker = _Marker(str(state))
        self._machine.events[event].trigger(marker)
        return marker.state

    def events(self, state: str) -> tuple[str, ...]:
        """The events that lead somewhere from this state."""
        return tuple(self._table.get(state, {}))

    @property
    def states(self) -> frozenset[str]:
        return frozenset(_states(self._table))


def _states(table: Mapping[str, Mapping[str, str]]) -> set[str]:
    return set(table) | {to for edges in table.values() for to in edges.values()}


def _edges(table: Mapping[str, Mapping[str, str]]) -> Iterable[dict[str, str]]:
    return (
        {"trigger": event, "source": state, "dest": to} for state, edges in table.items() for event, to in edges.items()
    )
