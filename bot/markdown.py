"""The neutral text (paragraphs, ``**bold**``, lists, https links) as safe HTML and as plain text.

Everything else is text: HTML is escaped, ``_`` and a single ``*`` mean themselves (e-mail addresses, "2*3"), and an
address that is not https is never a link.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_BARE_LINK = re.compile(r"https://[^\s<>\"'`]+")
_TRAILING = ".,;:!?)]}*»”’"
_RULES = ["emphasis", "list", "link", "autolink", "escape", "newline"]


def _https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


class _Renderer(RendererHTML):
    """Bold is ``**`` only: other emphasis marks are written as they stand."""

    def em_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escapeHtml(tokens[idx].markup)

    em_close = em_open

    def strong_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<strong>" if tokens[idx].markup == "**" else escapeHtml(tokens[idx].markup)

    def strong_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</strong>" if tokens[idx].markup == "**" else escapeHtml(tokens[idx].markup)

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        url = escapeHtml(str(tokens[idx].attrGet("href")))
        return f'<a href="{url}" target="_blank" rel="noopener noreferrer">'


def _links(state: StateCore) -> None:
    """Makes links of bare addresses, and drops links without an address, which the parser does not check."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        open_links: list[bool] = []  # links do not nest; whether the one that is open was kept
        for token in block.children:
            if token.type == "link_open":
                open_links.append(bool(token.attrGet("href")))
            if token.type in ("link_open", "link_close"):
                if open_links[-1]:
                    children.append(token)
                if token.type == "link_close":
                    open_links.pop()
            elif token.type == "text" and not any(open_links) and "https://" in token.content:
                children.extend(_split_links(token.content))
            else:
                children.append(token)
        block.children = children


def _split_links(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for match in _BARE_LINK.finditer(text):
        url = match[0].rstrip(_TRAILING)
        if not _https(url):
            continue
        tokens.append(_text(text[position : match.start()]))
        tokens.append(Token("link_open", "a", 1, attrs={"href": url}))
        tokens.append(_text(url))
        tokens.append(Token("link_close", "a", -1))
        position = match.start() + len(url)
    tokens.append(_text(text[position:]))
    return tokens


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "breaks": True}, renderer_cls=_Renderer).enable(_RULES)
    parser.validateLink = _https  # type: ignore[method-assign]
    parser.core.ruler.push("links", _links)
    return parser


@lru_cache(maxsize=512)
def to_html(text: str) -> str:
    """Safe HTML: only p, br, strong, ul, ol, li and a (https). Help-center answers repeat, so they are kept."""
    rendered: str = _markdown().render(text)
    return rendered.strip()


def to_plain(text: str, bold: tuple[str, str] = ("", "")) -> str:
    """For a terminal: no marks, list items with their dash or number, links with their address.

    ``bold``: what is written before and after bold text.
    """
    lines: list[str] = []
    lists: list[int | None] = []  # the next number of an ordered list, None for a dash
    prefix = ""
    for token in _markdown().parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            start = int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None
            if lines and lines[-1] and not lists:
                lines.append("")
            lists.append(start)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
            if not lists:
                lines.append("")
        elif token.type == "list_item_open":
            number = lists[-1]
            prefix = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
            if number is not None:
                lists[-1] = number + 1
        elif token.type == "inline":
            continuation = "\n" + " " * (len(prefix) or 3 * len(lists))
            lines.append(prefix + _plain_inline(token.children or [], bold).replace("\n", continuation))
            prefix = ""
        elif token.type == "paragraph_close" and not lists:
            lines.append("")
    return "\n".join(lines).strip("\n")


def _plain_inline(tokens: Sequence[Token], bold: tuple[str, str]) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        match token.type:
            case "text":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "link_open":
                links.append((str(token.attrGet("href")), len(parts)))
            case "link_close":
                url, start = links.pop()
                if "".join(parts[start:]) != url:
                    parts.append(f" ({url})")
            case "em_open" | "em_close":
                parts.append(token.markup)
            case "strong_open" | "strong_close":
                parts.append(bold[token.type == "strong_close"] if token.markup == "**" else token.markup)
    return "".join(parts)
