#!/bin/sh
# Installs the project and all it needs into .venv, from a fresh Debian with python3, git and make.
# `setup.sh venv` only makes the empty environment, `setup.sh browser` only sees that a Chromium is there for the tests
# that drive a real page.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "setup: $*"; }

# install PACKAGE...: by apt as root; another user reads which command to run.
install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $* with apt"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
    else
        say "please install $* first (Debian, Ubuntu: sudo apt-get install $*), then run this again" >&2
        return 1
    fi
}

if [ "${1:-}" = browser ]; then
    command -v chromium >/dev/null || install chromium || say "without it the browser tests are skipped"
    exit 0
fi

python=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    say "Python 3.11 or later is needed and none was found on the PATH" >&2
    exit 1
fi

if ! [ -x .venv/bin/pip ]; then
    say "making .venv with $("$python" --version)"
    "$python" -c 'import ensurepip' 2>/dev/null || install python3-venv
    "$python" -m venv .venv
fi
[ "${1:-}" = venv ] && exit 0
say "installing the project and its dependencies: several minutes and some GB the first time (PyTorch is the largest)"
.venv/bin/python -m pip install --upgrade --quiet pip
.venv/bin/python -m pip install --editable '.[dev]'
.venv/bin/python -c 'import cs182viz, grading, torchvision'
say "done"
