"""Delivery: what is written to the outbox of a channel that pushes reaches its platform (docs/architecture.md)."""

from bot.delivery.deliverer import Deliverer
from bot.delivery.errors import DeliveryError, OutcomeUnknown, PutOff, RecipientGone, Refused, TryAgain
from bot.delivery.ledger import Ledger
from bot.delivery.sender import Delivery, DeliveryRow, Progress, Sender
from bot.delivery.typing import Typing

__all__ = [
    "Deliverer",
    "Delivery",
    "DeliveryError",
    "DeliveryRow",
    "Ledger",
    "OutcomeUnknown",
    "Progress",
    "PutOff",
    "RecipientGone",
    "Refused",
    "Sender",
    "TryAgain",
    "Typing",
]
