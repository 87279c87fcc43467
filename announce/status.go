package announce

import (
	"errors"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
)

// The lengths of the lists in a Status.
const (
	keepPlayed  = 20
	keepMissing = 50
	// maxLanguageCode is the longest primary subtag of BCP 47 (RFC 5646 §2.1).
	maxLanguageCode = 8
)

// Played is an announcement that was made.
type Played struct {
	ID      string
	Text    string
	Number  string
	Counter string
	Reading int
	At      time.Time
	Lag     time.Duration // From the call to the first sound.
}

// OutputState is how one output is doing.
type OutputState struct {
	Name       string
	Played     int       // Clips heard since the start.
	LastOK     time.Time // Zero if never.
	Err        string    // Fault of the latest clip; empty if none.
	ErrAt      time.Time
	Unattended bool // The latest clip had no listener (a browser output without a board).
}

// Status is a snapshot for the admin panel.
type Status struct {
	Zone        string
	Voice       string // Id of the voice in use; empty = none.
	Placeholder bool   // The voice is synthetic, not for production.
	Following   bool   // The office's log is being read.
	FollowErr   string // Why not.
	Seq         int64  // Event of the log that was read last.
	Playing     *Played
	Last        []Played // Newest first.
	Waiting     []Announcement
	Outputs     []OutputState
	Missing     []string // Phrases that could not be spoken, newest first.
	Synthesised []string // Phrases that had no clip and were synthesised.
	Late        bool     // The latest call began more than ten seconds late.
	Unheard     bool     // Nobody could hear the latest call.
	Languages   []string // What calls can be spoken in: "vi", "en". Empty without a voice.
	Unspoken    []string // Languages of called tickets that the voice lacked: those calls were in Vietnamese only.
	Alarms      []string // What somebody should look at, in Vietnamese with English behind it.
	Notes       []string // What could be better and harms nothing, as Alarms.
}

// zoneState is what a zone remembers for its Status; guarded by Zone.mu.
type zoneState struct {
	playing     *Played
	last        []Played
	outputs     []OutputState
	missing     []string
	synthesised []string
	unspoken    []string
	late        bool
	unheard     bool
}

// Status gives a snapshot.
func (z *Zone) Status() Status {
	languages := z.c.Renderer.Languages()
	z.mu.Lock()
	defer z.mu.Unlock()
	s := Status{
		Zone: z.c.Name, Last: slices.Clone(z.state.last), Outputs: slices.Clone(z.state.outputs),
		Missing: slices.Clone(z.state.missing), Synthesised: slices.Clone(z.state.synthesised), Late: z.state.late, Unheard: z.state.unheard,
	}
	if p := z.state.playing; p != nil {
		now := *p
		s.Playing = &now
	}
	for _, r := range z.backlog.waiting {
		s.Waiting = append(s.Waiting, r.Announcement)
	}
	if v := z.c.Renderer.Voice(); v != nil {
		m := v.Manifest()
		s.Voice, s.Placeholder = m.ID, m.Placeholder
	}
	s.Languages = slices.Clone(languages)
	s.Unspoken = slices.DeleteFunc(slices.Clone(z.state.unspoken), func(l string) bool { return slices.Contains(s.Languages, l) })
	s.Alarms, s.Notes = alarms(s), notes(s)
	return s
}

// notes says what calls do without.
func notes(s Status) []string {
	var out []string
	for _, l := range s.Unspoken {
		if s.Voice == "" || !slices.Contains(CallLanguages(), l) {
			continue // There is an alarm for the one, and no remedy for the other.
		}
		out = append(out, "Giọng đọc không có tiếng \""+l+"\": các số này chỉ được gọi bằng tiếng Việt. Chạy \"xinmoi voice build -if-missing\" hoặc ghi âm thêm. (The voice has no clips for \""+l+"\": those calls are in Vietnamese only. Run \"xinmoi voice build -if-missing\" or record them.)")
	}
	return out
}

// alarms puts faults into words.
func alarms(s Status) []string {
	var out []string
	for _, o := range s.Outputs {
		if o.Err != "" {
			out = append(out, "Loa \""+o.Name+"\" không phát được: kiểm tra dây và nguồn, rồi bấm thử loa. (Output "+o.Name+" failed: "+o.Err+")")
		}
	}
	if s.Unheard {
		out = append(out, "Không ai nghe được lời gọi gần nhất: mở bảng hiển thị và bấm \"Bật âm thanh\", hoặc cắm loa rồi khởi động lại. (Nobody could hear the latest call: open the board and turn its sound on, or plug in a loudspeaker and restart.)")
	}
	if s.Late {
		out = append(out, "Lời gọi phát chậm hơn 10 giây: có quá nhiều lời gọi đang chờ. (Calls begin more than 10 s late.)")
	}
	if len(s.Missing) > 0 {
		out = append(out, "Giọng đọc thiếu câu: chạy \"xinmoi voice build\" hoặc ghi âm thêm. (The voice lacks "+s.Missing[0]+")")
	}
	return out
}

// begin notes that a clip starts now, and how late it is.
func (z *Zone) begin(r reading, c output.Clip) {
	z.mu.Lock()
	p := Played{ID: c.ID, Text: c.Text, Number: c.Number, Counter: c.Counter, Reading: r.n, At: c.StartedAt}
	if r.n == 1 {
		p.Lag = c.StartedAt.Sub(r.At)
		z.state.late = p.Lag > lateAfter
	}
	z.state.playing = &p
	z.state.last = append([]Played{p}, z.state.last[:min(len(z.state.last), keepPlayed-1)]...)
	z.mu.Unlock()
	if p.Lag > lateAfter {
		z.c.Logger.Warn("call begins late", "zone", z.c.Name, "number", c.Number, "lag", p.Lag)
	}
}

// noteHeard gives the alarm when calls begin to go unheard, and takes it back.
func (z *Zone) noteHeard(heard bool) {
	z.mu.Lock()
	begins := !heard && !z.state.unheard
	z.state.unheard = !heard
	z.mu.Unlock()
	if begins {
		z.c.Logger.Warn("nobody can hear the calls: open the board and turn its sound on, or plug in a loudspeaker and restart", "zone", z.c.Name)
	}
}

// noteOutput records how output i fared with a clip.
func (z *Zone) noteOutput(i int, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	o, now := &z.state.outputs[i], z.c.Now()
	before := o.Err
	o.Unattended = errors.Is(err, output.ErrNoListener)
	switch {
	case err == nil:
		o.Played++
		o.LastOK, o.Err = now, ""
	case o.Unattended:
		o.Err = ""
	default:
		o.Err, o.ErrAt = err.Error(), now
		if o.Err != before { // Said once, not with every call.
			z.c.Logger.Error("output failed", "zone", z.c.Name, "output", o.Name, "err", err)
		}
	}
}

// noteLanguage remembers a language that a call did without; empty is none.
func (z *Zone) noteLanguage(code string) {
	if code == "" || len(code) > maxLanguageCode {
		return
	}
	z.mu.Lock()
	first := !slices.Contains(z.state.unspoken, code)
	z.state.unspoken = remember(z.state.unspoken, []string{code})
	z.mu.Unlock()
	if first {
		z.c.Logger.Warn("the voice lacks a ticket's language, calling in Vietnamese only", "zone", z.c.Name, "language", code)
	}
}

// noteReport remembers what the voice lacks.
func (z *Zone) noteReport(r Report) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.state.missing = remember(z.state.missing, r.Missing)
	z.state.synthesised = remember(z.state.synthesised, r.Synthesised)
}

// remember puts new texts in front of a bounded list without doubles.
func remember(list, texts []string) []string {
	for _, t := range texts {
		if !slices.Contains(list, t) {
			list = append([]string{t}, list[:min(len(list), keepMissing-1)]...)
		}
	}
	return list
}
