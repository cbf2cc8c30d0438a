"""The assistant's messages on a terminal."""

import re

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.web import Message
from bot.markdown import to_plain

_WIDEST = 88
# What could move the cursor, change colours or ring: data of a portal must stay text. And our own two marks.
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ue000\ue001]")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_MARKED = re.compile("\ue000(.*?)\ue001", re.DOTALL)
_ITEM = re.compile(r"(\s*(?:-|\d+\.) )(.*)", re.DOTALL)


def show(out: Console, message: Message) -> None:
    """Print a message: bold and lists on a terminal, plain text in a pipe. Buttons come numbered."""
    text = _UNPRINTABLE.sub(" ", message.text)
    if out.is_terminal:
        _show_styled(out, text)
    else:
        out.print(Text(to_plain(text)))
    for title, url in message.links:
        out.print()
        out.print(Text(f"{_UNPRINTABLE.sub(' ', title)}: {_UNPRINTABLE.sub(' ', url)}"))
    if message.buttons:
        out.print()
    for number, (_, title) in enumerate(message.buttons, start=1):
        out.print(Text(f"  {number}. {_UNPRINTABLE.sub(' ', title)}"))


def _show_styled(out: Console, text: str) -> None:
    # The marks ride through to_plain inside the bold text, so that both ways of showing read Markdown alike.
    plain = to_plain(_BOLD.sub("**\ue000\\1\ue001**", text))
    width = min(_WIDEST, out.width)
    for line in plain.split("\n"):
        item = _ITEM.fullmatch(line)
        if item is None:
            out.print(_styled(line), width=width, soft_wrap=False)
            continue
        row = Table.grid()
        row.add_column(width=len(item[1]))
        row.add_column(max_width=width - len(item[1]))
        row.add_row(item[1], _styled(item[2]))
        out.print(row)


def _styled(line: str) -> Text:
    styled = Text()
    position = 0
    for bold in _MARKED.finditer(line):
        styled.append(line[position : bold.start()]).append(bold[1], style="bold")
        position = bold.end()
    return styled.append(line[position:])
