# The two commands of the README are `make run` and `make test`; `make help` lists the rest.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

ARGS ?=
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAM := .build/release/tessera
# Swift's libraries are linked in: the program starts in a quarter less time, and runs without them.
RELEASE := -c release --static-swift-stdlib
GENERATORS := Tests/Golden/generate
GOLDEN_VENV := .venv-golden
PEERS_VENVS := .venv-peers .venv-peers-tensorflow .venv-peers-dagster
# Versions differ in how they break the kernels' macros.
CLANG_FORMAT := 23
C_FILES = $(shell git ls-files '*.c' '*.h')
SWIFT_FILES := Plugins Sources Tests Examples Benchmarks/Sources Benchmarks/Package.swift Package.swift

.PHONY: run build test test-release bench bench-kernels bench-instructions bench-pipeline bench-networks bench-peers bench-test bench-build check-allocations check-faults check-neon check-consumer check-examples install uninstall lint format golden clean help bootstrap

run: build ## Train, judge, deploy and score; flags in ARGS='…', data in TESSERA_DATA_DIR
	@.build/release/tessera run $(ARGS)

build: bootstrap ## Build the release program, .build/release/tessera
	@swift build $(RELEASE) --product tessera

# Checked before anything is built. The program is built by whoever owns the sources: `sudo make
# install` installs what is there, and builds as that user where something is newer.
install uninstall: export PREFIX := $(PREFIX)
install uninstall: export DESTDIR := $(DESTDIR)

install: ## Install the program, manual and completions to PREFIX=/usr/local; DESTDIR is honoured
	@scripts/install check
	@if scripts/install is-current $(PROGRAM); then :; \
	elif [ -n "$$SUDO_USER" ] && [ "$$(id -u)" = 0 ]; then sudo -H -u "$$SUDO_USER" $(MAKE) build; \
	else $(MAKE) build; fi
	@scripts/install put $(PROGRAM)

uninstall: ## Remove what `make install` installed to PREFIX, and nothing else
	@scripts/install remove

# The kernels of debug builds are compiled with optimisation. Not for the programs that recipes run:
# a TESSERA_… variable sets a configuration key there.
test bench-build: export TESSERA_OPTIMIZED_KERNELS := 1

test: bootstrap ## Run the tests; ARGS='--filter Name' runs some
	@swift test $(ARGS)

# A folder of its own: what is built for tests differs from what is built for use.
test-release: bootstrap ## Run the engine's tests as a release is compiled; ARGS='--filter Name' runs some
	@TESSERA_ENGINE_ONLY=1 swift test -c release --scratch-path .build-release-tests $(ARGS)

bench: bootstrap ## Compare with PyTorch, ONNX Runtime and others; flags in ARGS='…', as --full
	@command -v python3 >/dev/null \
		|| { echo "bench: install python3 (apt-get install python3)" >&2; exit 1; }
	@swift build $(RELEASE) --product tessera
	@swift build -c release --package-path Benchmarks --product tessera-benchmarks
	@Benchmarks/compare $(ARGS)

bench-kernels: bootstrap ## Measure each kernel, beside OpenBLAS; flags in ARGS='…', as --filter conv2
	@swift build -c release --package-path Benchmarks --product tessera-benchmarks
	@$$(swift build -c release --package-path Benchmarks --show-bin-path)/tessera-benchmarks \
		kernels $(ARGS)

# 77: what it needs isn't there, as it says.
bench-instructions: bootstrap ## Compare the kernels' instruction counts with the stored ones
	@scripts/check-instructions $(ARGS) || [ $$? -eq 77 ]

check-allocations: bootstrap ## Fail if a training step of the release build allocates memory
	@scripts/check-allocations || [ $$? -eq 77 ]

check-faults: bootstrap ## Make each disk call fail, then look at what is left; flags in ARGS='…', as --short
	@scripts/check-faults $(ARGS) || [ $$? -eq 77 ]

check-neon: ## Compare the kernels' arm64 form with plain loops, under QEMU
	@scripts/check-neon || [ $$? -eq 77 ]

check-consumer: bootstrap ## Build a package that depends on the engine by version, and train with it
	@scripts/check-consumer

check-examples: bootstrap ## Build and run the programs of Examples; names in ARGS='…', as MLP
	@scripts/check-examples $(ARGS)

bench-pipeline: bootstrap ## Time a cached run of the pipeline beside Dagster; flags in ARGS='…'
	@command -v python3 >/dev/null \
		|| { echo "bench-pipeline: install python3 (apt-get install python3)" >&2; exit 1; }
	@swift build $(RELEASE) --product tessera
	@swift build -c release --package-path Benchmarks --product tessera-benchmarks
	@Benchmarks/pipeline $(ARGS)

bench-networks: bootstrap ## Compare other networks with PyTorch; flags in ARGS='…', as --accuracy
	@command -v python3 >/dev/null \
		|| { echo "bench-networks: install python3 (apt-get install python3)" >&2; exit 1; }
	@swift build -c release --package-path Benchmarks --product tessera-benchmarks
	@Benchmarks/networks $(ARGS)

bench-peers: ## Install what the benchmarks compare with, into .venv-peers and others
	@Benchmarks/install-peers

bench-test: ## Run the tests of the benchmarks' own scripts
	@cd Benchmarks && python3 -m unittest tests/test_*.py

bench-build: bootstrap ## Build the benchmarks' own package, for debugging
	@swift build --package-path Benchmarks

lint: ## Look for departures from the format, and for faults in the scripts
	@swift format lint --strict --recursive --parallel $(SWIFT_FILES)
	@if clang-format --version 2>/dev/null | grep -q 'version $(CLANG_FORMAT)\.'; then \
		clang-format --dry-run --Werror $(C_FILES); \
	else echo "lint: C files are left out; pip install clang-format==$(CLANG_FORMAT).1.5" >&2; fi
	@if command -v shellcheck >/dev/null; then shellcheck scripts/* .ci/run Benchmarks/install-peers; fi

format: ## Format the Swift and C files
	@swift format --in-place --recursive --parallel $(SWIFT_FILES)
	@if clang-format --version 2>/dev/null | grep -q 'version $(CLANG_FORMAT)\.'; then \
		clang-format -i $(C_FILES); \
	else echo "format: C files are left out; pip install clang-format==$(CLANG_FORMAT).1.5" >&2; fi

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
	@rm -rf .build .build-release-tests Benchmarks/.build $(GOLDEN_VENV) $(PEERS_VENVS)

# System packages that are missing. Nothing to do is the usual case, and takes no time.
bootstrap:
	@scripts/bootstrap

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
