# Everything that people and CI run. `make help` lists it.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Tools at versions other than the global ones live in target/tools (see scripts/install-tools).
export PATH := $(CURDIR)/target/tools/bin:$(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
export RUSTUP_AUTO_INSTALL := 0

ADDRESS ?= 127.0.0.1
PORT ?= 8080

.PHONY: help tools serve build test soak bench coverage fmt lint clean

help: ## List what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

tools: ## Install what is missing, at pinned versions
	@scripts/install-tools

serve: ## Build and serve the page, and build again when a file changes
	@scripts/install-tools --no-browser
	@echo "Physics World will be at http://$(ADDRESS):$(PORT)/ when it is built (the first build takes minutes)."
	@trunk serve --release --address $(ADDRESS) --port $(PORT)

build: ## Build the static site into dist/, for any web server
	@scripts/install-tools --no-browser
	@trunk build --release
	@echo "The site is in dist/; any web server can host it."

test: ## Run everything that CI runs
	@scripts/test

soak: ## Run the long forms: stress, Miri, random programs, benchmarks
	@scripts/soak

bench: ## Run all benchmarks, beside the last recorded figures
	@scripts/install-tools && scripts/bench

coverage: ## Line coverage of the native tests, per crate
	@scripts/coverage

fmt: ## Format the Rust sources
	@cargo fmt --all

lint: ## Formatting and lints, natively and for the browser
	@scripts/test lint

clean: ## Remove all that was built; installed tools stay
	@cargo clean --quiet
	@rm -rf dist
