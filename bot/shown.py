"""What a line of the transcript shows: its body, or the personal answer that is kept sealed beside it."""

from __future__ import annotations

import msgspec

from bot.messages import Body, Button
from bot.store import Access, OutboxRow
from bot.store.outbox import CITIZEN
from bot.vault import Vault, VaultError

_body = msgspec.json.Decoder(Body)
_button = msgspec.json.Decoder(Button)


def shown(row: OutboxRow, vault: Vault, access: Access | None) -> Body:
    """Text and buttons. A personal answer is opened only while its session lasts (``access``: the conversation's, as it
    is now) and its key is known; otherwise: what is said when it is gone.
    """
    body = _body.decode(row.body)
    if row.secret is None or (body.personal and (access is None or access.digest != row.session)):
        return body
    try:
        opened = vault.open(row.secret)
        # The citizen's own line beside a secret is the button of a personal answer that was pressed.
        what = Body(_button.decode(opened).title) if row.author == CITIZEN else _body.decode(opened)
    except (VaultError, msgspec.DecodeError):  # sealed with a key that is no more, or in the shape of an old version
        return body
    return msgspec.structs.replace(what, personal=body.personal)


def is_personal(row: OutboxRow, access: Access | None) -> bool:
    """Whether ``shown`` opens a personal answer for this line."""
    return access is not None and row.secret is not None and row.session == access.digest
