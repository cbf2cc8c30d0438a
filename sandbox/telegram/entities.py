"""Telegram's HTML, as sendMessage reads it: the text without tags, and its entities. What it does not know is a 400."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.errors import bad_request

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TOKEN = re.compile(r"<(/?)([^<>]*)>|&(#\d+|#x[0-9a-fA-F]+|\w+);|<|[^<&]+|&")
_TAG = re.compile(r"([a-zA-Z-]+)(?:\s+href=\"([^\"]*)\")?\s*")


@dataclass(frozen=True)
class Parsed:
    text: str
    entities: list[dict[str, Any]]


def units(text: str) -> int:
    """UTF-16 units: how Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def parse(source: str) -> Parsed:
    """Raises ApiError as Telegram does."""
    text = ""
    opened: list[tuple[str, int, str | None]] = []
    entities: list[dict[str, Any]] = []
    for token in _TOKEN.finditer(source):
        closing, tag, named = token[1], token[2], token[3]
        if tag is not None:
            match = _TAG.fullmatch(tag)
            name = match[1].lower() if match else ""
            if match is None or name not in TAGS:
                raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}" at byte {token.start()}')
            if not closing:
                opened.append((name, units(text), match[2]))
                continue
            if not opened or opened[-1][0] != name:
                raise bad_request(f"can't parse entities: Unmatched end tag at byte offset {token.start()}")
            _, start, url = opened.pop()
            entity: dict[str, Any] = {"type": TAGS[name], "offset": start, "length": units(text) - start}
            if url is not None:
                entity["url"] = url
            if entity["length"]:
                entities.append(entity)
        elif named is not None:
            text += _character(named, token[0])
        elif token[0] == "<":
            raise bad_request(f"can't parse entities: Unclosed start tag at byte offset {token.start()}")
        else:
            text += token[0]
    if opened:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1][0]}\"")
    return Parsed(text, sorted(entities, key=lambda item: (item["offset"], -item["length"])))


def _character(name: str, written: str) -> str:
    if name.startswith("#"):
        code = int(name[2:], 16) if name[1:2] in "xX" else int(name[1:])
        return chr(code) if 0 < code < 0x110000 else written
    return _NAMED.get(name, written)
