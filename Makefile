# xinmoi — two commands: make run, make test
SHELL := /bin/bash
GO ?= go
DATA ?= xinmoi-data
ARGS ?=
BIN := bin/xinmoi
E2E := cmd/xinmoi/e2e

# Without the ALSA headers the speaker is left out of the build.
tags = $$(pkg-config --exists alsa 2>/dev/null || echo nospeaker)

.PHONY: help run test build voice deps deps-test built check unit prompt patient e2e e2e-ready e2e-long e2e-short fuzz properties bench soak sim powercut faults boards pages sipfuzz clean

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

test: deps ## everything, against real peers
	@+$(MAKE) --no-print-directory -j2 deps-test built
	@+$(MAKE) --no-print-directory -j2 prompt e2e-ready
	@+$(MAKE) --no-print-directory -j3 e2e-long e2e-short patient

built: build # Not at once with the build: both would compile everything.
	@+$(MAKE) --no-print-directory check

check: ## formatting, vet
	@bad=$$(gofmt -l cmd ivr announce queue bots kiosk); [ -z "$$bad" ] || { echo "gofmt: $$bad"; exit 1; }
	$(GO) vet -tags "e2e $(tags)" ./...

# Arithmetic: no goroutines, and ten times as slow with the race detector.
pure := announce/audio announce/ear kiosk/layout queue/estimate/eval
# Tests of arithmetic, and of what one process after another does with a disk, in
# packages that have goroutines too: each runs once, without the race detector.
slow := PlaceholderOfEspeak|AsIntelligible|NearTheOracle|SixtyPeople|TalkIsNoKey
slow := $(slow)|InventoryCoversEverything|InventoryCutsNoTonePair|InventoryIsEnough|^TestEveryState(OfBooking)?$$
slow := $(slow)|FitIsTheSame|FitIsDeterministic|FitFindsWhatIsThere|LearnsNightByNight|RestartsChangeNothing|AnotherLogIsLearnedAnew|TakesLittleMemory
slow := $(slow)|^TestPowerCut(s|sFindLoss|InUpgrade)$$|FindsAnySingleByte|EarlierStoresAreVerified|UpgradeOfADamagedLog
slowly := announce ivr queue/estimate queue/sqlite
# Where a random case is a whole day, fewer days; make properties lives many.
days := queue queue/report queue/whatif

# They reckon and wait for nobody, so that they can have what the tests of the
# built binary, which mostly wait, leave of the processors.
reckons := announce|announce/(studio|voice)|ivr|ivr/callout|kiosk|queue|queue/(estimate|memory|report|sim|sqlite|whatif)(/.*)?
list = $(GO) list -tags "$(tags)" ./... | grep -v $(pure:%=-e '/%$$')
module := $(shell sed -n 's/^module //p' go.mod)

gotest := $(GO) test -vet=off -shuffle=on -tags "$(tags)"
racing := $(gotest) -race

unit: check prompt patient ## unit and property tests with the race detector; arithmetic without it

prompt:
	$(racing) -p 4 -timeout 20m $$($(list) | grep -vE '^$(module)/($(reckons))$$')

patient:
	nice -n 19 $(gotest) -timeout 20m $(pure:%=./%)
	nice -n 19 $(gotest) -timeout 20m -run '$(slow)' ./kiosk ./ivr/media $(slowly:%=./%)
	nice -n 19 $(racing) -p 2 -timeout 20m -skip '$(slow)' $(slowly:%=./%)
	nice -n 19 $(racing) -p 2 -timeout 20m $(days:%=./%) -rapid.checks=40
	nice -n 19 $(racing) -p 2 -timeout 20m $$($(list) | grep -E '^$(module)/($(reckons))$$' | grep -vxE $(patsubst %,-e '$(module)/%',$(slowly) $(days)))

CHECKS ?= 3000
properties: ## every property with CHECKS random cases, where make test has a hundred or fewer
	@set -e; for pkg in $$(grep -rl --include='*_test.go' '"pgregory.net/rapid"' . | xargs -n1 dirname | sort -u); do \
	  tests=$$(grep -hE '^func Test|rapid\.(Check|MakeCheck)\(' $$pkg/*_test.go | grep -B1 'rapid\.' | sed -n 's/^func \(Test[A-Za-z0-9_]*\).*/\1/p' | paste -sd'|'); \
	  [ -z "$$tests" ] || $(gotest) -timeout 4h -run "^($$tests)\$$" $$pkg -rapid.checks=$(CHECKS); \
	done

e2e: e2e-ready ## the built binary against real telephones, a browser, a sound server, a Bot API
	@+$(MAKE) --no-print-directory -j2 e2e-long e2e-short

# The longest have places of their own, so that none of them is left over at the
# end; they take as long together as all others.
longest := Boards|Browser|HangUpAtEveryStep|KioskStates|KioskVisits|Studio|VoicesOfAllRegions
longest := ^Test($(longest)|TelephoneDies|OwnTelephone|ForgottenByTelephone|KnownCaller|TelephoneProcess|OperatorDeclines|Hold)$$
E2EVOICE := $(CURDIR)/bin/voice/north
e2e := cd $(E2E) && XINMOI_BIN="$(CURDIR)/$(BIN)" XINMOI_VOICE="$(E2EVOICE)" "$(CURDIR)/bin/e2e.test" -test.timeout 25m

e2e-ready: build
	$(GO) test -c -o bin/e2e.test -tags "e2e $(tags)" ./$(E2E)
	@cd $(E2E) && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund; }
	@! command -v espeak-ng >/dev/null || $(BIN) voice build -if-missing -region north -dir "$(E2EVOICE)" >/dev/null

e2e-long:
	$(e2e) -test.parallel 4 -test.run '$(longest)'

e2e-short:
	$(e2e) -test.parallel 4 -test.skip '$(longest)'

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

BOARDCALLS ?= 10000
boards: build ## a board in a real browser that shows BOARDCALLS calls and does not grow; 1,000 boards on one server
	XINMOI_BIN="$(CURDIR)/$(BIN)" XINMOI_BOARD_CALLS=$(BOARDCALLS) $(GO) test -count=1 -timeout 1h -run 'TestBoardForever$$' -v -tags "e2e $(tags)" ./$(E2E)
	@$(BIN) bench -seconds 20 boards

pages: build ## every page of kiosk and boards in every shape with every language, not each once
	XINMOI_BIN="$(CURDIR)/$(BIN)" XINMOI_PAGES=all $(GO) test -count=1 -timeout 1h -run 'TestKioskVisits|TestKioskStates|TestBoards$$' -v -tags "e2e $(tags)" ./$(E2E)

SIPFUZZ ?= 1h
sipfuzz: ## what nobody should send to a telephone, for SIPFUZZ
	$(GO) test -run '^$$' -fuzz FuzzServer -fuzztime $(SIPFUZZ) -fuzzminimizetime 10x ./ivr/sip

clean: ## remove what was built (not the data)
	rm -rf bin $(E2E)/node_modules
