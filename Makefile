# demo: set up and run the example   test: the tests   check: lint, format, types, layering   bench: measurements
# test-all: every case of the tests on every engine, also those that take minutes
# test-newest: all tests, with the newest releases that install for this Python, whatever constraints.txt says
# conformance: every op on every engine, and a report
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
NEWEST ?= .venv-newest
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --constraint constraints.txt
SOURCES := pyproject.toml constraints.txt

unexport PYTHONDONTWRITEBYTECODE # hundreds of files would be compiled by each of the many processes

.PHONY: demo test test-all test-newest check bench conformance clean

demo: $(VENV)/.demo
	KERAS_BACKEND=$${KERAS_BACKEND:-jax} $(BIN)/python examples/digits.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --all-engines --slow

# PyTorch's newest release comes with CUDA: several gigabytes.
test-newest: $(NEWEST)/bin/python
	$(NEWEST)/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager pip --editable ".[all,test]"
	$(NEWEST)/bin/python -m pip list --format freeze
	$(NEWEST)/bin/python -m pytest -n 2

$(NEWEST)/bin/python:
	$(PYTHON) -m venv $(NEWEST)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

conformance: $(VENV)/.test
	mkdir -p build
	$(BIN)/python -m keraslite.conformance --backend all --html build/conformance.html

$(VENV)/.made:
	@echo "Making $(VENV) with $(PYTHON)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

# Constraints pin torch: unpinned, pip may take a build of several gigabytes.
$(VENV)/.demo: $(VENV)/.made $(SOURCES)
	@echo "Installing JAX and what the example needs into $(VENV): about 300 MB to download, some minutes at first"
	$(PIP) --editable ".[jax,plot]" scikit-learn
	touch $@

$(VENV)/.test: $(VENV)/.made $(SOURCES)
	@echo "Installing JAX, PyTorch, TensorFlow and the tests' tools into $(VENV): about 1 GB, some minutes at first"
	$(PIP) --editable ".[all,test]"
	touch $@

$(VENV)/.bench: $(VENV)/.made $(SOURCES)
	@echo "Installing JAX, PyTorch, TensorFlow and Keras into $(VENV): about 1 GB, some minutes at first"
	$(PIP) --editable ".[all,bench]"
	touch $@

clean:
	rm -rf $(VENV) $(NEWEST) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
