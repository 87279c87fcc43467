package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output/speaker"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// voiceDir is where the voice of a region is kept.
func voiceDir(data string, r announce.Region) string {
	return filepath.Join(data, "voices", string(r))
}

func runSay(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	ticket := f.String("ticket", "", "ticket number, A012; several to one counter with commas between")
	counter := f.String("counter", "", "counter number, 3")
	language := f.String("language", "vi", "language of the ticket: the call is said in it after Vietnamese; "+strings.Join(announce.CallLanguages(), " or ")+", or one that the voice brings")
	var place queue.Place
	f.StringVar(&place.Room, "room", "", "room of the counter, 201")
	f.StringVar(&place.Floor, "floor", "", "floor of the counter, 2")
	f.StringVar(&place.Direction, "direction", "", "where the counter is: left, right, ahead or back")
	out := f.String("o", "", "write a WAV `file` instead of using the speaker")
	var region string
	regionFlag(f, &region, "")
	byValue := f.Bool("by-value", false, "say A012 as \"A mười hai\", not digit by digit")
	data := f.String("data", defaultData, "data directory, where the voice is")
	dir := f.String("voice", "", "voice pack (default: the voice in use, or the region's, in the data directory)")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if *ticket == "" || *counter == "" {
		return usagef("give -ticket and -counter")
	}
	r, err := regionOf(ctx, region, *data)
	if err != nil {
		return err
	}
	voices := announce.Voices{Shelf: shelfOf(*data), Dir: *dir, Region: r}
	renderer, notes, err := voices.OpenRenderer()
	if err != nil {
		return err
	}
	if known := renderer.Grammars().Codes(); !slices.Contains(known, primaryLanguage(*language)) {
		return usagef("-language %q: want one of %s", *language, strings.Join(known, ", "))
	}
	calls, err := callsOf(*ticket, announce.CallRequest{Counter: *counter, Place: place, Language: *language})
	if err != nil {
		return usageOf(err)
	}
	clip, report, err := announce.SayCalls(ctx, renderer, calls, announce.Wording{Region: r, ByValue: *byValue})
	if err != nil {
		return usageOf(err)
	}
	fmt.Fprintln(s.err, clip.Text)
	if len(report.Missing) > 0 {
		fmt.Fprintf(s.err, "not spoken: %s\n", strings.Join(report.Missing, ", "))
	}
	if len(report.Synthesised) > 0 {
		fmt.Fprintf(s.err, "said by espeak-ng, since the voice has no clips for it: %s\n", strings.Join(report.Synthesised, ", "))
	}
	if renderer.Voice() == nil || *dir != "" || len(report.Missing) > 0 {
		for _, note := range notes {
			fmt.Fprintln(s.err, note)
		}
	}
	if len(report.Placeholder) > 0 {
		fmt.Fprintf(s.err, "said by the placeholder voice: %s\n", strings.Join(report.Placeholder, ", "))
	}
	if report.Unspoken != "" {
		fmt.Fprintf(s.err, "Vietnamese only: the voice has no clips for %q; \"xinmoi voice build -if-missing\" adds them\n", report.Unspoken)
	}
	if *out != "" {
		return audio.Save(*out, audio.EncodeWAV(clip.PCM))
	}
	sp, err := speaker.Open(ctx)
	if err != nil {
		return fmt.Errorf("%w; write a file with -o call.wav", err)
	}
	return sp.Play(ctx, clip)
}

// primaryLanguage is the language of a BCP 47 tag: "en" of "en-GB".
func primaryLanguage(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return primary
}

// callsOf makes calls of ticket numbers with commas between.
func callsOf(tickets string, like announce.CallRequest) ([]announce.CallRequest, error) {
	var out []announce.CallRequest
	for _, t := range strings.Split(tickets, ",") {
		n, err := queue.ParseNumber(t)
		if err != nil {
			return nil, err
		}
		like.Number = n
		out = append(out, like)
	}
	return out, nil
}

// usageOf turns an error about what the caller gave into a usage error.
func usageOf(err error) error {
	var e *queue.Error
	if errors.As(err, &e) && e.Code == queue.CodeBadRequest {
		return usagef("%s", e.Message)
	}
	return err
}

// officeSetup reads the setup of the office in a data directory, beside a server
// or without; where there is no office yet it is the one that serve would found.
func officeSetup(ctx context.Context, data string) (queue.Setup, error) {
	setup := queue.CommuneCentre()
	if _, err := os.Stat(filepath.Join(data, sqlite.FileName)); err != nil {
		return setup, nil
	}
	log, err := openLog(data)
	if err != nil {
		return setup, err
	}
	events, err := log.Day(ctx, setup.Office)
	for _, e := range events {
		if e.Setup != nil {
			setup = *e.Setup
		}
	}
	return setup, errors.Join(err, log.Close())
}

// regionFlag declares -region of a command that speaks or listens as the office
// in a data directory does.
func regionFlag(f *flag.FlagSet, value *string, more string) {
	f.StringVar(value, "region", "", "north, central or south"+more+" (default: as the office in the data directory)")
}

// regionOf is the region that -region names, or without it that of the office in
// a data directory.
func regionOf(ctx context.Context, named, data string) (announce.Region, error) {
	if named != "" {
		r, err := announce.ParseRegion(named)
		if err != nil {
			return r, usagef("%v", err)
		}
		return r, nil
	}
	setup, err := officeSetup(ctx, data)
	if err != nil {
		return "", fmt.Errorf("the region of the office in %s cannot be read: %w; name it with -region", data, err)
	}
	return announce.ParseRegion(setup.Region)
}
