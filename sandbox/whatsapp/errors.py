"""Errors in the shape that the Graph API gives them."""

from __future__ import annotations

from typing import Any

STATUS = {
    190: 401,
    0: 401,
    3: 500,
    10: 403,
    4: 400,
    80007: 400,
    130429: 429,
    131000: 500,
    131016: 503,
    131057: 500,
}
"""HTTP status by code; 400 where it is not listed."""

TITLES = {
    0: "AuthException",
    3: "API Method",
    4: "API Too Many Calls",
    10: "Permission Denied",
    100: "Invalid parameter",
    190: "Error validating access token",
    368: "Temporarily blocked for policies violations",
    80007: "Rate limit issues",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131050: "User has stopped marketing messages",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    131062: "Business-scoped user ID not supported",
}


class GraphError(Exception):
    """A request that is refused."""

    def __init__(self, code: int, details: str = "", status: int | None = None) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.status = status or STATUS.get(code, 400)

    @property
    def title(self) -> str:
        return TITLES.get(self.code, "Message failed to send")

    def body(self) -> dict[str, Any]:
        return {
            "error": {
                "message": f"(#{self.code}) {self.title}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.details},
                "fbtrace_id": "AsandboxOfGuiche",
            }
        }

    def in_status(self) -> dict[str, Any]:
        """As a status webhook has it."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
