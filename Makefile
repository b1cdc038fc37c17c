# The two commands of the README are `make run` and `make test`; `make help` lists the rest.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

ARGS ?=
GENERATORS := Tests/Golden/generate
GOLDEN_VENV := .venv-golden

.PHONY: run build test bench lint format golden clean help bootstrap

run: build ## Train, judge, deploy and score; flags in ARGS='…', data in TESSERA_DATA_DIR
	@.build/release/tessera run $(ARGS)

build: bootstrap ## Build the release program, .build/release/tessera
	@swift build -c release --product tessera

test: bootstrap ## Run the tests; ARGS='--filter Name' runs some
	@swift test $(ARGS)

bench: bootstrap ## Run the benchmarks; ARGS go to them
	@swift run -c release --package-path Benchmarks tessera-benchmarks $(ARGS)

lint: ## Look for departures from the format, and for faults in the scripts
	@swift format lint --strict --recursive --parallel Sources Tests Package.swift
	@if command -v shellcheck >/dev/null; then shellcheck scripts/bootstrap .ci/run; fi

format: ## Format the Swift files
	@swift format --in-place --recursive --parallel Sources Tests Package.swift

golden: $(GOLDEN_VENV)/.installed ## Make the golden values again, with PyTorch and scikit-learn
	@for generator in $(filter-out %/common.py,$(wildcard $(GENERATORS)/*.py)); do \
		echo "$$generator"; $(GOLDEN_VENV)/bin/python "$$generator" || exit 1; \
	done

$(GOLDEN_VENV)/.installed: $(GENERATORS)/requirements.txt
	@python3 -m venv $(GOLDEN_VENV) \
		|| { echo "golden: install python3 and its venv (apt-get install python3-venv)" >&2; exit 1; }
	@$(GOLDEN_VENV)/bin/pip install --quiet --requirement $<
	@touch $@

clean: ## Remove what was built; models in .tessera stay
	@rm -rf .build Benchmarks/.build $(GOLDEN_VENV)

# System packages that are missing. Nothing to do is the usual case, and takes no time.
bootstrap:
	@scripts/bootstrap

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
