"""A circuit breaker: do not make citizens wait for a backend that was down a moment ago."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portal._exceptions import CircuitOpen, PortalError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portal._config import CircuitPolicy


class Circuit:
    """Closed: every attempt goes out. Open: none does. Half open: one probe goes out and decides.

    Only Unavailable counts as a failure: a refusal or a broken answer comes from a backend that is up.
    Belongs to one event loop, so nothing here needs a lock.
    """

    def __init__(self, policy: CircuitPolicy, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether an attempt would be refused now."""
        return self._opened_at is not None and (self._probing or self._wait() > 0)

    @contextmanager
    def attempt(self, *, timed_out: Callable[[], bool]) -> Iterator[None]:
        """Guard one attempt; CircuitOpen when it may not go out.

        `timed_out` tells a cancellation by our own deadline (the backend's failure) from one by the caller
        (nobody's): the latter only hands the probe back.
        """
        if self.is_open:
            raise CircuitOpen(retry_after=max(self._wait(), 0.0))
        probe = self._probing = self._opened_at is not None
        try:
            yield
        except Unavailable:
            self._failed(probe)
            raise
        except PortalError:
            self._succeeded()
            raise
        except asyncio.CancelledError:
            if timed_out():
                self._failed(probe)
            raise
        else:
            self._succeeded()
        finally:
            if probe:
                self._probing = False

    def _wait(self) -> float:
        assert self._opened_at is not None  # noqa: S101  (only asked when open)
        return self._opened_at + self._policy.open_for - self._clock()

    def _failed(self, probe: bool) -> None:
        self._failures += 1
        if probe or self._failures >= self._policy.failures:
            self._opened_at = self._clock()

    def _succeeded(self) -> None:
        self._failures = 0
        self._opened_at = None
