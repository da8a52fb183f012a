#!/usr/bin/env bash
# What `make test` runs, cheapest first; the first failure stops it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
export HF_HUB_OFFLINE=1 PYTHONWARNINGS=default
unset PYTHONDONTWRITEBYTECODE  # a thousand commands would each compile us anew
say() { printf '\n== %s\n' "$1"; }

say "format, lint, types, imports"
"$bin/ruff" format --check .
"$bin/ruff" check .
"$bin/mypy"
"$bin/lint-imports"

say "tests, with branch coverage"
"$bin/coverage" erase
status=0
# More processes than cores: the tests wait more than they compute.
"$bin/coverage" run -m pytest -n "${TEST_PROCESSES:-3}" --dist worksteal || status=$?
[ "$status" -eq 0 ] || exit "$status"
"$bin/coverage" combine -q
"$bin/coverage" report --skip-covered --skip-empty

say "the wheel, in an environment of its own"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/pip" wheel -q --no-deps -w "$work" .
"$bin/python" tests/wheel.py "$work"/samestory-*.whl
python=$("$bin/python" -c 'import sys; print(sys._base_executable)')
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install -q -c constraints.txt torch
"$work/venv/bin/pip" install -q -c constraints.txt "$work"/samestory-*.whl
(cd "$work" && env -u PYTHONPATH venv/bin/samestory --help > help.txt && head -n 3 help.txt)
printf '%s\n' '{"title": "Wheel", "text": "The wheel was installed and works."}' > "$work/one.jsonl"
(cd "$work" && env -u PYTHONPATH venv/bin/samestory import one.jsonl --state state)

say "how publishers were asked"
cat .run/politeness.txt

say "what did not run"
cat .run/needs.txt
