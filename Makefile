# Two commands for people: `make train` and `make test`. `make help` lists the rest.
# Scripts do the work, so that each of them also runs by itself.

SWIFT ?= swift
# At most 8: on larger machines each rank gets several threads, and the quick start's batch of 64
# sequences is no bigger for them.
RANKS ?= $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores < 8 ? cores : 8)))
MPIRUN ?= mpirun
MINUTES ?= 30
WORKERS ?= 1
SEED ?= 1
PRODUCTS = bert-train bert bert-bench
# The layers of Package.swift are enforced: an import that is not declared there is an error. What
# Cluster/libraries wrote comes before the system's own descriptions of libraries.
BUILD_FLAGS = -c release --explicit-target-dependency-import-check error --pkg-config-path .build/pkgconfig

# What `--version` says.
BERT_COMMIT ?= $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

export SWIFT BUILD_FLAGS MPIRUN BERT_COMMIT

.DEFAULT_GOAL := help
.PHONY: setup setup-tests build train test trial fuzz lint format corpus clean help

## setup: install what is missing (Debian packages, through sudo where not root)
setup:
	@Cluster/setup
	@Cluster/libraries

## setup-tests: also install what all tests need, a SLURM that is not started among it
setup-tests:
	@Cluster/setup --tests

## build: build the programs into .build/release
build: setup
	$(foreach product,$(PRODUCTS),$(SWIFT) build $(BUILD_FLAGS) --product $(product) &&) true

## train: set up, build, and train the quick start on all cores (RANKS=N for another number)
train: setup
	@Cluster/mpirun -n 1 true
	$(SWIFT) build $(BUILD_FLAGS) --product bert-train
	Cluster/mpirun -n $(RANKS) .build/release/bert-train

## test: set up, build, and run every test, multi-process ones included (all of them after setup-tests)
test: setup
	@Tests/run-all

## trial: both commands, train and test, on a bare Debian in a folder of its own (root; half an hour)
trial:
	@Tests/run-bare

## fuzz: feed mutated files to every reader for MINUTES=30, in WORKERS=1 processes, from SEED=1 on
fuzz: setup
	$(SWIFT) build $(BUILD_FLAGS) --product bert-fuzz
	.build/release/bert-fuzz --minutes $(MINUTES) --workers $(WORKERS) --seed $(SEED)

## lint: check formatting, style, calls with paths, and shell scripts
lint:
	$(SWIFT) format lint --strict -r Package.swift Sources Tests
	@Cluster/lint-paths
	@Cluster/lint-scripts

## format: repair formatting
format:
	$(SWIFT) format -i -r Package.swift Sources Tests

## corpus: make Corpora/*.txt from Debian's documentation (LANGUAGES="en zh" for some of them)
corpus:
	Cluster/debian-corpus $(LANGUAGES)

## clean: remove what was built; runs and corpora stay
clean:
	rm -rf .build

## help: this list
help:
	@sed -n 's/^## /  make /p' $(MAKEFILE_LIST)
