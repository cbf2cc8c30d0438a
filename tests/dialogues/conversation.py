"""What a conversation in tests/dialogues/*.yml may contain. README.md there says it to those who write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

HERE = Path(__file__).parent


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"never": "not"}):
    """What must be true of one reply."""

    says: list[str] = []
    says_one_of: list[str] = []
    never: list[str] = []
    buttons: list[str] = []
    exactly_buttons: list[str] | None = None


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step. Exactly one of the fields before `expect` is given; `expect` goes with the first three."""

    citizen: str | None = None
    """Writes this and waits for the answer."""
    press: str | None = None
    """Presses this button of what was shown last, and waits for the answer."""
    answer: str | None = None
    """Waits for the answer to a message that was sent with `writes` or `presses`."""
    notice: str | None = None
    """Waits until the citizen is told that the answer to such a message takes longer."""
    writes: str | None = None
    """Writes this and does not wait."""
    presses: str | None = None
    """Presses this button and does not wait."""
    fault: dict[str, Any] | str | None = None
    """The portal's backend misbehaves from here on: {kind: …}; `none`: it works again."""
    kill: str | None = None
    """kill -9 of a part: portal, actions, rasa, front_desk."""
    restart: str | None = None
    """That part runs again, and is ready."""
    session: str | None = None
    """The citizen has signed in as somebody of the sandbox (BUSY, IDLE, NEWCOMER, …); `none`: the access is over."""
    new_conversation: bool | None = None
    """The same browser begins another conversation."""
    times: int = 1
    """The text so many times over."""
    expect: Expect = Expect()

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not None for name in _KINDS) != 1:
            raise ValueError(f"a turn is exactly one of {', '.join(_KINDS)}")
        if self.expect != Expect() and not any((self.citizen is not None, self.press, self.answer)):
            raise ValueError("expect goes with citizen, press or answer")


_KINDS = (
    *("citizen", "press", "answer", "notice", "writes", "presses"),
    *("fault", "kill", "restart", "session", "new_conversation"),
)


class Dialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation from its first message on."""

    title: str
    turns: list[Turn]


def dialogues(folder: Path = HERE) -> Iterator[tuple[str, Dialogue]]:
    """Every conversation with the name of its file; raises ValueError with file and title for a malformed one."""
    for file in sorted(folder.glob("*.yml")):
        for number, raw in enumerate(yaml.safe_load(file.read_text(encoding="utf-8")), start=1):
            try:
                yield file.stem, msgspec.convert(raw, Dialogue)
            except msgspec.ValidationError as error:
                title = raw.get("title", number) if isinstance(raw, dict) else number
                raise ValueError(f"{file.name}: {title}: {error}") from None
