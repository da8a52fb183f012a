#!/usr/bin/env bash
# What `make test` runs, cheapest first; the first failure stops it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
export HF_HUB_OFFLINE=1 PYTHONWARNINGS=default
unset PYTHONDONTWRITEBYTECODE  # a thousand commands would each compile us anew
say() { printf '\n== %s\n' "$1"; }

say "format, lint"
"$bin/ruff" format --check . && "$bin/ruff" check .

mkdir -p .run
# What waits for no other: the tests leave a part of two cores idle.
bash tests/check.sh > .run/check.txt 2>&1 &
check=$!
bash tests/wheel.sh > .run/wheel.txt 2>&1 &
wheel=$!
trap 'kill "$check" "$wheel" 2>/dev/null || true' EXIT

say "tests, with branch coverage"
"$bin/coverage" erase
status=0
# More processes than cores, since tests wait, too; each takes 8 s to collect them all.
"$bin/coverage" run -m pytest -n "${TEST_PROCESSES:-3}" --dist loadgroup --durations=25 || status=$?
[ "$status" -eq 0 ] || exit "$status"
"$bin/coverage" combine -q
"$bin/coverage" report --skip-covered --skip-empty

say "types, imports"
wait "$check" || { cat .run/check.txt; exit 1; }
tail -n 5 .run/check.txt

say "the wheel, in an environment of its own"
wait "$wheel" || { cat .run/wheel.txt; exit 1; }
cat .run/wheel.txt

say "how publishers were asked"
cat .run/politeness.txt

say "what did not run"
cat .run/needs.txt
