# Everything from nothing but Python 3.11+ and make: `make demo`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.8
# Compiled modules are kept, whatever the environment says: most processes here start in half the time.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-fast check format lock bench-recipes bench-training bench-reading bench-door bench-pictures bench-setup clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(UV):
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# The lock files decide what is installed: a stamp newer than they are means there is nothing to do.
$(VENV)/train.stamp: requirements/train.txt pyproject.toml | $(UV)
	@echo "== installing what training needs into $(VENV) (TensorFlow: 1.8 GB; a minute, once)"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/train.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/train.stamp requirements/dev.txt
	@echo "== installing the tools of testing into $(VENV)"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/train.stamp  ## train on MNIST, evaluate, read sample pictures
	@$(BIN)/inkdigits demo

test: $(VENV)/dev.stamp  ## all tests; those of TensorFlow in a process beside the others
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target test-tensorflow test-others

.PHONY: test-tensorflow test-others
test-tensorflow:
	@echo "== tests with TensorFlow"
	@$(BIN)/python -m pytest -q --tensorflow only

test-others:
	@echo "== tests without TensorFlow"
	@$(BIN)/python -m pytest -q --tensorflow none -m "not browser"
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then \
		echo "== tests in a browser"; $(BIN)/python -m pytest -q --tensorflow none -m browser; \
	else echo "== no Chromium here: tests in a browser left out"; fi

test-fast: $(VENV)/dev.stamp  ## the tests that take about a minute
	@$(BIN)/python -m pytest -q --tensorflow none -m "not slow and not browser"

check: $(VENV)/dev.stamp  ## style, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.stamp  ## put the style right
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: | $(UV)  ## compile requirements/*.txt from pyproject.toml
	@cd requirements && for set in base train dev; do \
		case $$set in base) extras=;; train) extras="--extra train --extra report --extra checkout";; \
			dev) extras="--extra train --extra report --extra heif --extra checkout --extra dev";; esac; \
		../$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
			--custom-compile-command "make lock" --constraint constraints.in $$extras ../pyproject.toml -o $$set.txt || exit 1; \
	done

bench-recipes: $(VENV)/dev.stamp  ## accuracy of every recipe, 5 seeds (about an hour)
	@$(BIN)/python bench/recipes.py

bench-training: $(VENV)/dev.stamp  ## the compiled loop against model.fit
	@$(BIN)/python bench/training_loop.py

bench-reading: $(VENV)/dev.stamp  ## start, memory, throughput and latency of reading
	@$(BIN)/python bench/reading_speed.py

bench-door: $(VENV)/dev.stamp  ## MNIST's test digits through pictures against the raw arrays
	@$(BIN)/python bench/glyph_door.py

bench-pictures: $(VENV)/dev.stamp  ## MNIST's test digits on simulated pages, 16 conditions
	@$(BIN)/python bench/pictures.py --split test

bench-setup:  ## `make demo` in a fresh copy, twice
	@$(PYTHON) bench/setup_time.py

clean:  ## remove what was installed and made
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis demo runs
