#!/usr/bin/env bash
# Format, lint, types and imports: what can be said of the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
"$bin/ruff" format --check .
"$bin/ruff" check .
# mypy and import-linter want the folders where they are imported, in one package. Hard
# links: import-linter doesn't follow the others.
rm -rf .run/types && mkdir -p .run/types
cp -rl samestory .run/types/
cp -rl ingest embed index deploy .run/types/samestory/
"$bin/mypy"
cp pyproject.toml .run/types/ && cd .run/types && "$bin/lint-imports"
