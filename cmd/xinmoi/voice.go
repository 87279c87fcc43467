package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/ivr"
)

// voiceFlags are those of every voice command.
type voiceFlags struct {
	region                  string // Once read: "all", or a region; the office's where none is named.
	data, dir, as           string
	ifMissing, asJSON, over bool
}

func runVoice(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	var v voiceFlags
	regionFlag(f, &v.region, "; build: also all")
	f.StringVar(&v.data, "data", defaultData, "data directory")
	f.StringVar(&v.dir, "dir", "", "voice pack (default: the region's in the data directory)")
	f.BoolVar(&v.ifMissing, "if-missing", false, "build: only if there is none yet, or to add what it lacks")
	f.BoolVar(&v.asJSON, "json", false, "check, list: for programs")
	f.StringVar(&v.as, "as", "", "import: `name` of the voice here (default: its own id)")
	f.BoolVar(&v.over, "replace", false, "import, export: overwrite what is there")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("say %s", voiceActions)
	}
	action, words := words[0], words[1:]
	if v.region != "all" || action != "build" {
		r, err := regionOf(ctx, v.region, v.data)
		if err != nil {
			return err
		}
		v.region = string(r)
	}
	return v.run(ctx, action, words, s)
}

const voiceActions = "build, check or list; or use, export or import; or remove"

func (v voiceFlags) run(ctx context.Context, action string, words []string, s streams) error {
	want := map[string][2]int{"build": {0, 0}, "check": {0, 1}, "list": {0, 0}, "use": {0, 8}, "export": {2, 2}, "import": {1, 1}, "remove": {1, 1}}
	n, known := want[action]
	if !known {
		return usagef("unknown %q: say %s", action, voiceActions)
	}
	if len(words) < n[0] || len(words) > n[1] {
		return usagef("voice %s: %s", action, map[string]string{
			"check": "give one voice at most", "export": "give a voice and a file: export vi-north-lan lan.zip",
			"import": "give one file: import lan.zip", "use": "give at most 8 voices",
			"remove": "give one voice: remove vi-north-lan",
		}[action])
	}
	switch action {
	case "build":
		return v.build(ctx, s)
	case "check":
		return v.check(ctx, words, s)
	case "use":
		return v.use(words, s)
	case "export":
		return v.export(words[0], words[1], s)
	case "import":
		return v.importFile(ctx, words[0], s)
	case "remove":
		return v.remove(words[0], s)
	}
	return v.list(s)
}

// folder is the voice that a command is about: -dir, or the region's.
func (v voiceFlags) folder(r announce.Region) string {
	return cmp.Or(v.dir, voiceDir(v.data, r))
}

// find is the voice with a name, or the folder where none is given.
func (v voiceFlags) find(words []string) (string, error) {
	if len(words) == 0 {
		r, err := announce.ParseRegion(v.region)
		return v.folder(r), err
	}
	found, err := shelfOf(v.data).Find(words[0])
	return found.Dir, err
}

func (v voiceFlags) build(ctx context.Context, s streams) error {
	regions := announce.Regions()
	if v.region != "all" {
		r, err := announce.ParseRegion(v.region)
		if err != nil {
			return err
		}
		regions = []announce.Region{r}
	} else if v.dir != "" {
		return usagef("-region all makes three voices: leave -dir out")
	}
	for _, r := range regions {
		if err := v.buildOne(ctx, r, s); err != nil {
			return err
		}
	}
	return nil
}

func (v voiceFlags) buildOne(ctx context.Context, r announce.Region, s streams) error {
	dir := v.folder(r)
	if _, err := voice.Open(dir); err == nil && v.ifMissing {
		return extendVoice(ctx, dir, r, s)
	}
	fmt.Fprintf(s.err, "Making the placeholder voice in %s …\n", dir)
	setup, err := officeSetup(ctx, v.data)
	if err != nil {
		return err
	}
	m, err := announce.BuildVoice(ctx, dir, r, ivr.Phrases(setup), progress(s))
	if err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(s.err, "Stopped; the same command goes on where it stopped.")
		}
		return err
	}
	fmt.Fprintf(s.out, "%s: %d clips. %s\n", m.ID, len(m.Clips), m.Note)
	return nil
}

// progress tells how far a build is, at every tenth of it.
func progress(s streams) func(done, total int) {
	begun := time.Now()
	return func(done, total int) {
		if step := max(1, total/10); done%step == 0 || done == total {
			left := time.Since(begun) / time.Duration(done) * time.Duration(total-done)
			fmt.Fprintf(s.err, "  %d of %d clips, about %.0f s left\n", done, total, left.Seconds())
		}
	}
}

// extendVoice adds what a voice made by an older program lacks. Calls are
// complete without it, so that a machine without espeak-ng is told and goes on.
func extendVoice(ctx context.Context, dir string, r announce.Region, s streams) error {
	added, err := announce.ExtendVoice(ctx, dir, r, nil)
	switch {
	case errors.Is(err, voice.ErrNoEspeak):
		fmt.Fprintf(s.err, "the voice in %s stays as it is: %v\n", dir, err)
		return nil
	case err != nil:
		return err
	case added > 0:
		fmt.Fprintf(s.out, "%s: %d clips made, for calls in %s\n", dir, added, strings.Join(announce.CallLanguages(), ", "))
	}
	return nil
}

// voiceCheck is what "voice check -json" prints.
type voiceCheck struct {
	Dir       string            `json:"dir"`
	Voice     string            `json:"voice"`
	OK        bool              `json:"ok"`
	Languages []string          `json:"languages"`
	Seconds   float64           `json:"seconds"`
	SpreadLU  float64           `json:"spread_lu"`
	PeakDBTP  float64           `json:"true_peak_dbtp"`
	SNR       float64           `json:"snr_db"`
	Coverage  announce.Coverage `json:"coverage"`
	Faults    []voice.Fault     `json:"faults"`
}

func (v voiceFlags) check(ctx context.Context, words []string, s streams) error {
	dir, err := v.find(words)
	if err != nil {
		return err
	}
	report, coverage, err := announce.ExamineVoice(ctx, dir)
	if err != nil {
		return err
	}
	if v.asJSON {
		err = printJSON(s, voiceCheck{
			dir, report.Manifest.ID, report.OK(), report.Manifest.Speaks(), report.Duration.Seconds(),
			finite(report.SpreadLU), finite(report.PeakDBTP), finite(report.Noise), coverage, append([]voice.Fault{}, report.Faults...),
		})
	} else {
		printCheck(dir, report, coverage, s)
	}
	if err == nil && !report.OK() {
		err = fmt.Errorf("%d lỗi (faults) in %s", len(report.Faults), dir)
	}
	return err
}

func printCheck(dir string, r voice.Report, c announce.Coverage, s streams) {
	for _, f := range r.Faults {
		where := cmp.Or(f.Clip, "–")
		fmt.Fprintf(s.out, "%s: %s → %s\n    %s → %s\n", where, f.ProblemVI, f.NextVI, f.Problem, f.Next)
	}
	fmt.Fprintf(s.out, "%d of %d clips (%d %%), spread %.1f LU, true peak %.1f dBTP, background %.0f dB below the speech\n",
		c.Clips, c.Of, c.Percent(), r.SpreadLU, r.PeakDBTP, r.Noise)
	if r.OK() {
		fmt.Fprintf(s.out, "%s is fine; calls in %s\n", dir, strings.Join(r.Manifest.Speaks(), ", "))
	}
}

// finite is v as JSON can say it.
func finite(v float64) float64 { return max(-200, min(200, v)) }

func printJSON(s streams, v any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// voiceRow is a voice as "voice list -json" prints it.
type voiceRow struct {
	Name        string            `json:"name"`
	ID          string            `json:"id"`
	Region      string            `json:"region"`
	Languages   []string          `json:"languages"`
	Speaker     string            `json:"speaker"`
	Licence     string            `json:"licence"`
	Placeholder bool              `json:"placeholder"`
	InUse       int               `json:"in_use"` // 1 speaks first; 0 = not in use.
	Coverage    announce.Coverage `json:"coverage"`
	Note        string            `json:"note,omitempty"`
}

func (v voiceFlags) list(s streams) error {
	shelf := shelfOf(v.data)
	found, err := shelf.List()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	inUse, err := shelf.InUse()
	if err != nil {
		fmt.Fprintf(s.err, "%v\n", err)
	}
	if !slices.Contains(inUse, v.region) {
		inUse = append(inUse, v.region) // The placeholder stands behind what was chosen.
	}
	rows := []voiceRow{}
	for _, i := range found {
		rows = append(rows, rowOf(i, inUse))
	}
	if v.asJSON {
		return printJSON(s, rows)
	}
	for _, r := range rows {
		r.print(s)
	}
	if len(rows) == 0 {
		fmt.Fprintf(s.err, "no voices in %s; \"xinmoi voice build\" makes one\n", shelf.Dir)
	}
	return nil
}

func rowOf(i voice.Installed, inUse []string) voiceRow {
	m := i.Manifest
	row := voiceRow{
		Name: i.Name, ID: m.ID, Region: m.Region, Languages: m.Speaks(), Speaker: m.Speaker, Licence: m.Licence,
		Placeholder: m.Placeholder, InUse: 1 + slices.Index(inUse, i.Name), Note: m.Note,
	}
	if pack, err := voice.Open(i.Dir); err == nil {
		row.Coverage, err = announce.CoverageOf(pack)
		if err != nil {
			row.Note = err.Error()
		}
	}
	return row
}

func (r voiceRow) print(s streams) {
	use, kind := "", "thu âm (recorded)"
	if r.InUse > 0 {
		use = fmt.Sprintf("đang dùng (in use) %d", r.InUse)
	}
	if r.Placeholder {
		kind = "giọng tạm (placeholder)"
	}
	fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\t%d/%d clips (%d %%)\t%s\t%s\n", r.Name, r.ID, r.Region, strings.Join(r.Languages, ","),
		r.Coverage.Clips, r.Coverage.Of, r.Coverage.Percent(), kind, use)
}

func (v voiceFlags) use(names []string, s streams) error {
	shelf := shelfOf(v.data)
	if err := shelf.Use(names...); err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintln(s.out, "Dùng giọng tạm của vùng. (The region's placeholder speaks.)")
		return nil
	}
	fmt.Fprintf(s.out, "%s: dùng từ lời gọi tới; máy chủ đang chạy tự đổi sau vài giây. (In use; a running server changes within seconds.)\n"+
		"Nếu tệp cấu hình có [voice] dir thì giọng đó được ưu tiên. (A [voice] dir in the configuration goes first.)\n", strings.Join(names, " → "))
	return nil
}

func (v voiceFlags) remove(name string, s streams) error {
	if err := shelfOf(v.data).Remove(name); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: đã xóa. Bản thu gốc, nếu có, xóa ở /studio. (Removed. The recordings it was made of are removed in /studio.)\n", name)
	return nil
}

func (v voiceFlags) export(name, file string, s streams) error {
	found, err := shelfOf(v.data).Find(name)
	if err != nil {
		return err
	}
	if found.Manifest.Placeholder {
		fmt.Fprintln(s.err, "Giọng máy tạm thời chỉ để dùng nội bộ. (A placeholder is for your own machines, not for distribution.)")
	}
	if err := voice.ExportFile(file, found.Dir, v.over); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %d clips, %s\n", file, len(found.Manifest.Clips), found.Manifest.Licence)
	return nil
}

func (v voiceFlags) importFile(ctx context.Context, file string, s streams) error {
	got, err := shelfOf(v.data).ImportFile(ctx, filepath.Clean(file), voice.ImportOptions{Name: v.as, Replace: v.over})
	if err != nil {
		return err
	}
	for _, name := range got.Ignored[:min(20, len(got.Ignored))] {
		fmt.Fprintf(s.err, "left out: %q\n", name)
	}
	for kind, n := range got.Report.Kinds() {
		fmt.Fprintf(s.err, "%d × %s: \"xinmoi voice check %s\" tells more\n", n, kind, got.Name)
	}
	fmt.Fprintf(s.out, "%s: %d clips, %s. Dùng (use it): xinmoi voice use %s\n", got.Name, len(got.Manifest.Clips), got.Manifest.Speaker, got.Name)
	return nil
}
