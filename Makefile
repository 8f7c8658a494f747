# Every target sets up what it needs. Once the modules are downloaded, all targets
# work offline, except lint, which installs its tool, and image.

GO       ?= go
BIN      := bin/wixrecon
PACKAGE  := ./cmd/wixrecon
# The version is in every report. Without git it is "dev".
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
# Buckets of Google are read over HTTP. Without this tag the storage client has
# gRPC's load balancers too, a fifth of the program.
TAGS     := disable_grpc_modules
LINT     := bin/golangci-lint
LINT_VERSION := v2.15.0
IMAGE    ?= wixrecon:$(VERSION)

# The race detector needs cgo, and cgo needs a C compiler. go vet gets the same
# flags as go test, so that every package is compiled once and not twice.
CC_FOUND := $(shell command -v $$($(GO) env CC) 2>/dev/null)
ifneq ($(CC_FOUND),)
CGO  := CGO_ENABLED=1
RACE := -race
else
CGO  := CGO_ENABLED=0
RACE :=
endif
# Generous, so that the tests pass on a slow machine under load.
TEST_TIMEOUT ?= 40m
STORES := bin/servers/versitygw bin/servers/fake-gcs-server

.DEFAULT_GOAL := help
.PHONY: help build servers tidy test test-long lint demo bench bench-reports bench-tools bench-go image clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the program into ./bin
	CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o $(BIN) $(PACKAGE)

# The stores have many dependencies, so they have a module of their own. Building
# them takes minutes, so they are built again only when that module changes.
servers: $(STORES) ## build the S3 and GCS servers that the tests use, into ./bin/servers

$(STORES) &: testdata/servers/go.mod testdata/servers/go.sum
	cd testdata/servers && CGO_ENABLED=0 $(GO) build -trimpath -o '$(CURDIR)/bin/servers/' \
		github.com/versity/versitygw/cmd/versitygw github.com/fsouza/fake-gcs-server
	@touch $(STORES)

# go mod tidy needs modules that no build needs. If they can't be downloaded, the
# check is skipped with a message; in CI that is an error.
tidy: ## check that go.mod and go.sum list exactly what is imported
	@[ "$$CI" = true ] || export GOPROXY=off; \
	for module in . bench testdata/servers; do \
		if changes=$$(cd "$$module" && $(GO) mod tidy -diff 2>/dev/null); then continue; fi; \
		if [ -n "$$changes" ]; then \
			echo "$$changes"; echo "make tidy: $$module/go.mod: run go mod tidy" >&2; exit 1; \
		fi; \
		echo "make tidy: $$module/go.mod is not checked:" >&2; \
		(cd "$$module" && $(GO) mod tidy -diff 2>&1 >/dev/null | tail -n 1) >&2; \
		[ "$$CI" != true ] || exit 1; \
	done

# In CI the stores are required. Elsewhere their tests are skipped if the stores
# can't be built offline.
test: tidy ## vet and test everything, with the race detector; offline
	@if [ "$$CI" = true ]; then $(MAKE) servers; \
	elif ! GOPROXY=off $(MAKE) -s servers >/dev/null 2>&1; then \
		echo 'make test: the S3 and GCS servers are not built (make servers): their tests are skipped' >&2; \
	fi
	@$(if $(CC_FOUND),,echo 'make test: no C compiler found: testing without the race detector' >&2)
	$(CGO) $(GO) vet $(RACE) ./...
	$(CGO) $(GO) test $(RACE) -vet=off -shuffle=on -timeout $(TEST_TIMEOUT) ./...

test-long: ## run the long form of all tests three times, and fuzz each parser for a minute
	WIXRECON_LONG=1 $(CGO) $(GO) test $(RACE) -timeout 2h -shuffle=on -count=3 ./...
	@set -e; grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
			echo "fuzzing $$name in $$(dirname "$$file")"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime 60s "$$(dirname "$$file")" </dev/null; \
		done; \
	done

lint: ## run golangci-lint, or vet and gofmt if it can't be installed
	@if [ -x $(LINT) ] || GOBIN="$(CURDIR)/bin" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); then \
		$(LINT) run ./...; \
	else \
		echo 'make lint: golangci-lint can not be installed: vet and gofmt only' >&2; \
		$(CGO) $(GO) vet $(RACE) ./... && files=$$(gofmt -l .) && { [ -z "$$files" ] || { echo "not formatted: $$files" >&2; exit 1; }; }; \
	fi

# The demo needs no buckets, whose drivers are half of what there is to compile.
demo: ## run the program on sample data, against the simulator
	CGO_ENABLED=0 $(GO) build -trimpath -tags no_s3,no_gcs -ldflags '$(LDFLAGS)' -o bin/demo/wixrecon $(PACKAGE)
	./bin/demo/wixrecon demo

# The comparison of a snapshot and a ledger, in pairs with DuckDB. The peers need
# a C compiler and modules of their own. docs/performance.md has the results.
PACKAGES  ?= 1000000
PAIRS     ?= 5
BENCH_DIR ?= bin/bench
BENCH_DATA = $(BENCH_DIR)/$(PACKAGES)

bench: build bench-tools ## compare speed and memory with DuckDB (PACKAGES=1000000 PAIRS=5 BENCH_DIR=bin/bench)
	$(BENCH_DIR)/generate -packages $(PACKAGES) $(BENCH_DATA)
	$(COMPARE) -title '$(PACKAGES) packages' \
		'wixrecon=$(BIN) run --snapshot $(BENCH_DATA)/packages.jsonl --ledger $(BENCH_DATA)/ledger.csv --reports findings --out {out}' \
		'DuckDB=$(BENCH_DIR)/duckdb $(BENCH_DATA)/packages.jsonl $(BENCH_DATA)/ledger.csv {out}'
	$(BENCH_DIR)/verify $(BENCH_DATA)/truth.csv $(BENCH_DIR)/out/1-wixrecon/*/findings.csv

# Reports of a million rows. The peer of the workbook is libxlsxwriter, from the
# package libxlsxwriter-dev of Debian.
REPORT_BENCH = env BENCH_OUT={out} $(BENCH_DIR)/report.test -test.run ^$$ -test.benchtime 1x -test.bench
COMPARE      = $(BENCH_DIR)/compare -pairs $(PAIRS) -out $(BENCH_DIR)/out

bench-reports: bench-tools ## compare the workbook with libxlsxwriter, CSV with encoding/csv
	$(CC) -O2 -o $(BENCH_DIR)/xlsxwriter bench/xlsxwriter/rows.c -lxlsxwriter
	CGO_ENABLED=0 $(GO) test -c -o $(BENCH_DIR)/report.test ./report
	$(COMPARE) -title 'workbook' 'wixrecon=$(REPORT_BENCH) PeerWorkbook' 'libxlsxwriter=$(BENCH_DIR)/xlsxwriter {out}'
	$(COMPARE) -title 'CSV' 'wixrecon=$(REPORT_BENCH) PeerFindingsCSV' 'encoding/csv=$(REPORT_BENCH) PeerEncodingCSV'

bench-tools:
	@mkdir -p $(BENCH_DIR)
	cd bench && CGO_ENABLED=1 $(GO) build -o '$(abspath $(BENCH_DIR))/' ./...

bench-go: ## run the benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

image: ## build the container image, with docker or buildah
	@if docker info >/dev/null 2>&1; then \
		docker build --build-arg VERSION='$(VERSION)' -t '$(IMAGE)' .; \
	elif command -v buildah >/dev/null; then \
		buildah bud --build-arg VERSION='$(VERSION)' -t '$(IMAGE)' .; \
	else \
		echo 'make image: needs docker (with its daemon running) or buildah' >&2; exit 1; \
	fi

clean: ## remove what the other targets created
	rm -rf bin wixrecon-demo
