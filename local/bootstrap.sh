#!/bin/sh
# Makes .venv (Python 3.13, every locked package) and leaves it alone when it is already right.
# Needs only some Python >= 3.11: uv comes from PyPI when it is missing, and brings Python 3.13 where there is none.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/dev.txt
stamp=.venv/.installed
if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then exit 0; fi

# A version manager's shim can be on the PATH and still not work here, so ask each candidate to really run.
if uv --version >/dev/null 2>&1; then
  uv=uv
else
  uv=build/tools/bin/uv
  if ! "$uv" --version >/dev/null 2>&1; then
    python=
    for candidate in python3.13 python3 python3.14 python3.12 python3.11 /usr/bin/python3; do
      if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$candidate
        break
      fi
    done
    [ -n "$python" ] || { echo "Python 3.11 or newer is needed (with its venv module): see https://www.python.org/downloads/" >&2; exit 1; }
    echo "Getting uv from PyPI" >&2
    "$python" -m venv build/tools
    build/tools/bin/python -m pip install --quiet --disable-pip-version-check uv
  fi
fi

echo "Installing Python packages into .venv" >&2
"$uv" venv --quiet --allow-existing --python 3.13 .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode "$lock"
cp "$lock" "$stamp"
