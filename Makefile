# The two commands of the README are `make run` and `make test`; `make help` lists the rest.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

ARGS ?=
GENERATORS := Tests/Golden/generate
GOLDEN_VENV := .venv-golden
PEERS := Benchmarks/peers
PEERS_VENV := .venv-peers
SWIFT_FILES := Sources Tests Benchmarks/Sources Benchmarks/Package.swift Package.swift

.PHONY: run build test bench bench-peers lint format golden clean help bootstrap

run: build ## Train, judge, deploy and score; flags in ARGS='…', data in TESSERA_DATA_DIR
	@.build/release/tessera run $(ARGS)

build: bootstrap ## Build the release program, .build/release/tessera
	@swift build -c release --product tessera

test: bootstrap ## Run the tests; ARGS='--filter Name' runs some
	@swift test $(ARGS)

bench: bootstrap ## Compare the training speed with PyTorch's; flags in ARGS='…'
	@swift build -c release --package-path Benchmarks --product tessera-benchmarks
	@command -v python3 >/dev/null \
		|| { echo "bench: install python3 (apt-get install python3)" >&2; exit 1; }
	@Benchmarks/compare-training $(ARGS)

bench-peers: $(PEERS_VENV)/.installed ## Install what the benchmarks compare with: PyTorch

$(PEERS_VENV)/.installed: $(PEERS)/requirements.txt
	@python3 -m venv $(PEERS_VENV) \
		|| { echo "bench-peers: install python3 and its venv (apt-get install python3-venv)" >&2; exit 1; }
	@$(PEERS_VENV)/bin/pip install --quiet --requirement $<
	@touch $@

lint: ## Look for departures from the format, and for faults in the scripts
	@swift format lint --strict --recursive --parallel $(SWIFT_FILES)
	@if command -v shellcheck >/dev/null; then shellcheck scripts/bootstrap .ci/run; fi

format: ## Format the Swift files
	@swift format --in-place --recursive --parallel $(SWIFT_FILES)

golden: $(GOLDEN_VENV)/.installed ## Make the golden values again, with PyTorch and scikit-learn
	@for generator in $(filter-out %/common.py %/network.py,$(wildcard $(GENERATORS)/*.py)); do \
		echo "$$generator"; $(GOLDEN_VENV)/bin/python "$$generator" || exit 1; \
	done

$(GOLDEN_VENV)/.installed: $(GENERATORS)/requirements.txt
	@python3 -m venv $(GOLDEN_VENV) \
		|| { echo "golden: install python3 and its venv (apt-get install python3-venv)" >&2; exit 1; }
	@$(GOLDEN_VENV)/bin/pip install --quiet --requirement $<
	@touch $@

clean: ## Remove what was built; models in .tessera stay
	@rm -rf .build Benchmarks/.build $(GOLDEN_VENV) $(PEERS_VENV)

# System packages that are missing. Nothing to do is the usual case, and takes no time.
bootstrap:
	@scripts/bootstrap

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
