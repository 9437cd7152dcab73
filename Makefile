# SkillSwap's commands: `make help` lists them. Needed beforehand: Python 3.11 or newer, and make.
.DEFAULT_GOAL := help
.PHONY: help run dev test check fix shell migration demo code bench lock clean venv venv-dev

# The first Python that is new enough. Give another with `make run PYTHON=/path/to/python3`.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { command -v $$name; break; }; done)
PY := .venv/bin/python

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv ## install, migrate, load the demo people on first start, and serve (PORT, HOST, DATABASE_URL)
	@$(PY) -m tools.run

dev: venv ## the same, starting again whenever a file changes
	@$(PY) -m tools.run --reload

test: venv-dev ## the whole suite: SQLite, PostgreSQL, Chromium; T=path runs one file, DB=postgresql there
	@$(PY) -m tools.test $(if $(DB),--database $(DB)) $(T)

check: venv-dev ## linters, types, import contracts, models against migrations
	@$(PY) -m tools.check

fix: venv-dev ## repair what ruff can repair, and format
	@$(PY) -m ruff check --fix . || true
	@$(PY) -m ruff format .

shell: venv ## a Python prompt inside the app
	@$(PY) -m flask shell

migration: venv-dev ## write the migration that the models ask for: make migration m="add pitches"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="add pitches"'; exit 1; }
	@$(PY) -m flask db upgrade
	@$(PY) -m flask db migrate -m "$(m)"
	@$(PY) -m ruff check --fix --quiet migrations; $(PY) -m ruff format --quiet migrations
	@echo "Now read it: autogenerate does not see renames, data or every constraint."

demo: venv ## load the demo people into the database (harmless twice)
	@$(PY) -m tools.prepare
	@$(PY) -m flask demo

code: venv ## the six digits that the demo's staff are asked for: make code who=mo
	@$(PY) -m flask demo-code $(or $(who),mo)

bench: venv-dev ## page cost, work in towns of each size (FULL=1: a million), free time, matching, the queue, sockets, and the races at 200 trials
	@$(PY) bench/pages.py
	@$(PY) bench/sizes.py
	@$(PY) bench/free_time.py
	@$(PY) bench/matching.py
	@$(PY) bench/cases.py
	@$(PY) bench/live.py
	@RACE_TRIALS=200 $(PY) -m tools.test --races

lock: venv-dev ## write the pinned requirement lists anew; U=1 moves to the newest versions
	@for name in requirements requirements-dev; do \
		CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m piptools compile --quiet --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(if $(U),--upgrade) \
		--output-file $$name.txt $$name.in || exit 1; done
	@$(MAKE) --no-print-directory venv-dev

clean: ## remove .venv and every cache; the data in instance/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache tests/.artifacts
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Both compare checksums first: when nothing changed they cost a tenth of a second.
venv:
	@$(call install,requirements.txt)

venv-dev:
	@$(call install,requirements.txt requirements-dev.txt)

define install
python="$(PYTHON)"; \
	test -n "$$python" || { echo "SkillSwap needs Python 3.11 or newer; none was found."; exit 1; }; \
	"$$python" tools/venv.py $(1)
endef
