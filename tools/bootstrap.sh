#!/bin/sh
# Makes .venv (Python 3.13, every locked package) and leaves it alone when it is already right.
# Needs only some Python >= 3.11: uv comes from PyPI when it is missing, and brings Python 3.13 where there is none.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/dev.txt
stamp=.venv/.installed
if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then exit 0; fi

# Homes of version managers: where HOME says, where the account says, and where shims on the PATH come from.
homes() {
  printf '%s\n' "${HOME:-}" "$(eval "echo ~$(id -un 2>/dev/null)")"
}
managers() {
  printf '%s\n' "${PYENV_ROOT:-}" "${ASDF_DATA_DIR:-}" "${MISE_DATA_DIR:-}" "${CONDA_PREFIX:-}" "${MAMBA_ROOT_PREFIX:-}"
  case ${CONDA_EXE:-} in */*/*) printf '%s\n' "${CONDA_EXE%/*/*}" ;; esac
  printf '%s\n' "$PATH" | tr : '\n' | sed -n 's,/shims/*$,,p'
  homes | while read -r home; do
    for name in .pyenv .asdf .local/share/mise .local/share/uv miniconda3 miniforge3 mambaforge anaconda3 micromamba; do
      printf '%s\n' "$home/$name"
    done
  done
}

# Folders that may hold a Python of version $1: the PATH, then what is usually not on it.
folders() {
  printf '%s\n' "$PATH" | tr : '\n'
  if [ -n "${UV_PYTHON_INSTALL_DIR:-}" ]; then printf '%s\n' "$UV_PYTHON_INSTALL_DIR"/cpython-"$1"*/bin; fi
  managers | while read -r root; do
    if [ -d "$root" ]; then
      printf '%s\n' "$root"/versions/"$1"*/bin "$root"/installs/python/"$1"*/bin "$root"/python/cpython-"$1"*/bin \
        "$root"/bin "$root"/envs/*/bin
    fi
  done
  homes | while read -r home; do printf '%s\n' "$home/.local/bin"; done
  printf '%s\n' /usr/local/bin /usr/bin /opt/*/bin /opt/*/*/bin /opt/*/*/*/bin /opt/hostedtoolcache/Python/"$1"*/*/bin \
    /usr/local/*/bin /usr/local/opt/python@"$1"/bin /home/linuxbrew/.linuxbrew/bin /opt/homebrew/opt/python@"$1"/bin \
    /Library/Frameworks/Python.framework/Versions/"$1"/bin
}

# The first Python of version $1 that also imports $2. A version manager's shim can be on the PATH and still not work
# here, so each candidate is asked to really run, and says itself where it is.
python_of() {
  folders "$1" | awk 'NF && !seen[$0]++' | while read -r folder; do
    for name in "python$1" python3 python; do
      if [ -f "$folder/$name" ] && [ -x "$folder/$name" ] && "$folder/$name" -c "
import sys, sysconfig
import $2
if sys.version_info[:2] != tuple(map(int, '$1'.split('.'))) or sysconfig.get_config_var('Py_GIL_DISABLED'):
    sys.exit(1)
print(sys.executable)" 2>/dev/null </dev/null; then exit 0; fi
    done
  done
}

python=$(python_of 3.13 "ctypes, ssl, zlib")
# `make doctor` runs in it even where nothing can be installed into it.
if [ -n "$python" ] && ! [ -x .venv/bin/python ]; then "$python" -m venv --without-pip .venv >/dev/null 2>&1 || true; fi

if uv --version >/dev/null 2>&1; then
  uv=uv
else
  uv=build/tools/bin/uv
  if ! "$uv" --version >/dev/null 2>&1; then
    able=
    for version in 3.13 3.14 3.12 3.11; do
      able=$(python_of "$version" "ensurepip, ssl, venv")
      if [ -n "$able" ]; then break; fi
    done
    [ -n "$able" ] || { echo "Python 3.11 or newer is needed, with its venv module (Debian: apt-get install python3-venv): see https://www.python.org/downloads/" >&2; exit 1; }
    echo "Getting uv from PyPI" >&2
    "$able" -m venv build/tools
    log=build/tools/pip.log
    build/tools/bin/python -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 10 uv 2>"$log" || {
      cause=$(sed -n "s/.*connection broken by '\(.*\)': .*/\1/p" "$log" | tail -n 1)
      echo "uv is not here and could not be had from PyPI: ${cause:-$(tail -n 1 "$log")}" >&2
      echo "On a closed network, set PIP_INDEX_URL to your package index, PIP_FIND_LINKS to a folder of wheels, or HTTPS_PROXY; or put uv on the PATH (https://docs.astral.sh/uv/)." >&2
      exit 1
    }
  fi
fi

if [ -n "$python" ]; then
  "$uv" venv --quiet --allow-existing --python "$python" .venv
else
  echo "Getting Python 3.13" >&2
  mkdir -p build
  UV_HTTP_RETRIES=1 UV_HTTP_CONNECT_TIMEOUT=5 "$uv" venv --quiet --allow-existing --managed-python --python 3.13 .venv 2>build/python.log || {
    echo "Python 3.13 is not on this machine (looked on the PATH, in pyenv, asdf, mise, conda, Homebrew and /opt), and uv could not fetch it: $(tail -n 1 build/python.log | sed 's/^ *cause: //')" >&2
    echo "Install it (Debian 13: apt-get install python3.13-venv; pyenv install 3.13; conda create -n python python=3.13), or set UV_PYTHON_INSTALL_MIRROR to a copy of uv's Pythons, or HTTPS_PROXY." >&2
    exit 1
  }
fi
echo "Installing Python packages into .venv" >&2
.venv/bin/python -m tools.packages "$lock" .venv
cp "$lock" "$stamp"
