# Every target does its own set-up. Once the modules are there, all but lint
# (which installs its tool) and image work without a network.

GO       ?= go
BIN      := bin/wixrecon
PACKAGE  := ./cmd/wixrecon
# What git says, so that a report names the code that wrote it; an archive
# without git is "dev".
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
LINT     := bin/golangci-lint
LINT_VERSION := v2.15.0
IMAGE    ?= wixrecon:$(VERSION)

# The race detector needs cgo, and cgo a C compiler.
CC_FOUND := $(shell command -v $$($(GO) env CC) 2>/dev/null)
ifneq ($(CC_FOUND),)
TEST_RUN := CGO_ENABLED=1 $(GO) test -race
else
TEST_RUN := CGO_ENABLED=0 $(GO) test
endif

.DEFAULT_GOAL := help
.PHONY: help build servers tidy test test-long lint demo bench image clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the program into ./bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) $(PACKAGE)

# The stores are heavy, so they are a module of their own: minutes the first
# time, nothing afterwards.
servers: ## build the stores that tests run against, into ./bin/servers
	cd testdata/servers && CGO_ENABLED=0 $(GO) build -trimpath -o '$(CURDIR)/bin/servers/' \
		github.com/versity/versitygw/cmd/versitygw github.com/fsouza/fake-gcs-server

# go mod tidy needs modules that no build needs. Where they are missing and can't
# be downloaded, the check is left out with a message; in CI that is an error.
tidy: ## check that go.mod and go.sum list exactly what is imported
	@[ "$$CI" = true ] || export GOPROXY=off; \
	for module in . testdata/servers; do \
		if changes=$$(cd "$$module" && $(GO) mod tidy -diff 2>/dev/null); then continue; fi; \
		if [ -n "$$changes" ]; then \
			echo "$$changes"; echo "make tidy: $$module/go.mod: run go mod tidy" >&2; exit 1; \
		fi; \
		echo "make tidy: $$module/go.mod is not checked:" >&2; \
		(cd "$$module" && $(GO) mod tidy -diff 2>&1 >/dev/null | tail -n 1) >&2; \
		[ "$$CI" != true ] || exit 1; \
	done

# Without a network, and the stores' modules not there, their tests are left
# out; in CI they are fetched, and a failure to do so is one of the tests.
test: tidy ## vet and test everything, with the race detector; offline
	@if [ "$$CI" = true ]; then $(MAKE) servers; \
	elif ! GOPROXY=off $(MAKE) -s servers >/dev/null 2>&1; then \
		echo 'make test: the stores are not built (make servers): their tests are left out' >&2; \
	fi
	@$(if $(CC_FOUND),,echo 'make test: no C compiler found: testing without the race detector' >&2)
	$(GO) vet ./...
	$(TEST_RUN) -shuffle=on ./...

test-long: ## the tests with their long variants, plus a minute of fuzzing for each parser
	WIXRECON_LONG=1 $(TEST_RUN) -timeout 2h -shuffle=on -count=3 ./...
	@set -e; grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
			echo "fuzzing $$name in $$(dirname "$$file")"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime 60s "$$(dirname "$$file")" </dev/null; \
		done; \
	done

lint: ## lint with golangci-lint, or vet and gofmt where it can't be had
	@if [ -x $(LINT) ] || GOBIN="$(CURDIR)/bin" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); then \
		$(LINT) run ./...; \
	else \
		echo 'make lint: golangci-lint is not to be had: vet and gofmt only' >&2; \
		$(GO) vet ./... && files=$$(gofmt -l .) && { [ -z "$$files" ] || { echo "not formatted: $$files" >&2; exit 1; }; }; \
	fi

demo: build ## run the whole job against the embedded simulator
	./$(BIN) demo

bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

image: ## build the container image, with docker or buildah
	@if docker info >/dev/null 2>&1; then \
		docker build --build-arg VERSION='$(VERSION)' -t '$(IMAGE)' .; \
	elif command -v buildah >/dev/null; then \
		buildah bud --build-arg VERSION='$(VERSION)' -t '$(IMAGE)' .; \
	else \
		echo 'make image: want docker (with its daemon running) or buildah' >&2; exit 1; \
	fi

clean: ## remove what build, lint and demo left
	rm -rf bin wixrecon-demo
