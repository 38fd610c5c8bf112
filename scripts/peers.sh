#!/usr/bin/env bash
# The packages that the benchmarks compare with, in an environment of their own: their versions of
# NumPy and ours need not agree. Safe to run again. Needs Python 3.11 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."

ENVIRONMENT=.venv-peers
python=${PYTHON:-.venv/bin/python}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "the peers need Python 3.11 or newer; set PYTHON=/path/to/python" >&2
  exit 1
}

[ -x "$ENVIRONMENT/bin/python" ] || "$python" -m venv "$ENVIRONMENT"
pip=("$ENVIRONMENT/bin/python" -m pip install --quiet --disable-pip-version-check)
# torch first and exact: whatever depends on it would otherwise choose another build.
"${pip[@]}" torch==2.13.0
"${pip[@]}" numpy scipy scikit-learn "traceprop==0.7.0"
# One that does not install is missing from the table, with the reason; the others are measured.
for peer in "pydvl==0.10.0" "dattri==0.3.0"; do
  "${pip[@]}" "$peer" || echo "$peer does not install here; its rows will say so" >&2
done
# kronfluence names torchvision, which it never imports and which would bring another build of torch.
{ "${pip[@]}" --no-deps "kronfluence==1.0.1" &&
  "${pip[@]}" torch==2.13.0 accelerate einconv einops opt-einsum safetensors tqdm; } ||
  echo "kronfluence does not install here; its rows will say so" >&2
"$ENVIRONMENT/bin/python" -m pip list --disable-pip-version-check 2>/dev/null |
  grep -iE '^(numpy|scipy|scikit-learn|torch|traceprop|pydvl|dattri|kronfluence) '
