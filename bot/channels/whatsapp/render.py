"""What a turn said as WhatsApp messages: one bubble wherever it fits, because each is billed.

Up to 3 short buttons are reply buttons, up to 10 are a list, anything else is numbered lines at the end of the text;
the citizen types the number (bot/choices.py). A button that opens an address is a line with the address.
"""

from __future__ import annotations

from typing import Any

from bot.channels.whatsapp import limits
from bot.channels.whatsapp.marks import harmless, to_whatsapp
from bot.channels.whatsapp.titles import for_list, for_reply_buttons, length
from bot.messages import ShownButton

type Content = dict[str, Any]
"""The part of a message that is neither who gets it nor our own marks: ``type`` and what belongs to it."""


def render(texts: list[str], buttons: list[ShownButton], options: str, list_button: str) -> list[Content]:
    """The messages of one turn, in order; nearly always one.

    ``texts`` are neutral; ``options`` introduces numbered choices, ``list_button`` opens a list (20 characters).
    """
    links = [f"{harmless(button.title)}: {button.url}" for button in buttons if button.url]
    buttons = [button for button in buttons if not button.url]
    body = "\n\n".join(filter(None, [*(to_whatsapp(text) for text in texts), "\n".join(links)]))
    if not buttons:
        return [_text(part) for part in split(body, limits.TEXT)]
    content = _interactive(body or options, buttons, list_button)
    if content is not None:
        return [content]
    lines = [options, *(f"{number}. {harmless(button.title)}" for number, button in enumerate(buttons, start=1))]
    return [_text(part) for part in split("\n\n".join(filter(None, (body, "\n".join(lines)))), limits.TEXT)]


def _interactive(body: str, buttons: list[ShownButton], list_button: str) -> Content | None:
    """Buttons or a list; None where their limits do not allow it."""
    if length(body) > limits.INTERACTIVE_BODY:
        return None
    shown = [button.title for button in buttons]
    if titles := for_reply_buttons(shown):
        action: dict[str, Any] = {
            "buttons": [
                {"type": "reply", "reply": {"id": button.id, "title": title}}
                for button, title in zip(buttons, titles, strict=True)
            ]
        }
        return {"type": "interactive", "interactive": {"type": "button", "body": {"text": body}, "action": action}}
    if rows := for_list(shown):
        action = {
            "button": list_button,
            "sections": [
                {
                    "rows": [
                        {"id": button.id, "title": title, **({"description": full} if full else {})}
                        for button, (title, full) in zip(buttons, rows, strict=True)
                    ]
                }
            ],
        }
        return {"type": "interactive", "interactive": {"type": "list", "body": {"text": body}, "action": action}}
    return None


def _text(body: str) -> Content:
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def split(text: str, limit: int) -> list[str]:
    """Parts that fit, cut between paragraphs, else lines, else words, else anywhere. Nothing for an empty text."""
    parts: list[str] = []
    while length(text) > limit:
        at = _fits(text, limit)
        head = text[:at]
        for mark in ("\n\n", "\n", " "):
            cut = head.rfind(mark)
            if cut > at // 4:
                at = cut
                break
        parts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    parts.append(text)
    return [part for part in parts if part.strip()]


def _fits(text: str, limit: int) -> int:
    """How many characters of the beginning have at most ``limit`` units."""
    at = min(len(text), limit)
    while length(text[:at]) > limit:
        at -= (length(text[:at]) - limit + 1) // 2
    return at
