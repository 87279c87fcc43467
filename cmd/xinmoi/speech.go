package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output/speaker"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/phone"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

func runWords(_ context.Context, f *flag.FlagSet, args []string, s streams) error {
	region := f.String("region", string(announce.North), "north, central or south")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	r, err := announce.ParseRegion(*region)
	if err != nil {
		return usagef("%v", err)
	}
	if len(words) != 1 {
		return usagef("give one number (\"--\" before a negative one)")
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return usagef("%q is not a whole number", words[0])
	}
	_, err = fmt.Fprintln(s.out, announce.Words(n, r))
	return err
}

// voiceDir is where the voice of a region is kept.
func voiceDir(data string, r announce.Region) string {
	return filepath.Join(data, "voices", string(r))
}

func runSay(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	ticket := f.String("ticket", "", "ticket number, A012")
	counter := f.String("counter", "", "counter number, 3")
	language := f.String("language", "vi", "language of the ticket: the call is said in it after Vietnamese; "+strings.Join(announce.CallLanguages(), " or "))
	out := f.String("o", "", "write a WAV `file` instead of using the speaker")
	region := f.String("region", string(announce.North), "north, central or south")
	byValue := f.Bool("by-value", false, "say A012 as \"A mười hai\", not digit by digit")
	data := f.String("data", defaultData, "data directory, where the voice is")
	dir := f.String("voice", "", "voice pack (default: the region's in the data directory)")
	if _, err := parse(f, args); err != nil {
		return err
	}
	r, err := announce.ParseRegion(*region)
	if err != nil {
		return usagef("%v", err)
	}
	if *ticket == "" || *counter == "" {
		return usagef("give -ticket and -counter")
	}
	if primary, _, _ := strings.Cut(strings.ToLower(*language), "-"); !slices.Contains(announce.CallLanguages(), primary) {
		return usagef("-language %q: want one of %s", *language, strings.Join(announce.CallLanguages(), ", "))
	}
	if *dir == "" {
		*dir = voiceDir(*data, r)
	}
	renderer, notes, err := announce.OpenRenderer(*dir, r)
	if err != nil {
		return err
	}
	clip, report, err := announce.SayClip(ctx, renderer, *ticket, *counter, *language, announce.Wording{Region: r, ByValue: *byValue})
	if err != nil {
		return usageOf(err)
	}
	fmt.Fprintln(s.err, clip.Text)
	if len(report.Missing) > 0 {
		fmt.Fprintf(s.err, "not spoken: %s\n%s\n", strings.Join(report.Missing, ", "), strings.Join(notes, "\n"))
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

// usageOf turns an error about what the caller gave into a usage error.
func usageOf(err error) error {
	var e *queue.Error
	if errors.As(err, &e) && e.Code == queue.CodeBadRequest {
		return usagef("%s", e.Message)
	}
	return err
}

func runVoice(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	region := f.String("region", string(announce.North), "north, central or south")
	data := f.String("data", defaultData, "data directory")
	dir := f.String("dir", "", "voice pack (default: the region's in the data directory)")
	ifMissing := f.Bool("if-missing", false, "build: only if there is none yet, or to add languages it lacks")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usagef("say build, check or list")
	}
	r, err := announce.ParseRegion(*region)
	if err != nil {
		return usagef("%v", err)
	}
	if *dir == "" {
		*dir = voiceDir(*data, r)
	}
	switch words[0] {
	case "build":
		return buildVoice(ctx, *data, *dir, r, *ifMissing, s)
	case "check":
		return checkVoice(*dir, s)
	case "list":
		return listVoices(filepath.Join(*data, "voices"), s)
	default:
		return usagef("unknown %q: say build, check or list", words[0])
	}
}

func buildVoice(ctx context.Context, data, dir string, r announce.Region, ifMissing bool, s streams) error {
	if _, err := voice.Open(dir); err == nil && ifMissing {
		return extendVoice(ctx, dir, r, s)
	}
	fmt.Fprintf(s.err, "Making the placeholder voice in %s …\n", dir)
	setup, err := officeSetup(ctx, data)
	if err != nil {
		return err
	}
	m, err := announce.BuildVoice(ctx, dir, r, officePhrases(setup), func(done, total int) {
		if done%50 == 0 || done == total {
			fmt.Fprintf(s.err, "  %d of %d clips\n", done, total)
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %d clips. %s\n", m.ID, len(m.Clips), m.Note)
	return nil
}

// extendVoice adds the languages that a voice made by an older program lacks.
// Calls are complete without them, so that a machine without espeak-ng is told
// and goes on.
func extendVoice(ctx context.Context, dir string, r announce.Region, s streams) error {
	added, err := announce.ExtendVoice(ctx, dir, r, nil)
	switch {
	case errors.Is(err, voice.ErrNoEspeak):
		fmt.Fprintf(s.err, "the voice in %s stays as it is: %v\n", dir, err)
		return nil
	case err != nil:
		return err
	case added > 0:
		fmt.Fprintf(s.out, "%s: %d clips added for calls in %s\n", dir, added, strings.Join(announce.CallLanguages()[1:], ", "))
	}
	return nil
}

// officePhrases is what the telephone says at this office and nowhere else.
func officePhrases(setup queue.Setup) []string {
	var services []queue.ServiceView
	for _, v := range setup.Services {
		services = append(services, queue.ServiceView{Service: v})
	}
	return ivr.Phrases("vi", queue.Info{Name: setup.Name}, services)
}

// officeSetup reads the setup of the office in a data directory; where there
// is no office yet it is the one that serve would found.
func officeSetup(ctx context.Context, data string) (queue.Setup, error) {
	setup := queue.CommuneCentre()
	if _, err := os.Stat(filepath.Join(data, sqlite.FileName)); err != nil {
		return setup, nil
	}
	db, err := sqlite.Open(ctx, data)
	if err != nil {
		return setup, err
	}
	loaded, err := db.Load(ctx, setup.Office, time.Now())
	for _, e := range loaded.Events {
		if e.Setup != nil {
			setup = *e.Setup
		}
	}
	return setup, errors.Join(err, db.Close())
}

func checkVoice(dir string, s streams) error {
	report, err := announce.CheckVoice(dir)
	if err != nil {
		return err
	}
	for _, fault := range report.Faults {
		fmt.Fprintf(s.out, "%s: %s\n", fault.Clip, fault.Problem)
	}
	if !report.OK() {
		return fmt.Errorf("%d faults in %s", len(report.Faults), dir)
	}
	fmt.Fprintf(s.out, "%s is fine; calls in %s\n", dir, strings.Join(report.Manifest.Speaks(), ", "))
	return nil
}

func listVoices(dir string, s streams) error {
	voices, err := voice.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, m := range voices {
		fmt.Fprintf(s.out, "%s\t%s\t%s\t%d clips\t%s\n", m.ID, m.Region, strings.Join(m.Speaks(), ","), len(m.Clips), m.Note)
	}
	if len(voices) == 0 {
		fmt.Fprintf(s.err, "no voices in %s; \"xinmoi voice build\" makes one\n", dir)
	}
	return nil
}

func runPhone(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	press := f.String("press", "", "keys; a comma waits until the speech ends, \"1,2\"")
	record := f.String("record", "", "write what was heard to a WAV `file`")
	from := f.String("from", "", "caller's number, 0912345678")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usagef("which address? sip:127.0.0.1:5060")
	}
	if !strings.HasPrefix(words[0], "sip:") {
		return usagef("%q is not a SIP address: sip:127.0.0.1:5060", words[0])
	}
	if _, err := phone.ParsePress(*press); err != nil {
		return usagef("-press: %v", err)
	}
	return phone.Run(ctx, phone.Options{URI: words[0], Press: *press, Record: *record, From: *from}, s.out)
}
