"""`python -m assistant.find_process`."""

import json
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "assistant.find_process", *arguments]
    return subprocess.run(command, input=given, capture_output=True, cwd=ROOT, timeout=60, check=False)


def jsonl(*texts: str) -> bytes:
    return "".join(json.dumps({"text": text, "label": "x"}) + "\n" for text in texts).encode()


def test_one_line_of_json_for_each_line(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + jsonl("PMP 2023/0500.100", "câmara 31/22", "é o 88", "em 2019"))
    done = run(str(file))
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"agency": "PMP", "year": 2023, "number": "500100"},
        {"agency": "CAMARA", "year": 2022, "number": "31"},
        {"agency": None, "year": None, "number": "88"},
        None,
    ]


def test_a_hyphen_reads_standard_input() -> None:
    done = run("-", given=jsonl("semae 2021/455"))
    assert json.loads(done.stdout) == {"agency": "SEMAE", "year": 2021, "number": "455"}


def test_a_bad_line_is_named_and_every_line_keeps_its_place() -> None:
    for bad in (b"{not json\n", b'{"texto": "x"}\n', b'{"text": 5}\n', b'"x"\n', b"\xff\xfe\n", b"[" * 100_000 + b"\n"):
        done = run("-", given=jsonl("PMP 2023/1") + bad + jsonl("PMP 2023/2"))
        assert done.returncode == 1
        first, second, third = map(json.loads, done.stdout.splitlines())
        assert (first["number"], second, third["number"]) == ("1", None, "2")
        assert b"linha 2" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_an_empty_line_keeps_its_place_too_and_is_no_fault() -> None:
    done = run("-", given=jsonl("PMP 2023/1") + b"\n  \n" + jsonl("PMP 2023/2"))

    assert (done.returncode, done.stderr) == (0, b"")
    assert [line and line["number"] for line in map(json.loads, done.stdout.splitlines())] == ["1", None, None, "2"]


def test_the_help_says_so() -> None:
    done = run("--help")

    assert done.returncode == 0
    assert "Uma linha que não se pode ler vale null também" in " ".join(done.stdout.decode().split())


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nope.jsonl"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"nope.jsonl" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_rasa_is_not_imported() -> None:
    code = "import assistant.find_process, sys; print([name for name in sys.modules if name.split('.')[0] == 'rasa'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, timeout=60, check=True)
    assert done.stdout.strip() == b"[]"
