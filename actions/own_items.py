"""What an item of a personal list is called outside the action server: a sealed reference that says nothing.

Buttons and Rasa's state keep references; only with the citizen's session id, which neither of them has, can one be
opened. So a reference dies with its session, and one of somebody else's list opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["pendency", "process", "view", "company"]
# Sealed texts are as long as the plain ones: blocks of this many bytes keep the length of a list from telling its size.
_BLOCK, _LIST_BLOCK = 64, 1024
_MAX_REFERENCE = 8_000


class OwnItem(msgspec.Struct, frozen=True, array_like=True):
    """One thing of a personal list, as the portal knows it."""

    kind: Kind
    id: int = 0
    """Of a pendency, a process, or a view."""
    process: str = ""
    """Of a process or a view: its reference, e.g. `PMP 2023/500100`."""
    on_behalf: str = ""
    """CNPJ of the company whose it is, when it is not the citizen's own."""
    until: str = ""
    """Of a view: its last day, YYYY-MM-DD."""


def seal(item: OwnItem, session: str) -> str:
    """The reference of one item, for a button."""
    return _seal(msgspec.json.encode(item), session, _BLOCK)


def seal_list(items: Sequence[OwnItem], session: str) -> str:
    """One reference for a whole list, in its order, for the conversation's state ("a segunda")."""
    return _seal(msgspec.json.encode(list(items)), session, _LIST_BLOCK)


def unseal(reference: str, session: str) -> OwnItem | None:
    """The item; None when the reference is of another session, or none at all."""
    return _unseal(reference, session, OwnItem)


def unseal_list(reference: str, session: str) -> list[OwnItem] | None:
    """The items in their order, or None as above."""
    return _unseal(reference, session, list[OwnItem])


def _seal(plain: bytes, session: str, block: int) -> str:
    padded = plain.ljust(-(-len(plain) // block) * block)
    return base64.urlsafe_b64encode(_cipher(session).encrypt(padded, None)).decode().rstrip("=")


def _unseal[Sealed](reference: str, session: str, kind: type[Sealed]) -> Sealed | None:
    if len(reference) > _MAX_REFERENCE:
        return None
    try:
        sealed = base64.urlsafe_b64decode(reference.encode() + b"=" * (-len(reference) % 4))
        return msgspec.json.decode(_cipher(session).decrypt(sealed, None), type=kind)
    except (InvalidTag, ValueError, binascii.Error, msgspec.MsgspecError):
        return None


def _cipher(session: str) -> AESSIV:
    """Deterministic (RFC 5297): the same item has the same reference, and no nonce can be used twice."""
    return AESSIV(hashlib.sha512(b"guiche own item\0" + session.encode()).digest())
