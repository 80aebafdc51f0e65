"""Slack: a door like any other. Two translations: what people do there into `Incoming`, and cards into blocks.

A file, a thumbnail, a link preview or an address of one must never enter; nor may a body be logged.
"""
