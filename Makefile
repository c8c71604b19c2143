# Two commands: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PORT ?= 8000
export PORT

.PHONY: help run test check format reset notebook lock benchmark fuzz torture pictures

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

run: .venv/ready ## set everything up with demonstration data and serve it on http://127.0.0.1:$PORT
	@$(PY) tools/run.py

test: .venv/ready-dev ## check everything, then run all tests on SQLite and PostgreSQL
	@tools/preflight.sh browser
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -q -n auto --dist worksteal

check: .venv/ready-dev ## format, lint, types, layers, translations, questionnaire files, promise, secrets
	@$(PY) tools/check.py

format: .venv/ready-dev ## format the code and mend what the linter can
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

reset: ## delete the demonstration's data and keys (asks first)
	@tools/reset.sh

notebook: .venv/ready-notebooks ## open the analysts' notebooks in JupyterLab
	@PYTHONPATH="$(CURDIR)" .venv/bin/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) analysis/notebooks

benchmark: .venv/ready-dev ## measure the respondent's journey on SQLite and PostgreSQL
	@$(PY) -m benchmarks.journey

fuzz: .venv/ready-dev ## send 100,000 mutated requests to every page a firm can reach
	@$(PY) -m tests.fuzz

torture: .venv/ready-dev ## kill, cut, fill and flood at length, and count what was lost (needs nginx; docs/torture.md)
	@PCI_TORTURE=long $(PY) -m pytest -q -s -n 0 tests/torture

pictures: .venv/ready-dev ## take the README's pictures anew
	@$(PY) -m tools.pictures

lock: .venv/ready-dev ## pin requirements anew (needs a package index)
	@for name in requirements requirements-dev requirements-notebooks; do \
	  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes $$name.in -o $$name.txt; done

.venv/ready: requirements.txt
	@tools/preflight.sh python
	@tools/install.sh requirements.txt
	@touch $@

.venv/ready-dev: requirements.txt requirements-dev.txt
	@tools/preflight.sh python
	@tools/install.sh requirements.txt requirements-dev.txt
	@touch .venv/ready $@

.venv/ready-notebooks: requirements.txt requirements-notebooks.txt
	@tools/preflight.sh python
	@tools/install.sh requirements.txt requirements-notebooks.txt
	@touch .venv/ready $@
