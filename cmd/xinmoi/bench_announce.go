package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/bench"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// announceBench is what "bench announce" is asked for.
type announceBench struct {
	voice        *string
	calls, plays *int
}

func announceFlags(f *flag.FlagSet) announceBench {
	return announceBench{
		voice: f.String("voice", "", "announce: the voice pack to measure with (default: the northern one of the data directory "+defaultData+", else a placeholder is made)"),
		calls: f.Int("calls", 20, "announce: calls by \"next\", once with the machine idle and once with every core busy; calls: telephone calls at the same time (default 1000)"),
		plays: f.Int("plays", 5, "announce: calls that are played with every core busy"),
	}
}

// run measures from a pressed "next" to the sound of its call, in an office of
// its own in a directory that is removed afterwards.
func (b announceBench) run(ctx context.Context, dir string, asJSON bool, s streams) (err error) {
	dir, err = os.MkdirTemp(dir, "xinmoi-bench-")
	if err != nil {
		return fmt.Errorf("make a directory to work in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	pack, err := b.open(ctx, dir, s)
	if err != nil {
		return err
	}
	c := bench.Config{
		Voice: pack, Calls: *b.calls, Plays: *b.plays,
		Progress: func(step string) { fmt.Fprintln(s.err, step, "…") },
	}
	if *b.calls < 1 || *b.plays < 1 { // Which would mean the default.
		return usagef("-calls %d -plays %d: give positive numbers", *b.calls, *b.plays)
	}
	if err := c.Validate(); err != nil {
		return usagef("%v", err)
	}
	engine, done, err := benchOffice(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	c.Office = engine
	report, err := bench.Announce(ctx, c)
	if err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(s.out)
	}
	return report.WriteText(s.out)
}

// open opens the voice that was asked for, or that there is, or makes one.
func (b announceBench) open(ctx context.Context, dir string, s streams) (*voice.Pack, error) {
	if *b.voice != "" {
		return voice.Open(*b.voice)
	}
	if pack, err := voice.Open(voiceDir(defaultData, announce.North)); err == nil {
		return pack, nil
	}
	fmt.Fprintln(s.err, "making a placeholder voice …")
	made := voiceDir(dir, announce.North)
	if _, err := announce.BuildVoice(ctx, made, announce.North, nil, nil); err != nil {
		return nil, fmt.Errorf("%w; or name a voice with -voice", err)
	}
	return voice.Open(made)
}

// benchOffice runs a new office on the disk, as serve does; done stops it.
func benchOffice(ctx context.Context, dir string) (office queue.Office, done func() error, err error) {
	db, err := sqlite.Open(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: db})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(running) }()
	return engine, func() error {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			return errors.Join(err, db.Close())
		}
		return db.Close()
	}, nil
}
