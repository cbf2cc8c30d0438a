"""How a send can fail. A sender raises one of these; the deliverer knows what follows.

DeliveryError
├── PutOff           not now, and not our fault (429, pair rate): due again after ``seconds``, not counted
├── TryAgain         it surely did not arrive (connect error, 5xx): again later, and after some tries given up
├── Refused          it never will: a dead letter
├── RecipientGone    they blocked us: what waits for them is dropped until they write again
└── OutcomeUnknown   it may have arrived (time-out after the request left): see ``Sender.on_unknown``
"""

from __future__ import annotations


class DeliveryError(Exception):
    """A send that did not succeed. The message is a short name for logs and tables, never a text."""


class PutOff(DeliveryError):
    def __init__(self, seconds: float, reason: str = "PutOff") -> None:
        super().__init__(reason)
        self.seconds = seconds


class TryAgain(DeliveryError):
    pass


class Refused(DeliveryError):
    pass


class RecipientGone(DeliveryError):
    pass


class OutcomeUnknown(DeliveryError):
    pass
