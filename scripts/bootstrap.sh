#!/bin/sh
# Makes the two environments of Guichê from their lock files, or leaves them alone when they are current.
#
#   scripts/bootstrap.sh        make what is missing or out of date; says nothing when there is nothing to do
#   scripts/bootstrap.sh uv     print the uv that it uses (installing one into .tools if need be)
#
# Needs a POSIX shell and either a working uv or any Python 3 with pip. CPython 3.13 and 3.10 are found or fetched by uv.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

uv_pin=0.13.9
root=$(pwd -P)
home=${HOME:-/nonexistent}

say() { printf 'guiche: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}
works() { "$@" >/dev/null 2>&1; }

# Every program of these names in the folders of PATH, not only the first: a pyenv shim exists for every program of every
# Python that it manages, and fails when the selected one lacks it. So each is run, here in the project's folder, where
# .python-version selects.
on_path() {
    (
        IFS=:
        for name in "$@"; do
            for folder in $PATH; do
                if [ -x "$folder/$name" ]; then echo "$folder/$name"; fi
            done
        done
    )
}

find_uv() {
    for candidate in .tools/bin/uv $(on_path uv) "$home/.local/bin/uv" "$home/.cargo/bin/uv"; do
        if works "$candidate" --version; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

find_python() {
    for candidate in $(on_path python3 python3.13 python3.12 python3.11 python3.10 python) \
        "${PYENV_ROOT:-$home/.pyenv}"/versions/*/bin/python; do
        if works "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))' && works "$candidate" -m pip --version; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

# --target writes beside the project and into no Python, so that it also works with one that a distribution manages.
install_uv() {
    python=$(find_python) || die "não há um uv que funcione nem um Python com pip; instale um dos dois e tente de novo"
    say "instalando uv $uv_pin em .tools"
    works rm -rf .tools/uv .tools/bin/uv
    if ! PIP_ROOT_USER_ACTION=ignore "$python" -m pip install -qq --disable-pip-version-check --upgrade --target .tools "uv==$uv_pin" >&2; then
        die "não consegui instalar o uv com $python"
    fi
    works .tools/bin/uv --version || die "o uv instalado em .tools não funciona nesta máquina"
}

ensure_uv() {
    find_uv && return 0
    install_uv
    echo .tools/bin/uv
}

# What an environment was made from. The folder is part of it: an environment that was moved or copied does not work.
stamp_of() {
    echo "$root"
    cksum "$@"
}

current() { # environment, expected stamp, programs that it must have
    [ -f "$1/guiche.stamp" ] && [ "$(cat "$1/guiche.stamp")" = "$2" ] && works "$1/bin/python" -I -S -c '' && [ -x "$1/bin/$3" ]
}

# Without a stamp it was interrupted half way or is not ours to trust; made in another folder, its programs still point there.
usable() {
    [ -f "$1/guiche.stamp" ] && read -r made_in <"$1/guiche.stamp" && [ "$made_in" = "$root" ] && works "$1/bin/python" -I -S -c ''
}

make_environment() { # environment, Python version, lock file, further options
    if ! usable "$1"; then
        say "criando $1 (Python $2)"
        rm -rf "$1"
        "$uv" venv --quiet --python "$2" "$1" || die "não consegui criar $1 com Python $2"
    fi
    rm -f "$1/guiche.stamp"
    say "instalando as dependências de $1 (na primeira vez leva alguns minutos)"
    "$uv" pip sync $quiet ${4:-} --require-hashes --python "$1/bin/python" "$3" || die "não consegui instalar $3 em $1"
}

case "${1:-}" in
    uv) ensure_uv && exit 0 ;;
    '') ;;
    *) die "uso: scripts/bootstrap.sh [uv]" ;;
esac

main_stamp=$(stamp_of requirements/guiche.txt pyproject.toml scripts/bootstrap.sh)
rasa_stamp=$(stamp_of requirements/rasa.txt scripts/bootstrap.sh)
main_current=no
rasa_current=no
if current .venv "$main_stamp" guiche; then main_current=yes; fi
if current .venv-rasa "$rasa_stamp" rasa; then rasa_current=yes; fi
[ "$main_current$rasa_current" = yesyes ] && exit 0

uv=$(ensure_uv) || exit 1
quiet=--quiet
[ -t 2 ] && quiet=

if [ "$main_current" = no ]; then
    # Compiled once here: where nothing may write bytecode, every start of a part would compile its 2,900 modules (2 s).
    make_environment .venv 3.13 requirements/guiche.txt --compile-bytecode
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . ||
        die "não consegui instalar o comando guiche em .venv"
    echo "$main_stamp" >.venv/guiche.stamp
fi
if [ "$rasa_current" = no ]; then
    # Rasa puts the folder it runs in on its path, and is always run at the root: assistant/ needs no installation.
    # Compiled once here: serving, Rasa writes no file, and would compile its 12,000 modules at every start.
    make_environment .venv-rasa 3.10 requirements/rasa.txt --compile-bytecode
    # Rasa reports its use unless told not to: no program of this environment does, whoever starts it from whatever shell.
    for packages in .venv-rasa/lib/python3.*/site-packages; do
        echo 'import os; os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")' >"$packages/guiche.pth"
    done
    echo "$rasa_stamp" >.venv-rasa/guiche.stamp
fi
say "ambientes prontos"
