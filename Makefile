# Two commands are enough: `make run` and `make test`. All of them need only Python 3.11+, make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check demo docs bench soak bank-holidays clean

# The environment is made once, and again when what it is made from changes.
$(VENV)/.made: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Redress needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

run: $(VENV)/.made  ## set up, make the database on first use, and run the daemon
	@$(BIN)/redress init
	@$(BIN)/redress daemon

test: $(VENV)/.made  ## every test
	$(BIN)/python -m pytest

check: $(VENV)/.made  ## lint, format, types, floors, and that the reference page is made from the tables
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/make_reference.py --check

demo: $(VENV)/.made  ## a whole life of cases on a simulated clock
	@$(BIN)/python docs/demo.py

docs: $(VENV)/.made  ## write docs/reference.md anew from the tables
	$(BIN)/python docs/make_reference.py

bench: $(VENV)/.made  ## what it costs, beside the raw database and beside peers
	$(BIN)/python -m bench

soak: $(VENV)/.made  ## the simulation, seed after seed, the long proofs, and bad input; SOAK="lives --minutes 60" or --help
	$(BIN)/python -m tests.simulation.soak $(SOAK)
	$(BIN)/python -m tests.fuzz.soak

bank-holidays: $(VENV)/.made  ## write the calendar anew from the libraries
	$(BIN)/python tests/capture_bank_holidays.py $$(date +%F)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
