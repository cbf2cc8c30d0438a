"""How the Bot API refuses: {"ok": false, "error_code", "description", "parameters"}."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


class ApiError(Exception):
    """One refusal; the description is Telegram's wording."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after

    def response(self) -> Response:
        content: dict[str, object] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            content["parameters"] = {"retry_after": self.retry_after}
        return JSONResponse(content, self.code)


def bad_request(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


def too_many(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", seconds)
