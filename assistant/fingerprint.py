"""What the trained model depends on besides the data: the source of assistant/."""

import hashlib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def sources_fingerprint() -> str:
    """A digest of every Python file of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
