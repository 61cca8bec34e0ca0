# Two commands: `make run` and `make test`. Both set up what they need: Python 3.11+ and this checkout are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test coverage check slow nightly demo replay bench checkers clean

run: $(STAMP)
	@test -f vedette.toml || { $(BIN)/vedette config init vedette.toml >/dev/null; \
	  sed -i.bak 's|^#directory = .*|directory = "var"|' vedette.toml; rm -f vedette.toml.bak; }
	@exec $(BIN)/vedette run --config vedette.toml

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m "not slow and not nightly"

# the same, telling which lines no test runs
coverage: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m "not slow and not nightly" --cov --cov-report=term:skip-covered

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_contracts.py

slow: $(STAMP)
	$(BIN)/python -m pytest -m "slow and not nightly"

# the long proofs: kills by the hundred, and 100,000 generated cases against the judges of the rule language
nightly: $(STAMP)
	RULE_LAWS_EXAMPLES=50000 $(BIN)/python -m pytest -n 2 --timeout 0 tests/unit/test_rule_laws.py
	$(BIN)/python -m pytest -m nightly

demo: $(STAMP)
	$(BIN)/python -m tests.demo

# the whole job over a recorded web: VEDETTE_REPLAY names its folder
replay: $(STAMP)
	$(BIN)/python -m pytest -m replay -rP

# what JavaScript programs say of our mails; the tests that need them are skipped without
checkers:
	npm install --prefix tests/node --no-audit --no-fund --no-package-lock

bench: $(STAMP)
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/polling.py
	$(BIN)/python benchmarks/crawl.py
	$(BIN)/python benchmarks/sources.py
	$(BIN)/python benchmarks/delivery.py
	$(BIN)/python benchmarks/archive.py --articles 50000
	@test -z "$(VEDETTE_REPLAY)" || $(BIN)/python benchmarks/accuracy.py "$(VEDETTE_REPLAY)/data"

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* htmlcov

# pip first: older ones stumble over the extra lxml[html_clean] that a dependency asks for
$(STAMP): pyproject.toml constraints.txt alerts/_kernel.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vedette needs Python 3.11 or newer: make PYTHON=python3.12")'
	@echo "Setting up $(VENV): a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
