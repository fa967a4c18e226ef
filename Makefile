# make lab | check | test | notebooks | slides | site        (Windows without make: three plain commands in README.md)
# make newest | lowest        unit tests, three lessons and a deck, not with the versions of requirements.lock

ARGS ?=
START := notebooks/00_start_here.ipynb
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c requirements.lock
LIGHT := -p tests.light
# What is compiled is kept, or each process of the tests would compile hypothesis and pytest's plugins.
export PYTHONDONTWRITEBYTECODE :=

# What `make check` asks for besides unit tests; `make test` begins with it.
define looked_at
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m ruff check
	$(BIN)/python -m pyrefly check
	npm run --silent lint
	npm run --silent test
endef
UNIT := not browser and not notebook and not slow

.PHONY: lab check test notebooks slides site newest lowest versions

lab: $(VENV)/.lab
	$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/$(START) $(ARGS)

check: $(VENV)/.test
	@echo "This takes about a minute on two cores."
	$(looked_at)
	$(BIN)/python -m pytest tests -m "$(UNIT)" -n 2 $(LIGHT) $(ARGS)

# The lessons come first, and what takes them executed last; see tests/executions.py.
test: $(VENV)/.test
	@echo "This takes about 25 minutes on two cores; make check takes one."
	$(looked_at)
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest tests notebooks -n 2 --dist loadscope --no-loadscope-reorder $(LIGHT) $(ARGS)

notebooks: $(VENV)/.test
	$(BIN)/python -m tools.notebooks $(N)

slides: $(VENV)/.lab
	$(BIN)/python -m publish.build $(N)

site: $(VENV)/.site
	$(BIN)/python -m publish.site $(N)

# With the newest libraries that pyproject.toml allows, or the lowest, which uv alone can choose.
newest lowest:
	$(MAKE) versions VENV=.cache/$@ RESOLUTION=$(if $(filter lowest,$@),lowest-direct,highest)

versions: $(VENV)/.made
	@echo "This takes about 10 minutes on two cores, after the download of the libraries."
	$(BIN)/python -m pip install --disable-pip-version-check uv
	$(BIN)/python -m uv pip install --upgrade --python $(VENV) --resolution $(RESOLUTION) -e ".[test]"
	$(fetch)
	$(BIN)/python -m pytest tests -m "$(UNIT) and not locked" -n 2 $(LIGHT)
	$(BIN)/python -m pytest $(wildcard notebooks/0[146]_*.ipynb) -n 2 --dist loadscope $(LIGHT)
	$(BIN)/python -m publish.build 01

fetch = $(BIN)/python -m publish.libraries dev
SOURCES := pyproject.toml setup.py requirements.lock $(wildcard jupyter/*/*.json)

$(VENV)/.lab: $(VENV)/.made $(SOURCES)
	$(PIP) -e .
	@touch $@

$(VENV)/.site: $(VENV)/.made $(SOURCES)
	$(PIP) -e ".[site]"
	@touch $@ $(VENV)/.lab

$(VENV)/.test: $(VENV)/.made $(SOURCES) package-lock.json
	$(PIP) -e ".[test]"
	$(fetch)
	@touch $@ $(VENV)/.lab $(VENV)/.site

# A moved folder needs a new environment: the old one holds the old path.
ifneq ($(shell cat $(VENV)/.made 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.made
endif

# The first Python for which PyTorch is built; else what is wrong with each, before pip says less.
$(VENV)/.made:
	@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  if ! command -v "$$python" >/dev/null; then continue; fi; \
	  if reason=$$("$$python" tools/python_fits.py 2>/dev/null); then \
	    "$$python" -m venv --clear $(VENV) && echo "$(CURDIR)" > $@; exit; \
	  fi; \
	  found="$$found $$python $${reason:-is too old};"; \
	done; \
	echo "The course found no Python that it can use:$${found:- there is none.}"; \
	echo "It needs Python 3.11 to 3.14 on Linux (x86-64 or Arm, glibc 2.28 or newer), macOS 14 or newer" \
	  "(Apple silicon) or Windows (x86-64): PyTorch is built for these alone."; \
	echo "Install one, or name it: make lab PYTHON=/path/to/python3.11." \
	  "On any other machine use Colab, as README.md says."; \
	exit 1
