# Two commands do all the set-up: `make demo` and `make test`. Everything is installed into .venv in this folder.
PYTHON := .venv/bin/python
STAMP := .venv/.installed
# One thread a process: the tests and the notebook kernels share the cores among several processes.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Compiled files are kept, whatever a container's environment says: the tests start some ten thousand processes.
COMPILED := PYTHONDONTWRITEBYTECODE=

# What `make check` runs: the tests that need no kernel, no browser and no class to grade.
QUICK := tests/test_architecture.py tests/test_readme.py $(wildcard tests/cs182viz/test_*.py) tests/cs182viz/techniques \
	tests/grading/config tests/grading/masters/test_notebook.py tests/grading/reading tests/grading/sandbox \
	tests/grading/verdicts tests/grading/reports/test_similarity.py

BENCHMARKS := $(filter-out benchmarks/pairs.py benchmarks/gpu.py,$(wildcard benchmarks/*.py))

.PHONY: help setup demo test browser site-modules types suite check hooks lab lecture release wheel gallery site site-node bench gpu oldest clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## install everything into .venv

.venv/bin/pip:
	@sh tools/setup.sh venv

$(STAMP): pyproject.toml tools/setup.sh | .venv/bin/pip
	@sh tools/setup.sh
	@touch $(STAMP)

demo: setup ## grade a sample class on the real network; writes demo/
	@$(ONE_THREAD) .venv/bin/cs182-grade demo

test: ## everything that CI checks
	@$(MAKE) --no-print-directory --jobs=2 setup browser site-modules
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	@$(MAKE) --no-print-directory --jobs=2 suite types

browser: .venv/bin/pip
	@sh tools/setup.sh browser

site-modules: # without npm the tests of the site are skipped
	@if command -v npm >/dev/null; then $(MAKE) --silent site/node_modules || true; fi

types:
	$(PYTHON) -m mypy

suite:
	$(ONE_THREAD) $(COMPILED) $(PYTHON) -m pytest -n 3 --dist worksteal --durations=10

check: setup ## style, layers, types, and the tests that fit in two minutes
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	.venv/bin/lint-imports
	$(PYTHON) -m mypy
	$(ONE_THREAD) $(COMPILED) $(PYTHON) -m pytest -q -n 2 $(QUICK)

hooks: setup ## run `make check` before every commit
	@.venv/bin/pre-commit install

lab: setup ## open JupyterLab on the assignments
	@.venv/bin/jupyter lab assignments

lecture: setup ## open JupyterLab on the lecture's notebooks
	@.venv/bin/cs182viz lecture

release: setup ## regenerate assignments/ from solutions/
	@.venv/bin/cs182-grade release

wheel: setup ## build the students' package alone, without the grader; writes dist/student/
	@$(PYTHON) tools/wheel.py

gallery: setup ## rebuild the pictures of the gallery
	@$(PYTHON) tools/gallery.py

site: setup site-node site/node_modules ## build the pages that need no installation into site/dist (needs Node)
	@$(PYTHON) -m tools.site site/public/data
	@cd site && npm run --silent build

site-node:
	@command -v npm >/dev/null || { echo "make site: Node 20 or later with npm is needed: https://nodejs.org"; exit 1; }

site/node_modules: site/package-lock.json
	cd site && npm ci --no-audit --no-fund
	@touch $@

bench: setup ## print every claim on speed, each beside a peer
	@for file in $(BENCHMARKS); do $(PYTHON) $$file || exit 1; done

gpu: setup ## on a machine with a GPU: its tests, and the benchmarks there in one table
	@$(PYTHON) -m pytest -q -m gpu tests/cs182viz
	@$(PYTHON) benchmarks/gpu.py

oldest: setup ## run the tests on the lowest versions that pyproject.toml allows
	@$(ONE_THREAD) $(COMPILED) sh tools/oldest.sh

clean: ## remove .venv and everything that was generated
	rm -rf .venv .venv-oldest site/dist site/public site/node_modules demo grading/course dist build .pytest_cache \
		.ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
