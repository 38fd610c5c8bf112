#!/usr/bin/env bash
# Everything that `make` needs, on a fresh machine with Python 3.11 or newer. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '== %s\n' "$*"; }

find_python() {
  local name
  for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    if [ -n "$name" ] && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
    then
      echo "$name"
      return
    fi
  done
  echo "set-up needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2
  exit 1
}

# Debian's packages can be had only by root, on a machine that has apt.
from_debian() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"
}

make_environment() {
  [ -x .venv/bin/python ] && return
  local python
  python=$(find_python)
  say "virtual environment with $("$python" --version)"
  if ! "$python" -m venv .venv; then  # Debian ships Python without ensurepip
    rm -rf .venv
    from_debian python3-venv
    "$python" -m venv .venv
  fi
}

install_packages() {
  local pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check)
  say "packages"
  # torch first and exact: whatever depends on it would otherwise choose another build.
  "${pip[@]}" torch==2.13.0
  "${pip[@]}" --editable ".[pandas,polars,sklearn,torch,jax,postgres,interop,pdf,anchor,lab,dev]"
  # Without what its command line needs, for that wants rich<14 and import-linter rich>=14.2.
  # What its library needs stands in the extra "dev".
  "${pip[@]}" --no-deps roc-validator==0.13.0
}

find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

get_chromium() {
  find_chromium >/dev/null && return
  say "Chromium"
  from_debian chromium >/dev/null ||
    echo "no Chromium: the browser tests will be skipped (install the package chromium)" >&2
}

get_openmp() {  # LightGBM's wheel does not bring it
  /sbin/ldconfig -p 2>/dev/null | grep -q 'libgomp\.so\.1' && return
  say "OpenMP"
  from_debian libgomp1 >/dev/null ||
    echo "no libgomp: LightGBM cannot be loaded, and its tests fail (install libgomp1)" >&2
}

get_postgresql() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  command -v initdb >/dev/null && return
  say "PostgreSQL"
  from_debian postgresql >/dev/null ||
    echo "no PostgreSQL: its tests will be skipped (install the package postgresql)" >&2
}

get_javascript_tools() {
  if command -v npm >/dev/null; then
    say "JavaScript tools"
    (cd js && npm ci --silent) ||
      echo "npm ci failed: TypeScript cannot be checked here" >&2
  else
    echo "no npm: the committed bundle is used as it is, TypeScript is not checked" >&2
  fi
}

make_environment
install_packages
get_openmp
get_chromium
get_postgresql
get_javascript_tools
