#!/usr/bin/env bash
# The wheel, in an environment of its own: tests/run.sh runs it beside the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/pip" wheel -q --no-deps -w "$work" .
python=$("$bin/python" -c 'import sys; print(sys._base_executable)')
"$python" -m venv "$work/venv"
install=("$work/venv/bin/pip" install -q --no-compile -c constraints.txt)
"${install[@]}" torch
"${install[@]}" "$work"/samestory-*.whl
"$bin/python" -m tests.wheel "$work"/samestory-*.whl "$work"
