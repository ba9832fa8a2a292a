# Everything that a change has to pass is "make check". Tools are pinned in
# tools/go.mod and built by the go command; nothing has to be installed but Go,
# make and a C compiler for the race detector.

GO   ?= go
TOOL := $(GO) tool -modfile=tools/go.mod

# The version that the binary reports.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# How long each fuzz target runs, and which benchmarks, how often, how long.
FUZZTIME  ?= 30s
BENCH     ?= .
BENCHTIME ?= 1s
COUNT     ?= 1

# Which tests "make soak" runs, and how long their soak is: 120 is ten minutes.
SOAK       ?= Storm|Strangers|MemoryCeiling|BatchKilled|BatchOfLargeArchives|ServerKilled|RollingRestart|OverloadedModel|Fairness|SevenNights
SOAK_SCALE ?= 120

.DEFAULT_GOAL := build
.PHONY: check test race soak real-model polyglot clients lint tidy-check generate generate-check buf-lint breaking image build smoke deploy-check upgrade release vuln bench grounding fuzz clean

# The quick checks come first; the tests last, so that their verdict is what
# one sees.
check: generate-check buf-lint breaking tidy-check lint build smoke deploy-check race

test:
	$(GO) test ./...

race:
	$(GO) test -race ./...

# The tests whose length is a matter of taste, at twelve times that of "make
# test": a storm of a minute, twenty kills of a server. Then the soak.
soak:
	SUMMARIZER_TEST_SCALE=12 $(GO) test -count 1 -timeout 60m -v -run '$(SOAK)' ./internal/systemtest
	SUMMARIZER_TEST_SCALE=$(SOAK_SCALE) $(GO) test -count 1 -timeout 60m -v -run 'Soak' ./internal/systemtest

# Asks a model of 135 million parameters on llama.cpp's server. Needs Python; the first
# time it builds the server, which takes about six minutes. No part of "make check".
REAL_MODEL_DIR ?= $(HOME)/.cache/summarizer-real-model
real-model:
	GO='$(GO)' tools/real-model.sh '$(REAL_MODEL_DIR)'

# Compiles the contract for other languages and calls every RPC from Python, Node and
# Java. Needs them, Maven and npm, and fetches libraries. No part of "make check".
POLYGLOT_DIR ?= $(HOME)/.cache/summarizer-polyglot
polyglot: build
	tools/polyglot.sh bin/summarizer '$(POLYGLOT_DIR)'

# Runs the programs of docs/clients.md. It needs Python, Node and Maven.
clients: build
	tools/clients.sh bin/summarizer '$(POLYGLOT_DIR)'

# Tests of package internal count comments that do not name the thing (internal/prose_test.go).
lint:
	$(TOOL) golangci-lint run ./...
	$(GO) test ./internal -run 'CommentsNameThings|FewFunctionsAreComplex|TypesHaveNames'

# Fails where go.mod and go.sum are not what "go mod tidy" would leave.
tidy-check:
	$(GO) mod tidy -diff

generate:
	$(TOOL) buf generate --template buf.gen.yaml
	$(TOOL) buf generate --template buf.gen.cache.yaml
	$(OPENAPI) >internal/httpapi/openapi.yaml.new && mv internal/httpapi/openapi.yaml.new internal/httpapi/openapi.yaml
	$(GO) test ./cmd/summarizer -run '^TestConfigurationPage$$' -update
	$(GO) test ./internal/httpapi -run '^TestProtocolsAnswerAlike$$' -update
	$(GO) test ./internal/llm -run '^TestBehaviorsPage$$' -update
	$(GO) test ./internal/local -run '^TestQualityPage$$' -update
	$(GO) test ./internal/systemtest -run '^TestDocsShowWhatCommandsPrint$$' -update

# The JSON API for tools, out of the same comments.
OPENAPI = $(TOOL) buf build api/proto -o - | $(GO) run ./internal/httpapi/genopenapi

# Fails on stubs that are stale, missing or of no proto. It generates into a directory of
# its own, so that it works in a tree with other changes. Tests look after
# docs/configuration.md and the console blocks of pages.
generate-check:
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(TOOL) buf generate --template buf.gen.yaml --output "$$dir" && \
	$(TOOL) buf generate --template buf.gen.cache.yaml --output "$$dir" && \
	for out in api/proto internal/cache/cachepb; do \
		diff -r --exclude='*.proto' --exclude=doc.go "$$dir/$$out" "$$out" || \
		{ echo 'the generated stubs are stale: run "make generate"' >&2; exit 1; }; \
	done && \
	$(OPENAPI) >"$$dir/openapi.yaml" && diff "$$dir/openapi.yaml" internal/httpapi/openapi.yaml || \
	{ echo 'internal/httpapi/openapi.yaml is stale: run "make generate"' >&2; exit 1; }

buf-lint:
	$(TOOL) buf lint

# Compares the contract with the committed image: a branch compared with itself
# never breaks.
breaking:
	$(TOOL) buf breaking api/proto --against api/summarizer.v1.binpb

# Makes the contract as it stands the one that "make breaking" guards. Part of a
# release, never of a change that should be compatible.
image:
	$(TOOL) buf build api/proto -o api/summarizer.v1.binpb

build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false \
		-ldflags '-s -w -X main.version=$(VERSION)' -o bin/summarizer ./cmd/summarizer

# Starts the binary on a free port and calls every RPC through reflection.
smoke: build
	tools/smoke.sh bin/summarizer

# Checks manifests, alert rules, dashboard and unit of deploy/ with those of their
# programs that are installed; tests of ./internal and ./cmd/summarizer check more.
deploy-check: build
	GO='$(GO)' tools/deploy-check.sh bin/summarizer

bench:
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -count $(COUNT) -benchmem ./...

# Runs the program beside that of an earlier commit, on one cluster:
# make upgrade OLD=COMMIT.
upgrade:
	@test -n "$(OLD)" || { echo 'name the earlier version: make upgrade OLD=COMMIT' >&2; exit 2; }
	dir=$$(mktemp -d) && trap 'git worktree remove --force "$$dir/tree"; rm -rf "$$dir"' EXIT && \
	git worktree add --quiet --detach "$$dir/tree" '$(OLD)' && \
	$(GO) build -C "$$dir/tree" -o "$$dir/summarizer" ./cmd/summarizer && \
	SUMMARIZER_TEST_EARLIER="$$dir/summarizer" $(GO) test -count 1 -v -run 'TwoVersions' ./internal/systemtest

# The archives of a release, with bills of materials and checksums.
RELEASE_DIR ?= bin/release
release:
	GO='$(GO)' tools/release.sh '$(VERSION)' '$(RELEASE_DIR)'

# Looks for known vulnerabilities in what the program calls. It asks the database at
# vuln.go.dev, or a copy: VULN_DB=file:///DIR. No part of "make check", which needs no network.
VULN_DB ?= https://vuln.go.dev
vuln:
	@$(TOOL) govulncheck -db '$(VULN_DB)' ./... || { code=$$?; [ $$code -eq 3 ] || \
	echo 'make vuln: nothing was checked. Is the database $(VULN_DB) out of reach? VULN_DB=file:///DIR names a copy.' >&2; exit $$code; }

# Counts what grounding catches and refuses on labelled data: a file or a directory, whose
# forms internal/llm/measure describes.
grounding:
	@test -n "$(DATA)" || { echo 'name the data: make grounding DATA=PATH' >&2; exit 2; }
	$(GO) run ./internal/llm/measure $(DATA)

# Runs every fuzz target for FUZZTIME, one after the other. Minimising inputs
# that are merely new would take most of that time.
fuzz:
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -n1 dirname | sort -u); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$dir/*_test.go); do \
			echo "$$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./$$dir; \
		done; \
	done

clean:
	rm -rf bin
