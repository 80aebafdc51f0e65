"""The playground: a door onto a practice page on this computer, the same to the bot as any chat platform.

A file, or anything read from one, must never enter; nor may anything be kept when the process ends.
"""

from adapters.web.receive import Hear, mount
from adapters.web.send import STRANGER, TEACHER, ChannelView, PersonView, Playground

__all__ = ["STRANGER", "TEACHER", "ChannelView", "Hear", "PersonView", "Playground", "mount"]
