#!/usr/bin/env bash
# The wheel, in an environment of its own: tests/run.sh runs it beside the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
export SAMESTORY_MODEL_CACHE=$PWD/.run/cache  # the conversions of the tests, and theirs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/pip" wheel -q --no-deps -w "$work" .
python=$("$bin/python" -c 'import sys; print(sys._base_executable)')
"$python" -m venv --without-pip "$work/venv"
"$bin/pip" --python "$work/venv/bin/python" install -q --no-deps "$work"/samestory-*.whl
"$bin/python" -m tests.wheel "$work"/samestory-*.whl "$work"
