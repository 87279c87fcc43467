package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/bench"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// callsBench is what "bench calls" is asked for.
type callsBench struct {
	flags             *flag.FlagSet
	calls, rate, soak *int
	profiles          *string
}

// callsFlags shares -calls with the measurement of announcing.
func callsFlags(f *flag.FlagSet, calls *int) callsBench {
	return callsBench{
		flags: f, calls: calls,
		rate:     f.Int("rate", 100, "calls: calls set up in a second"),
		soak:     f.Int("soak", 0, "calls: instead, place so many short calls and watch whether anything grows"),
		profiles: f.String("profiles", "", "calls: directory for profiles of the server (go tool pprof); they slow it down"),
	}
}

// isCalls reports whether the words after "bench" are for this part: "calls",
// or one of the processes that it starts.
func isCalls(words []string) bool {
	return len(words) == 1 && words[0] == "calls" || len(words) == 2 && slices.Contains([]string{bench.ModeServer, bench.ModeSoak, bench.ModeBare}, words[0])
}

// run measures telephone calls against a server process of its own.
func (b callsBench) run(ctx context.Context, words []string, seconds float64, asJSON bool, s streams) error {
	if len(words) == 2 {
		return serveBench(ctx, words[0], words[1])
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	c := bench.Config{
		Command: func(ctx context.Context, mode string, n int) *exec.Cmd {
			cmd := exec.CommandContext(ctx, self, "bench", mode, strconv.Itoa(n))
			cmd.Stderr = s.err
			return cmd
		},
		Rate:     *b.rate,
		Profiles: *b.profiles,
		Progress: func(step string) { fmt.Fprintln(s.err, step, "…") },
	}
	if b.given("calls") { // Else the default of this measurement.
		c.Calls = *b.calls
	}
	if b.given("seconds") {
		c.Duration = time.Duration(seconds * float64(time.Second))
	}
	if *b.calls < 1 || *b.rate < 1 { // Which would mean the default.
		return usagef("-calls %d -rate %d: give positive numbers", *b.calls, *b.rate)
	}
	if err := c.Validate(); err != nil {
		return usagef("%v", err)
	}
	if *b.soak > 0 {
		return soakCalls(ctx, c, *b.soak, asJSON, s)
	}
	report, err := bench.Run(ctx, c)
	if err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(s.out)
	}
	return report.WriteText(s.out)
}

// soakCalls places very many short calls; that something has grown is an error.
func soakCalls(ctx context.Context, c bench.Config, n int, asJSON bool, s streams) error {
	soak, err := bench.RunSoak(ctx, c, n, 0)
	if err != nil {
		return err
	}
	if asJSON {
		err = json.NewEncoder(s.out).Encode(soak)
	} else {
		err = soak.WriteText(s.out)
	}
	if err == nil && len(soak.Faults) > 0 {
		err = fmt.Errorf("the server has not given back all it took: %s", soak.Faults[0])
	}
	return err
}

// serveBench is one of the measured processes; it talks to the one that
// measures by standard input and output.
func serveBench(ctx context.Context, mode, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return usagef("%s %q: give a number", mode, number)
	}
	if mode == bench.ModeBare {
		return bench.Bare(ctx, os.Stdin, os.Stdout, n)
	}
	forgetStart() // As "serve" does.
	if mode == bench.ModeSoak {
		return bench.ServeSoak(ctx, os.Stdin, os.Stdout, n)
	}
	office, stop, err := benchCallOffice(ctx)
	if err != nil {
		return err
	}
	return errors.Join(bench.Serve(ctx, os.Stdin, os.Stdout, n, office), stop())
}

// benchCallOffice is an office with the real conversation, kept in memory. Its
// voice is a tone as long as the words would take: rendering speech is measured
// by "bench announce".
func benchCallOffice(ctx context.Context) (office *bench.Office, stop func() error, err error) {
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		return nil, nil, err
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(running) }()
	service := ivr.New(ivr.Config{Office: engine, Render: hum})
	taken := func() int {
		board, err := engine.Board(ctx)
		if err != nil {
			return -1
		}
		n := 0
		for _, waiting := range board.Waiting {
			n += waiting
		}
		return n
	}
	return &bench.Office{Answer: func(ctx context.Context, c *sip.Call) { service.Answer(ctx, c) }, Taken: taken}, func() error {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	}, nil
}

// humPerLetter is how long a letter takes to speak, about.
const humPerLetter = 60 * time.Millisecond

func hum(_ context.Context, s announce.Sentence) ([]int16, error) {
	return audio.Beep(audio.RatePhone, 330, time.Duration(len([]rune(s.Text())))*humPerLetter).Int16(), nil
}

// given reports whether a flag that other measurements have, too, was used.
func (b callsBench) given(name string) (given bool) {
	b.flags.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
