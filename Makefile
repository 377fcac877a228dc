# Two commands for a fresh machine: `make run` and `make test`. The rest is for those who build it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LINES ?= 10000000

.PHONY: run test ordinary test-deep check style types format bench accuracy pictures messages sample clean

$(VENV)/.runtime: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt requirements-sources.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(VENV)/.runtime

run: $(VENV)/.runtime  ## open the app (on the sample shop until something is imported)
	$(BIN)/python -m shopkeeper serve

check: style types  ## format, lint, types

style: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

test: style  ## everything that must hold; types are checked beside the tests, which leave a core to them at times
	$(MAKE) --jobs=2 types ordinary

ordinary: $(VENV)/.dev
	$(TESTS)

test-deep: check  ## the long forms too, and ten times the examples
	$(TESTS) -m "" --hypothesis-profile deep

# Processes that tests start are up sooner where Python may keep what it compiled. In the order of their folders, the
# files at the end are short ones: no core waits for the other with a long one.
ordinary test-deep: export PYTHONDONTWRITEBYTECODE :=
TESTS = $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

accuracy: $(VENV)/.dev  ## forecasts of public data, and what was expected of customers, against what came
	$(BIN)/python -m benchmarks.accuracy
	$(BIN)/python -m benchmarks.customer_accuracy
	$(BIN)/python -m benchmarks.customer_intervals
	$(BIN)/python -m benchmarks.season
	$(BIN)/python -m benchmarks.season_job
	$(BIN)/python -m benchmarks.season_job young 5 20000

bench: $(VENV)/.dev  ## speed on a generated shop; LINES=10000000
	$(BIN)/python -m benchmarks --lines $(LINES)

pictures: $(VENV)/.dev  ## the README's screenshots, from the running app
	$(BIN)/python -m tools.pictures

messages: $(VENV)/.dev  ## bring the Chinese catalogue up to date with the source
	$(BIN)/python -m babel.messages.frontend -q extract -F babel.cfg -k message --sort-output --add-location=file --omit-header -o $(VENV)/messages.pot .
	$(BIN)/python -m babel.messages.frontend -q update --no-fuzzy-matching --no-wrap --ignore-obsolete --ignore-pot-creation-date -D shopkeeper -l zh_CN -i $(VENV)/messages.pot -d shopkeeper/locale

sample: $(VENV)/.dev  ## write the committed sample shop again
	$(BIN)/python -m shopkeeper sample sample_data --orders 200000 --seed 7

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache
