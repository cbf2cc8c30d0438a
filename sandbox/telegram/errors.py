"""How the Bot API refuses: {"ok": false, "error_code", "description", "parameters"}."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


class ApiError(Exception):
    """One refusal; the description is Telegram's wording."""

    def __init__(
        self, code: int, description: str, retry_after: int | None = None, migrate_to_chat_id: int | None = None
    ) -> None:
        super().__init__(description)
        self.code, self.description = code, description
        told = {"retry_after": retry_after, "migrate_to_chat_id": migrate_to_chat_id}
        self.parameters = {name: value for name, value in told.items() if value is not None}

    def response(self) -> Response:
        content: dict[str, object] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            content["parameters"] = self.parameters
        return JSONResponse(content, self.code)


def bad_request(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


def too_many(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", seconds)
