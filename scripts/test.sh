#!/bin/sh
# All tests of both environments; 0 only if every one passes. Much of their time is waiting (for starts, kills, time-outs),
# so two groups run side by side; what the second one printed follows when the first has ended.
set -u
cd -- "$(dirname -- "$0")/.."
beside=$(mktemp)
trap 'rm -f "$beside"' EXIT

(
    echo "== pytest: tests/bot (.venv)"
    .venv/bin/python -m pytest tests/bot
) >"$beside" 2>&1 &
second=$!
# A shell's background job does not hear Ctrl-C.
trap 'kill "$second"; exit 130' INT TERM

status=0
echo "== pytest: tests, but tests/assistant and tests/bot (.venv)"
.venv/bin/python -m pytest tests --ignore=tests/assistant --ignore=tests/bot -p no:cacheprovider || status=1
echo "== pytest: tests/assistant (.venv-rasa)"
.venv-rasa/bin/python -m pytest tests/assistant -p no:cacheprovider || status=1
wait "$second" || status=1
cat "$beside"
exit "$status"
