"""What can go wrong with the store.

StoreError
├── StoreUnavailable     the database cannot be used now: gone, locked, full
├── ConversationLocked   another transaction is at the conversation at this moment: ask again at once
├── NotServed            somebody signed in to the conversation, and whoever writes is not who did
└── ClaimLost            the claim expired and another worker has the message: write nothing
"""


class StoreError(Exception):
    """Anything of the store."""


class StoreUnavailable(StoreError):
    """The database cannot be used now; nothing was written, so the same call may be made again."""


class ConversationLocked(StoreError):
    """A transaction of this node or of another one writes in the conversation; such a lock lasts milliseconds."""


class NotServed(StoreError):
    """A message's sender may not write in the conversation now (StoredInbound.serves); nothing was written."""


class ClaimLost(StoreError):
    """Another worker took the message over, or it is closed already; nothing was written."""
