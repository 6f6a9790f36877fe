# Two commands do the main things, each with its own set-up:
#
#     make demo    the life of an impersonated session, from C and from Python
#     make test    run the tests
#
# What they need is Rust, a C compiler and Python 3. `make help` lists the rest.

CARGO ?= cargo
PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: build
build: ## build the library and the sandbox
	$(CARGO) build --workspace --locked

.PHONY: library
library: ## build the library as it is installed, and print where it is
	@CARGO='$(CARGO)' packaging/install library

.PHONY: demo
demo: ## the life of an impersonated session, from C and from Python
	@CARGO='$(CARGO)' bindings/demo

.PHONY: test
test: build ## run the tests: Rust, C, C++ and Python
	$(CARGO) test --workspace --locked
	built="$$(CARGO='$(CARGO)' packaging/artifacts 'libstytch.so stytch-sandbox' build --workspace --locked --quiet)" && \
	STYTCH_LIBRARY="$$(echo "$$built" | sed -n 1p)" STYTCH_SANDBOX="$$(echo "$$built" | sed -n 2p)" \
		$(PYTHON) -m unittest discover -s bindings/python/tests

.PHONY: check
check: ## check format and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

.PHONY: bench
bench: ## compare what a call and a local verification cost with others' and with bare TLS and RSA; takes ROUNDS
	@CARGO_TARGET_DIR='$(abspath $(TARGET))' $(PYTHON) benches/compare/run $(ROUNDS)
	@CARGO_TARGET_DIR='$(abspath $(TARGET))' $(PYTHON) benches/jwt/run $(ROUNDS)
	@CARGO_TARGET_DIR='$(abspath $(TARGET))' $(PYTHON) benches/queue/run $(ROUNDS)

.PHONY: guard
guard: ## hold instructions, system calls, size and memory against the committed figures
	@CARGO_TARGET_DIR='$(abspath $(TARGET))' $(PYTHON) benches/guard

.PHONY: install
install: ## install for C and C++; takes PREFIX, LIBDIR, INCLUDEDIR, DESTDIR, BUILT (see packaging/install)
	@CARGO='$(CARGO)' packaging/install install

.PHONY: uninstall
uninstall: ## remove what `make install` installed with the same settings
	@packaging/install uninstall

.PHONY: docs
docs: ## write the API's documentation to target/docs, with Doxygen
	@mkdir -p '$(TARGET)/docs'
	STYTCH_VERSION=$$(sed -n 's/^#define STYTCH_VERSION "\(.*\)"/\1/p' include/stytch.h) STYTCH_DOCS='$(TARGET)/docs' \
		doxygen packaging/Doxyfile

.PHONY: release
release: ## build what is published, into target/dist: tar balls, Python wheels, checksums; takes TARGETS (packaging/targets)
	@packaging/release $(TARGETS)

.PHONY: wheel
wheel: ## build the Python package with the library in it, for this machine or for TARGETS, into target/dist
	@packaging/release wheel $(or $(TARGETS),$(shell packaging/targets --host))

.PHONY: supply-chain
supply-chain: ## check licences, sources and number of the crates that the library is built from
	@packaging/supply-chain

.PHONY: clean
clean: ## remove what was built
	$(CARGO) clean
