"""The conversations that `guiche ask --conversation NAME` and `guiche chat` go on with, kept in the person's home.

A name is the person's own and never leaves this machine; what it stands for is the signed cookie that the server gave,
which is a secret. Hence a file that only its owner can read, replaced as a whole and never edited in place.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

MAX_BYTES = 1_000_000


class SessionsUnreadable(Exception):
    """The file exists and is not what this program writes."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"cannot read {file}")
        self.file = file


class KeptSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is needed to go on with a conversation."""

    cookie: str
    conversation: str
    last_event: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    servers: dict[str, dict[str, KeptSession]]


def sessions_file(environ: Mapping[str, str] = os.environ) -> Path:
    """~/.config/guiche/sessions.json, or below XDG_CONFIG_HOME when that is an absolute path."""
    configured = environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".config"
    return base / "guiche" / "sessions.json"


class Sessions:
    """Named sessions by server address."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self, server: str, name: str) -> KeptSession | None:
        """The session of that name, if there is one; raises SessionsUnreadable."""
        return self._read().servers.get(server, {}).get(name)

    def keep(self, server: str, name: str, session: KeptSession) -> None:
        """Remember the session under that name; raises SessionsUnreadable."""
        with self._locked():
            kept = self._read()
            kept.servers.setdefault(server, {})[name] = session
            self._write(kept)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Two commands at once must not lose each other's session."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self._file.with_suffix(".lock"), "wb", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> _File:
        try:
            with self._file.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_BYTES), type=_File)
        except FileNotFoundError:
            return _File(servers={})
        except (OSError, msgspec.DecodeError) as error:
            raise SessionsUnreadable(self._file) from error

    def _write(self, kept: _File) -> None:
        descriptor, draft = tempfile.mkstemp(dir=self._file.parent, prefix=".sessions-")  # mkstemp makes it 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(kept), indent=2))
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self._file)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
