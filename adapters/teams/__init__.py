"""Microsoft Teams: a door like any other. Two translations: what people do there into `Incoming`, and cards into
Adaptive Cards. Nothing outside this room knows the SDK, which is archived upstream: the room is to be replaceable.

A file, a picture, a link preview or an address of one must never enter; nor may an activity be logged.
"""
