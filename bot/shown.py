"""What a line of the transcript shows: its body, or the personal answer that is kept sealed beside it."""

from __future__ import annotations

import msgspec

from bot.messages import Body, Button
from bot.store import OutboxRow
from bot.store.outbox import CITIZEN
from bot.vault import Vault, VaultError

_body = msgspec.json.Decoder(Body)
_button = msgspec.json.Decoder(Button)


def shown(row: OutboxRow, vault: Vault) -> Body:
    """Text and buttons. When a personal answer cannot be opened any more: what is said when it is gone."""
    body = _body.decode(row.body)
    if row.secret is None:
        return body
    try:
        opened = vault.open(row.secret)
        # The citizen's own line beside a secret is the button of a personal answer that was pressed.
        return Body(_button.decode(opened).title) if row.author == CITIZEN else _body.decode(opened)
    except (VaultError, msgspec.DecodeError):  # sealed with a key that is no more, or in the shape of an old version
        return body
