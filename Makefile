# Everything runs in .venv, made from requirements.lock on first use. Recipes are for a POSIX shell;
# README.md has the two lines that do the same on Windows and in Colab.
# The first of these that runs and is new enough; else set PYTHON.
PYTHON ?= $(shell for p in python3.11 python3.12 python3 python; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null \
  && echo $$p && break; done)
VENV ?= .venv
PROFILE ?= cpu
REPORTS ?=
OUT ?= papermill_runs/runs/$(PROFILE)
BIN := $(VENV)/bin
STAMP := $(VENV)/.from-lock
# torch's threads sleep while they wait (finlmm_utils/__init__.py): also in kernels started by hand.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: help install reproduce test-fast test test-all lab lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## make the environment if it is missing or older than the lock

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed: make PYTHON=/its/path"; exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --disable-pip-version-check -q -r requirements.lock
	"$(BIN)/python" -m pip install --disable-pip-version-check -q --no-deps -e .
	"$(BIN)/python" -m ipykernel install --sys-prefix --name python3 --display-name "Python 3" >/dev/null
	@touch "$(STAMP)"

reproduce: $(STAMP)  ## run all notebooks (PROFILE=cpu, REPORTS=folder of PDFs); again: go on
	"$(BIN)/finlmm" run --profile "$(PROFILE)" --out "$(OUT)" --resume $(if $(REPORTS),--set "reports_dir=$(REPORTS)")

test-fast: $(STAMP)  ## between two edits: static checks and unit tests, under a minute
	"$(BIN)/python" -m pytest -m "not smoke and not heavy and not slow"

# loadfile keeps the tests of a file in one worker, where they share what the file makes once. Marks of
# groups would not: pytest 9.2 no longer reads what pytest-xdist 3.8 writes them into.
test: $(STAMP)  ## before a commit: these, processes, training, every notebook; under 10 minutes, two cores
	"$(BIN)/python" -m pytest -m "not slow" -n 2 --dist loadfile

test-all: $(STAMP)  ## test, and what takes minutes alone (marker slow)
	"$(BIN)/python" -m pytest -n 2 --dist loadfile

lab: $(STAMP)  ## open JupyterLab on the notebooks
	"$(BIN)/jupyter" lab notebooks

lock: $(STAMP)  ## write requirements.lock anew from what the environment holds 
	{ echo "# Exact pins of pyproject.toml's base and dev dependencies and of all they need (make lock)."; \
	  "$(BIN)/python" -m pip freeze --exclude-editable | sed -E 's/\+[a-z0-9.]+$$//' \
	  | grep -vE '^(nvidia|triton|cuda|finlmm)' | sort -f; } > requirements.lock

clean:  ## remove the environment and the runs
	rm -rf "$(VENV)" papermill_runs/runs
