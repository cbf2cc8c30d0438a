"""What the website's API refuses, each with its name and status; the sentence is in data/front_desk.yml.

WebError
├── SessionUnknown   401
├── CrossOrigin      403
├── SessionElsewhere 409
├── TooLarge         413
├── NotJson          415
├── Malformed        422
└── TooMany          429 (too_many, too_busy, too_many_streams)
"""

from __future__ import annotations

from typing import ClassVar


class WebError(Exception):
    """A request that is refused. ``name`` is a key of ``errors`` in data/front_desk.yml."""

    status: ClassVar[int]
    name: str
    headers: ClassVar[dict[str, str]] = {}


class SessionUnknown(WebError):
    status = 401
    name = "session_unknown"


class CrossOrigin(WebError):
    status = 403
    name = "cross_origin"


class SessionElsewhere(WebError):
    """Somebody signed in to the conversation, and with another cookie or token than this one."""

    status = 409
    name = "session_elsewhere"


class TooLarge(WebError):
    status = 413
    name = "too_large"
    headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class NotJson(WebError):
    status = 415
    name = "not_json"


class Malformed(WebError):
    status = 422
    name = "malformed"


class TooMany(WebError):
    status = 429
    headers: ClassVar[dict[str, str]] = {"Retry-After": "60"}

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
