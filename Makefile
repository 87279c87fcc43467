# xinmoi — two commands: make run, make test
SHELL := /bin/bash
GO ?= go
DATA ?= xinmoi-data
ARGS ?=
BIN := bin/xinmoi
E2E := cmd/xinmoi/e2e

# Without the ALSA headers the speaker is left out of the build.
tags = $$(pkg-config --exists alsa 2>/dev/null || echo nospeaker)

.PHONY: help run test build voice deps deps-test check unit e2e fuzz bench soak sim powercut faults sipfuzz clean

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: deps build voice ## install what is missing, build, make the placeholder voice, start (ARGS="-http :8080 …")
	@exec $(BIN) serve -data "$(DATA)" $(ARGS)

deps:
	@.ci/deps.sh run
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.26 or newer from https://go.dev/dl, then run make again"; exit 1; }
	@command -v gcc >/dev/null || { echo "A C compiler is missing: install gcc, then run make again"; exit 1; }

build: ## build bin/xinmoi
	@t=$(tags); [ -z "$$t" ] || echo "No ALSA headers: building without the speaker (sound goes to files and to the board's browser)"; \
	echo "Building … (the first time takes a minute: SQLite is compiled)"; \
	CGO_ENABLED=1 $(GO) build -tags "$$t" -o $(BIN) ./cmd/xinmoi

voice: build ## make the placeholder voice with espeak-ng, if there is none
	@if command -v espeak-ng >/dev/null; then $(BIN) voice build -if-missing -data "$(DATA)"; \
	else echo "No espeak-ng: calls are chimes until a voice is recorded or espeak-ng is installed"; fi

deps-test: deps
	@.ci/deps.sh test

test: deps-test check unit e2e ## everything, against real peers

check: ## formatting, vet
	@bad=$$(gofmt -l cmd ivr announce queue bots kiosk); [ -z "$$bad" ] || { echo "gofmt: $$bad"; exit 1; }
	$(GO) vet -tags "$(tags)" ./...

# Arithmetic: no goroutines, and ten times as slow with the race detector.
pure := announce/audio announce/ear kiosk/layout queue/estimate/eval

unit: ## unit and property tests with the race detector; arithmetic without it
	$(GO) test -shuffle=on -timeout 10m -tags "$(tags)" $(pure:%=./%)
	$(GO) test -shuffle=on -timeout 10m -run 'PlaceholderOfEspeak|AsIntelligible|NearTheOracle' -tags "$(tags)" ./announce ./queue/estimate
	$(GO) test -race -shuffle=on -p 3 -timeout 10m -tags "$(tags)" $$($(GO) list -tags "$(tags)" ./... | grep -v $(pure:%=-e '/%$$'))

e2e: build ## the built binary against real telephones, a browser, a sound server, a Bot API
	@cd $(E2E) && { [ -d node_modules ] || npm ci --silent --no-audit --no-fund; }
	XINMOI_BIN="$(CURDIR)/$(BIN)" $(GO) test -count=1 -timeout 25m -parallel 6 -tags "e2e $(tags)" ./$(E2E)

FUZZTIME ?= 20s
fuzz: ## every fuzz target for FUZZTIME each
	@set -e; for pkg in $$($(GO) list -tags "$(tags)" ./...); do \
	  for f in $$($(GO) test -tags "$(tags)" -list '^Fuzz' $$pkg | grep ^Fuzz || true); do \
	    echo "== $$pkg $$f"; $(GO) test -tags "$(tags)" -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; done

bench: ## benchmarks; ratios to a physical limit are measured in the same run
	$(GO) test -run '^$$' -bench . -benchtime 2s -tags "$(tags)" ./queue/... ./announce/... ./ivr/...

SOAK ?= 200
KILLS ?= 100
soak: build ## many more kill -9 rounds than make test does: SOAK of a process that writes the log, KILLS of the server; every call heard in a hall
	XINMOI_CRASH_KILLS=$(SOAK) $(GO) test -count=1 -timeout 2h -run Kill -v ./queue/sqlite
	XINMOI_CALLS=all $(GO) test -count=1 -timeout 1h -run AsIntelligible -v ./announce
	XINMOI_BIN="$(CURDIR)/$(BIN)" XINMOI_KILLS=$(KILLS) $(GO) test -count=1 -timeout 2h -run KillUnderLoad -v -tags "e2e $(tags)" ./$(E2E)

SEEDS ?= 1000
sim: build ## SEEDS simulated office days with crashes, duplicates, wrong clocks, full disks; and the bugs they must find
	@$(BIN) simulate -seed 1 -seeds $(SEEDS)
	$(GO) test -count=1 -timeout 1h -v -run Bugs ./queue/sim -sim.seeds 100

CUTS ?= 500
powercut: ## CUTS power cuts that drop, mix or tear what was not flushed
	XINMOI_POWER_CUTS=$(CUTS) $(GO) test -count=1 -timeout 1h -run 'TestPowerCuts$$' -v ./queue/sqlite

FAULTS ?= 10000
faults: ## FAULTS printer faults with crashes of the kiosk
	XINMOI_PRINTER_FAULTS=$(FAULTS) $(GO) test -count=1 -timeout 2h -run 'TestFaults$$' -v ./kiosk/agent

SIPFUZZ ?= 1h
sipfuzz: ## what nobody should send to a telephone, for SIPFUZZ
	$(GO) test -run '^$$' -fuzz FuzzServer -fuzztime $(SIPFUZZ) ./ivr/sip

clean: ## remove what was built (not the data)
	rm -rf bin $(E2E)/node_modules
