"""How Slack signs what it sends: HMAC-SHA256 over `v0:{timestamp}:{raw body}`. Pure."""

from __future__ import annotations

import hashlib
import hmac

SECRET, OTHER_SECRET = "example-signing-secret-one", "example-signing-secret-two"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Slack-Signature`."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def signed_headers(secret: str, timestamp: float, body: bytes) -> dict[str, str]:
    """The two headers that prove a body. `timestamp` in seconds since 1970."""
    stamp = str(int(timestamp))
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, stamp, body)}
