# One command each. `make run` and `make test` need only Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
JOBS ?= 3

.PHONY: run install test lint format types bench drill docs clean lock

run: .venv/installed            ## start the server on http://127.0.0.1:3000, data under ./data
	@$(BIN)/hookroom serve $(ARGS)

install: .venv/installed        ## make .venv and install what running needs

test: .venv/installed-dev       ## run the whole test suite; what measures time runs by itself, last
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not alone" $(ARGS) || test $$? -eq 5
	@$(BIN)/pytest -q -m alone $(ARGS) || test $$? -eq 5

lint: .venv/installed-dev       ## style, imports and layers
	@$(BIN)/ruff check src tests bench docs hatch_build.py
	@$(BIN)/ruff format --check src tests bench docs hatch_build.py
	@$(BIN)/lint-imports --no-cache

format: .venv/installed-dev     ## rewrite the code in the project's style
	@$(BIN)/ruff check --fix src tests bench docs hatch_build.py
	@$(BIN)/ruff format src tests bench docs hatch_build.py

types: .venv/installed-dev      ## strict type check
	@$(BIN)/mypy

drill: .venv/installed-dev      ## the long forms of the crash, sandbox, fuzz and load tests
	@HOOKROOM_DRILL=1 $(BIN)/pytest tests/delivery/test_crash.py tests/scripting/test_soak.py tests/scripting/test_beside.py tests/hooks/test_fuzz.py tests/hooks/test_load.py tests/realtime tests/search/test_speed.py tests/rest/test_openapi.py $(ARGS)

bench: .venv/installed-dev      ## measure the hot paths, side by side
	@$(BIN)/python -m bench $(ARGS)

docs: .venv/installed-dev       ## regenerate docs/reference from the code
	@$(BIN)/python -m docs.generate

clean:                          ## remove everything made here, except ./data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .test-clients dist src/hookroom/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock:                           ## resolve the dependencies anew (needs uv and npm)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 --group build -o requirements-build.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 --group node -o requirements-node.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 --group dev -c requirements.lock -o requirements-dev.lock
	for folder in vendor tests/clients; do (cd $$folder && npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --loglevel=error) || exit 1; done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Hookroom needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 $(MAKECMDGOALS)" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.lock requirements-build.lock requirements-node.lock pyproject.toml hatch_build.py vendor/package-lock.json
	@echo "Installing Hookroom into .venv ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock -r requirements-build.lock
	@$(BIN)/python -c 'import hatch_build, pathlib, sys; sys.exit(hatch_build.needs_node(pathlib.Path()))' || { \
	  echo "Installing Node from PyPI, to fetch the script engine with ..."; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-node.lock; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# So that the first script need not wait for it. Where it fails the first use tries again.
	-@$(BIN)/python -m hookroom.scripting.images
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
