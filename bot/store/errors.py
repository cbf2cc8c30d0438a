"""What can go wrong with the store.

StoreError
├── StoreUnavailable   the database cannot be used now: gone, locked, full
└── ClaimLost          the claim expired and another worker has the message: write nothing
"""


class StoreError(Exception):
    """Anything of the store."""


class StoreUnavailable(StoreError):
    """The database cannot be used now; nothing was written, so the same call may be made again."""


class ClaimLost(StoreError):
    """Another worker took the message over, or it is closed already; nothing was written."""
