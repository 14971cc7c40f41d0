# Every command of the project. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
STRIPE ?=
STRIPE_PORT ?= 12111
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
CONSTRAINTS := deploy/constraints.txt
AUDITING := .venv-audit
TORCH := $(shell sed -n 's/^torch==/torch==/p' $(CONSTRAINTS))
WORKERS := $(shell echo $$(( $$(nproc) < 4 ? $$(nproc) + 1 : 4 )))
CORES := $(shell nproc)
comma := ,
BESIDE = $(if $(filter fake,$(STRIPE)),$(PY) -m tests.fakestripe --port $(STRIPE_PORT) \
  --webhooks http://$(HOST):$(PORT)/payments/stripe --)
MESSAGES := $(patsubst %.po,%.mo,$(wildcard marketplace/locale/*/LC_MESSAGES/*.po))
SOURCES := marketplace licensing training tests manage.py

.DEFAULT_GOAL := help
.PHONY: help demo serve setup setup-dev messages test hosts conformance check check-types check-rest bench schema format audit sbom clean backup load faults

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Bytecode is made on all cores at once, not of the tests that libraries ship, and what of theirs
# does not compile is passed over.
define fill
	@echo "Making $(VENV) and installing the pinned dependencies (a few minutes) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Stoa needs Python 3.11 or newer; set PYTHON=…")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-compile "$(TORCH)"
	@$(PIP) install --no-compile --constraint $(CONSTRAINTS) --editable '.[$(1)]'
	@$(PY) -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
endef

$(VENV)/.stoa: $(CONSTRAINTS) pyproject.toml
	$(call fill,worker$(comma)demo)
	@touch $@

$(VENV)/.stoa-dev: $(CONSTRAINTS) pyproject.toml
	@deploy/install-packages.sh tests
	$(call fill,worker$(comma)demo$(comma)watch$(comma)dev)
	@touch $(VENV)/.stoa $@

setup: $(VENV)/.stoa ## make .venv with everything that demo and serve need
	@$(MAKE) --no-print-directory --silent $(MESSAGES)

setup-dev: $(VENV)/.stoa-dev ## the same, with what test and check need
	@$(MAKE) --no-print-directory --silent $(MESSAGES)

%.mo: %.po
	@$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

messages: setup-dev ## gather the words of pages for translators, into marketplace/locale
	@$(PY) manage.py makemessages --all --no-location --no-obsolete --ignore 'tests/*' --ignore 'var/*' --ignore '.venv*'
	@$(PY) manage.py makemessages --all --domain djangojs --no-location --no-obsolete --ignore 'tests/*' --ignore 'var/*' --ignore '.venv*' --ignore '*/vendor/*'

demo: ## set up, do the main job on real data, print the leaderboard, serve the site (STRIPE=fake buys by card)
	@started=$$(date +%s); \
	$(MAKE) --no-print-directory setup$(if $(STRIPE),-dev) && deploy/install-packages.sh sandbox && \
	$(BESIDE) $(PY) manage.py demo --host $(HOST) --port $(PORT) --started-at $$started

serve: setup ## serve the site: web, files, worker and beat under one supervisor
	@$(PY) manage.py serve --host $(HOST) --port $(PORT)

backup: setup ## back up tables and contents, the site going on (TO=a folder or s3://…; deploy/backups.md)
	@$(PY) manage.py backup "$(or $(TO),$(error TO= says where to))"

# Each process would rewrite each file's assertions, so only the second try does.
test: setup-dev ## start private servers, run every test, stop them (ARGS= for some)
	@deploy/install-packages.sh tests
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(PY) -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder \
	  --assert plain -m "not alone and not benchmark" || $(PY) -m tests.second_try $$?
	@$(PY) -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder \
	  -m "alone and not benchmark"
endif

hosts: setup-dev ## run the site on nine hosts in network namespaces, lose two, go on
	@deploy/install-packages.sh tests
	@$(PY) -m pytest -q -s -m alone tests/deploy $(ARGS)

conformance: setup-dev ## send all four versions of the clients to both installations
	@CLIENTS=all $(PY) -m pytest tests/conformance $(ARGS)

check: setup-dev ## format, lint, types, import contracts, migrations, schema
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-types check-rest

check-types:
	@$(VENV)/bin/mypy --num-workers $(CORES) marketplace licensing training manage.py

check-rest:
	@$(VENV)/bin/ruff format --check $(SOURCES)
	@$(VENV)/bin/ruff check $(SOURCES)
	@$(VENV)/bin/lint-imports
	@DATA_DIR=$$(mktemp -d) bash -c 'trap "rm -rf $$DATA_DIR" EXIT; \
	  $(PY) -W ignore manage.py makemigrations --check --dry-run && \
	  $(PY) manage.py check --fail-level WARNING && \
	  $(PY) manage.py spectacular --validate --fail-on-warn --file $$DATA_DIR/openapi.yaml && \
	  diff -u deploy/openapi.yaml $$DATA_DIR/openapi.yaml'

schema: setup ## write deploy/openapi.yaml and env.example anew, after a change of API or settings
	@$(PY) manage.py write_settings
	@$(PY) manage.py spectacular --validate --fail-on-warn --file deploy/openapi.yaml

format: setup-dev ## format and mend what can be mended
	@$(VENV)/bin/ruff format $(SOURCES)
	@$(VENV)/bin/ruff check --fix $(SOURCES)

$(VENV)/.stoa-bench: $(VENV)/.stoa-dev
	@$(PIP) install --no-compile --constraint $(CONSTRAINTS) --editable '.[worker$(comma)demo$(comma)watch$(comma)dev$(comma)bench]'
	@touch $@

bench: setup-dev $(VENV)/.stoa-bench ## print the figures, each as a ratio measured in this run; a page with plots and their history
	@$(PY) -m pytest -m benchmark -q -p no:cacheprovider tests/benchmarks $(ARGS)

# Apart, so that what looks at .venv is not in it. The rules of bandit are on in ruff (S).
$(AUDITING)/bin/cyclonedx-py:
	@$(PYTHON) -m venv $(AUDITING)
	@$(AUDITING)/bin/pip --disable-pip-version-check --quiet install pip-audit==2.10.1 cyclonedx-bom==7.5.0

audit: $(AUDITING)/bin/cyclonedx-py ## ask PyPI's advisories for every pinned version (takes the network)
	@$(AUDITING)/bin/pip-audit --requirement $(CONSTRAINTS) --no-deps --disable-pip --strict --progress-spinner off

sbom: setup $(AUDITING)/bin/cyclonedx-py ## write build/sbom.json: what is installed, as CycloneDX
	@mkdir -p build
	@$(AUDITING)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file build/sbom.json $(PY)
	@echo "build/sbom.json"

$(VENV)/.stoa-load: $(VENV)/.stoa-dev
	@$(PIP) install --no-compile --constraint $(CONSTRAINTS) --editable '.[worker$(comma)demo$(comma)dev$(comma)load]'
	@touch $@

load: setup-dev $(VENV)/.stoa-load ## a mix of what people do on a million listings and submissions (ARGS=--listings=1000 …)
	@$(PY) -m tests.load $(ARGS)

faults: setup-dev ## kill, cut, fill and crash everything under load, and say what was lost
	@deploy/install-packages.sh tests && deploy/install-packages.sh faults
	@$(PY) -m pytest -m benchmark -q -s -p no:cacheprovider tests/faults $(ARGS)

clean: ## remove what setup and demo made (what root made in /var/lib/stoa stays)
	rm -rf $(VENV) .venv-clients $(AUDITING) var build *.egg-info
