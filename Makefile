# Two commands matter: `make demo` and `make test`. Each installs what is missing, on Debian and Ubuntu, as root or with sudo.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint format benchmark faults screenshots catalogue pseudo clean packages

# The first Python that is new enough. `make PYTHON=/path/to/python` names another. That of the system goes before others if it is
# complete: distributions build theirs with profiles, and one that was compiled without takes a quarter more time for everything.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := sys.version_info >= (3, 11)
PYTHON ?= $(firstword \
    $(shell /usr/bin/python3 -c 'import ensurepip, sys, venv; $(NEW_ENOUGH) and print("/usr/bin/python3")' 2>/dev/null) \
    $(foreach name,$(PYTHONS),$(shell $(name) -c 'import sys; $(NEW_ENOUGH) and print("$(name)")' 2>/dev/null)))

# Debian keeps what `python3 -m venv` needs in a package of its own; a Python from elsewhere brings it along.
VENV_PACKAGE = $(if $(PYTHON),$(shell $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || echo $(notdir $(PYTHON))-venv))
# WeasyPrint draws with Pango; DejaVu is the last resort for signs that no other font has.
PDF_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
# The driver of the browser tests is built against libatomic, which a system without a compiler lacks.
TEST_PACKAGES := poppler-utils qpdf postgresql libatomic1
# The shell is Chromium without the windows that nobody looks at, at less than half the time. Ubuntu has Chromium only as a snap,
# which containers cannot run: there Playwright fetches its own.
ifeq ($(shell grep -sx 'ID=ubuntu' /etc/os-release),)
TEST_PACKAGES += chromium-headless-shell
else
FETCH_BROWSER := .venv/bin/playwright install --with-deps --only-shell chromium
endif

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo 'PORT=, HOST= and DATA= after `make demo` choose where it listens and where it keeps its data.'

demo: .venv/installed ## prepare the demo study and serve it until interrupted
	@exec .venv/bin/delphi demo \
	    $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)") $(if $(DATA),--data "$(DATA)")

# A variable of a target holds for its prerequisites too: `packages` then installs these as well.
test screenshots faults: PACKAGES += $(TEST_PACKAGES)

# What one process has compiled, the dozens that the tests start need not compile again, whatever the environment says.
test faults: export PYTHONDONTWRITEBYTECODE :=

test: lint ## run the whole test suite, headless browser included
	@.venv/bin/python -m pytest -n 3 --dist worksteal

lint: .venv/installed-test ## check style and types
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy --strict delphi

format: .venv/installed-test ## put the code into its usual form
	@.venv/bin/ruff check --quiet --fix .
	@.venv/bin/ruff format --quiet .

benchmark: .venv/installed-test ## compare the statistics with other packages, in ratios
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[benchmark]'
	@.venv/bin/python -m tests.benchmarks $(SIZES)

faults: .venv/installed-test ## the long proof that "Saved" is true and mail goes out once: twenty people, 5,000 mails, processes killed
	@FAULT_SEEDS=20 FAULT_MAILS=5000 .venv/bin/python -m pytest -n 2 --dist worksteal tests/faults

screenshots: .venv/installed-test ## photograph every page at four widths, with a contact sheet
	@.venv/bin/python -m tests.browser.screenshots

catalogue: .venv/installed ## gather every message of the sources for those who translate
	@.venv/bin/delphi language gather

pseudo: .venv/installed ## the demo in a language made up from the messages, to see what is not translated
	@exec .venv/bin/delphi demo --language en-XA \
	    $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)") --data "$(or $(DATA),instance-pseudo)"

clean: ## remove everything that can be made again (data stay)
	@rm -rf .venv build dist screenshots *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find delphi tests templates manual_drafts -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than setup.cfg as long as nothing has to be installed.
.venv/installed: setup.cfg pyproject.toml | packages
	@$(call install,.)
	@touch $@

.venv/installed-test: setup.cfg pyproject.toml | packages
	@$(call install,.[test])
	@$(FETCH_BROWSER)
	@touch $@ .venv/installed

packages:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it, or name it with make PYTHON=…' >&2; exit 1; }
	@.ci/packages $(VENV_PACKAGE) $(PDF_PACKAGES) $(PACKAGES)

# A virtual environment without pip is what an interrupted or refused attempt leaves behind.
define install
.venv/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
echo 'Installing Python packages into .venv; the first time this takes a minute or two …' >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '$(1)'
endef
