#!/usr/bin/env bash
# What pandas 2.2 gives, the oldest version that is promised: its rules, readers and programs.
# The environment holds pandas 2.2 alone and takes everything else from .venv. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VERSION=2.2.3 HOME_OF_ALL=${TRACEPROP_VENV:-.venv} OWN=.venv-pandas22

make_environment() {
  [ -x "$OWN/bin/python" ] && "$OWN/bin/python" -c 'import pandas' 2>/dev/null && return
  rm -rf "$OWN"
  "$HOME_OF_ALL/bin/python" -m venv "$OWN"
  "$OWN/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    "pandas==$VERSION" pytz
  local where own
  where=$("$HOME_OF_ALL/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  own=$("$OWN/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "$where" >"$own/others.pth"
}

make_environment
export OMP_NUM_THREADS=1 PYTHONPATH=$PWD
"$OWN/bin/python" -c "import pandas; assert pandas.__version__ == '$VERSION', pandas.__version__"
if [ $# -gt 0 ]; then
  exec "$OWN/bin/python" -m pytest -q -p no:cacheprovider "$@"
fi
"$OWN/bin/python" -m pytest -q -p no:cacheprovider tests/test_rules_pandas.py \
  tests/test_rules_pandas_writes.py tests/test_readers_pandas.py
"$OWN/bin/python" -m pytest -q -p no:cacheprovider tests/surface/test_pandas_surface.py -k depends_on
"$OWN/bin/python" -m pytest -q -p no:cacheprovider tests/test_programs.py -k "misses_a_row and 0"
