"""`python -m assistant.find_process FILE`: the process in each line, to measure it on other people's lines.

FILE ("-": standard input) holds one JSON object a line, {"text": "..."}; other fields are ignored, blank lines skipped.
Prints one line for each: {"agency": "PMP"|null, "year": 2023|null, "number": "500100"} or null. A line that cannot be
read stops it with one line of explanation on standard error and exit status 1. Nothing of Rasa is imported.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from assistant.content.city import load_city
from assistant.content.yaml_source import ContentError
from assistant.process_reference import AgencyIndex, Reference, find_reference

ROOT = Path(__file__).resolve().parents[1]
STDIN = "-"


class LineError(Exception):
    """A line of the input is not {"text": "..."}. `str()` says which and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 after one line on standard error."""
    parser = argparse.ArgumentParser(prog="find-process", description="Acha o processo em cada linha de um arquivo.")
    parser.add_argument("file", metavar="ARQUIVO", help='linhas {"text": "..."}; "-" lê da entrada padrão')
    file = str(parser.parse_args(arguments).file)
    try:
        index = AgencyIndex(load_city(ROOT).agencies)
        if file == STDIN:
            _print_all(_lines(sys.stdin.buffer), index, sys.stdout)
        else:
            with Path(file).open("rb") as source:
                _print_all(_lines(source), index, sys.stdout)
    except (LineError, ContentError) as error:
        return _fail(str(error).replace("\n", "; "))
    except BrokenPipeError:
        # Whoever read the output (head) has seen enough; let the interpreter's last flush go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{file}: {error.strerror}")
    return 0


def _fail(message: str) -> int:
    sys.stdout.flush()
    print(f"find-process: {message}", file=sys.stderr)
    return 1


def _print_all(texts: Iterable[str], index: AgencyIndex, output: TextIO) -> None:
    for text in texts:
        output.write(json.dumps(as_json(find_reference(text, index))) + "\n")
    output.flush()


def as_json(reference: Reference | None) -> dict[str, str | int | None] | None:
    """The three fields that the command prints."""
    if reference is None:
        return None
    return {"agency": reference.agency, "year": reference.year, "number": reference.number}


def _lines(source: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(source, start=1):
        try:
            content = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if not content:
                continue
            document = json.loads(content)
        except UnicodeDecodeError:
            raise LineError(f"linha {number}: não está em UTF-8") from None
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "aninhado demais"
            raise LineError(f"linha {number}: não é JSON ({reason})") from None
        text = document.get("text") if isinstance(document, dict) else None
        if not isinstance(text, str):
            raise LineError(f'linha {number}: esperava {{"text": "..."}}')
        yield text


if __name__ == "__main__":
    sys.exit(main())
