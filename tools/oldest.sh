#!/bin/sh
# Runs the tests on the lowest versions that pyproject.toml allows, in .venv-oldest, an environment of its own.
# `oldest.sh PATH...` runs the tests of these paths alone.
set -eu
cd "$(dirname "$0")/.."
here=.venv-oldest

say() { printf '%s\n' "oldest: $*"; }

if ! [ -e "$here/.installed" ] || [ pyproject.toml -nt "$here/.installed" ]; then
    python=$(.venv/bin/python -c 'import sys; print(sys._base_executable)')
    "$python" -m venv "$here"
    "$here/bin/python" -m pip install --quiet uv # of the well-kept tools the one that can choose lowest versions
    say "choosing the lowest versions that pyproject.toml allows"
    "$here/bin/uv" pip compile --quiet --resolution lowest-direct --python "$here/bin/python" --extra dev \
        --no-emit-package cs182viz --output-file "$here/oldest.txt" pyproject.toml
    say "installing them: several minutes and some GB"
    "$here/bin/python" -m pip install --requirement "$here/oldest.txt"
    "$here/bin/python" -m pip install --quiet --no-deps --editable .
    touch "$here/.installed"
fi
"$here/bin/python" -c 'import numpy, torch, torchvision; print("torch", torch.__version__, "torchvision", torchvision.__version__, "numpy", numpy.__version__)'
exec "$here/bin/python" -m pytest -n 3 --dist worksteal --durations=10 "$@"
