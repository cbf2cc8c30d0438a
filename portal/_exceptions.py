"""Everything that can go wrong between Guichê and the portal backend.

    PortalError
    ├── ConfigurationError            the settings cannot work (raised before anything is sent)
    ├── InvalidRequest                we asked for something that makes no sense, or the backend says so (400, 422)
    ├── DefiniteAnswer                the backend understood, and this is its answer: asking again changes nothing
    │   ├── NotFound                  no such process, pendency or document
    │   ├── SeveralFound              one number, several classifications; carries the candidates
    │   ├── Restricted                the process is secret: nothing of it may be shown
    │   └── NotAParty                 only a party, or someone with a granted view in force, may see this
    ├── Unavailable                   nobody knows the answer now: asking again later may help
    │   ├── Slow                      the overall deadline passed
    │   ├── Down                      no connection, a broken one, 5xx or 429, still so after the retries
    │   └── CircuitOpen               it was down a moment ago, so it was not even asked
    ├── BrokenAnswer                  it answered, and the answer cannot be trusted (no JSON, wrong shape, too large)
    └── CredentialsRefused            our client id and secret, or our token, are not accepted: an operator's job

No message carries a citizen's document, a name or a body of the backend: they may be logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal._models import Process


class PortalError(Exception):
    """Base of the tree above. Catch this one to catch them all."""


class ConfigurationError(PortalError):
    """A setting is missing or unsafe; the message names it."""


class InvalidRequest(PortalError):
    """The request makes no sense (year, document, …). A bug of the caller or of the adaptation to this backend."""


class DefiniteAnswer(PortalError):
    """The backend's answer is a refusal; repeating the request changes nothing."""


class NotFound(DefiniteAnswer):
    """What was asked for does not exist."""


class SeveralFound(DefiniteAnswer):
    """Several processes share agency, year and number, and differ in classification."""

    def __init__(self, candidates: Sequence[Process]) -> None:
        super().__init__(f"{len(candidates)} processes share this number")
        self.candidates = tuple(candidates)


class Restricted(DefiniteAnswer):
    """The process is secret."""


class NotAParty(DefiniteAnswer):
    """The person asked for is no party of the process and has no granted view in force."""


class Unavailable(PortalError):
    """The backend could not be asked, or did not answer; it is worth trying later."""


class Slow(Unavailable):
    """The overall deadline of the operation passed."""


class Down(Unavailable):
    """The backend does not answer, or answers that it cannot."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class CircuitOpen(Unavailable):
    """The backend failed repeatedly a moment ago; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the circuit is open")
        self.retry_after = retry_after


class BrokenAnswer(PortalError):
    """The backend's answer is not what its contract says."""


class CredentialsRefused(PortalError):
    """The backend refuses our credentials."""
