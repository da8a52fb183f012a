# The commands of this repository. `make run` shows the product, `make test` proves it.
PYTHON ?= python3.11
BIN := .venv/bin
PORT ?= 8801

.PHONY: run test kafka campaign fix docs clean lock

run: .venv/run  ## the whole product on the sample newsroom
	@HF_HUB_OFFLINE=1 $(BIN)/python -P -m samestory.deploy.newsroom demo --port $(PORT)

test: .venv/dev  ## everything that CI runs
	@bash tests/run.sh

campaign: .venv/dev  ## kill everything for two hours, fuzz for four; docs/reliability.md keeps the result
	@HF_HUB_OFFLINE=1 $(BIN)/python -u tests/campaign.py

fix: .venv/dev  ## format, and mend what can be mended
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

kafka:  ## fetch a small Apache Kafka for the tests, with Maven; Java 17 runs it
	mvn -q -B -f tests/kafka/pom.xml dependency:copy-dependencies \
	  -DincludeScope=runtime -DoutputDirectory=$(CURDIR)/.run/kafka/libs
	@ls .run/kafka/libs | wc -l | xargs printf '%s jars in .run/kafka/libs\n'

docs: .venv/dev  ## write the printed help, the settings and others' licences into docs/
	$(BIN)/python tests/reference.py --write

lock: .venv/dev  ## new versions into constraints.txt
	$(BIN)/pip-compile -q --extra dev --extra int8 --extra bench --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-options \
	  -o constraints.txt pyproject.toml
	sed -i 's/+cpu$$//' constraints.txt

clean:
	rm -rf .venv .run build dist *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "samestory needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv .venv
	@$(BIN)/pip install -q -U pip  # of 2026 it finds what is needed in half of the time

# torch first, by its exact version: a looser request may fetch gigabytes of CUDA. What
# is never imported need not be compiled: 35 s instead of 75. setuptools warns that our
# folders are what Python finds here: they are meant to be.
INSTALL := PYTHONWARNINGS=ignore $(BIN)/pip install -q --no-compile -c constraints.txt

.venv/run: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) torch
	$(INSTALL) -e .
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) torch
	$(INSTALL) -e '.[dev,int8]'
	@touch .venv/run $@
