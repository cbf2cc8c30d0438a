"""`python -m assistant.find_process FILE`: the process in each line, to measure it on other people's lines.

FILE ("-": standard input) holds one JSON object a line, {"text": "..."}; other fields are ignored. The n-th line that
is printed belongs to the n-th line of FILE: {"agency": "PMP"|null, "year": 2023|null, "number": "500100"} or null. It
is null for an empty line, and for one that cannot be read, which is named on standard error; exit status 1 then, at
the end. Nothing of Rasa is imported.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from assistant.content.city import load_city
from assistant.content.yaml_source import ContentError
from assistant.process_reference import AgencyIndex, Reference, find_reference

ROOT = Path(__file__).resolve().parents[1]
STDIN = "-"
USAGE = "Acha o processo em cada linha de um arquivo."
DETAILS = """
Para cada linha, na mesma ordem, escreve {"agency": "PMP", "year": 2023, "number": "500100"}, em que o que não foi
dito é null, ou só null, quando não há processo. Uma linha vazia vale null. Uma linha que não se pode ler vale null
também: um aviso com o número dela vai para a saída de erros, as outras são lidas, e o comando termina com o código 1.
"""


class LineError(Exception):
    """A line of the input is not {"text": "..."}. `str()` says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 when something could not be read, which standard error says."""
    parser = argparse.ArgumentParser(prog="guiche find-process", description=USAGE, epilog=DETAILS)
    parser.add_argument("file", metavar="ARQUIVO", help='linhas {"text": "..."}; "-" lê da entrada padrão')
    file = str(parser.parse_args(arguments).file)
    try:
        index = AgencyIndex(load_city(ROOT).agencies)
        if file == STDIN:
            return _print_all(sys.stdin.buffer, index, sys.stdout)
        with Path(file).open("rb") as source:
            return _print_all(source, index, sys.stdout)
    except ContentError as error:
        return _fail(str(error).replace("\n", "; "))
    except BrokenPipeError:
        # Whoever read the output (head) has seen enough; let the interpreter's last flush go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{file}: {error.strerror}")


def _fail(message: str) -> int:
    sys.stdout.flush()
    print(f"find-process: {message}", file=sys.stderr)
    return 1


def _print_all(source: Iterable[bytes], index: AgencyIndex, output: TextIO) -> int:
    status = 0
    for number, line in enumerate(source, start=1):
        try:
            text = _text(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        except LineError as error:
            status, text = _fail(f"linha {number}: {error}"), ""
        output.write(json.dumps(as_json(find_reference(text, index))) + "\n")
    output.flush()
    return status


def as_json(reference: Reference | None) -> dict[str, str | int | None] | None:
    """The three fields that the command prints."""
    if reference is None:
        return None
    return {"agency": reference.agency, "year": reference.year, "number": reference.number}


def _text(line: bytes) -> str:
    """The text of a line of the file; an empty line has none."""
    try:
        content = line.decode("utf-8").strip()
        document = json.loads(content) if content else {"text": ""}
    except UnicodeDecodeError:
        raise LineError("não está em UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "aninhado demais"
        raise LineError(f"não é JSON ({reason})") from None
    text = document.get("text") if isinstance(document, dict) else None
    if not isinstance(text, str):
        raise LineError('esperava {"text": "..."}')
    return text


if __name__ == "__main__":
    sys.exit(main())
