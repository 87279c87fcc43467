package announce

import (
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/voice"
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
	Name         string
	Played       int       // Clips heard since the start.
	LastOK       time.Time // Zero if never.
	Err          string    // Fault of the latest clip or test; empty if none.
	ErrAt        time.Time
	Unattended   bool           // The latest clip had no listener (a browser output without a board).
	OutOfService bool           // It failed and is given no clip but on trial.
	Tested       bool           // It failed, and a silent test has passed since.
	Records      bool           // It keeps clips; nobody hears them.
	Reserve      bool           // It speaks only when none of the others can be heard.
	Health       *output.Health // What it says of itself; nil = nothing.
}

// Status is a snapshot for the admin panel.
type Status struct {
	Zone        string
	Name        string // Of the zone, as the office calls it; empty if it names none.
	Named       bool   // The office's setup has this zone.
	Voice       string // Id of the voice in use; empty = none.
	Placeholder bool   // The voice is synthetic, not for production.
	Following   bool   // The office's log is being read.
	FollowErr   string // Why not.
	Seq         int64  // Event of the log that was read last.
	Told        int64  // Outcomes written into the office's log.
	Untold      int    // Outcomes that wait to be written.
	Lost        int64  // Outcomes that were not written.
	Playing     *Played
	Last        []Played // Newest first.
	Waiting     []Announcement
	Outputs     []OutputState
	Ends        map[End]int // How many calls ended how, since the start.
	PausedSince time.Time   // Staff have paused the zone; zero = not.
	Silent      bool        // A silent time of the zone.
	Level       int         // How loud it is now, in dB beside the usual level.
	Voiceless   bool        // Every output that could be heard is out of service.
	Missing     []string    // Phrases that could not be spoken, newest first.
	Synthesised []string    // Phrases that had no clip and were synthesised.
	Behind      []string    // Phrases that the voice behind said, since the voice lacks them.
	Late        bool        // The latest call began more than ten seconds late.
	Unheard     bool        // Nobody could hear the latest call.
	Languages   []string    // What calls can be spoken in: "vi", "en". Empty without a voice.
	Unspoken    []string    // Languages of called tickets that the voice lacked: those calls were in Vietnamese only.
	Alarms      []string    // What somebody should look at, in Vietnamese with English behind it.
	Notes       []string    // What could be better and harms nothing, as Alarms.
}

// zoneState is what a zone remembers for its Status; guarded by Zone.mu.
type zoneState struct {
	playing     *Played
	last        []Played
	missing     []string
	synthesised []string
	behind      []string
	voice       *voice.Pack // Of which the three are told.
	unspoken    []string
	late        bool
	unheard     bool
	ends        [6]int // In the order of Ends.
	unsaid      Outcome
	unsaidAt    time.Time // When the latest call ended unsaid; zero = never.
}

// alarmFor is how long a call that was not said stays in sight.
const alarmFor = 10 * time.Minute

// noteEnd counts an outcome; z.mu is held.
func (z *Zone) noteEnd(o Outcome) {
	end := o.End()
	z.state.ends[endIndex(end)]++
	if end == EndAlarmed && o.Reason != ReasonStopped && o.Reason != ReasonUnheard {
		z.state.unsaid, z.state.unsaidAt = o, z.c.Now()
	}
}

func endIndex(e End) int { return slices.Index(Ends(), e) }

// Status gives a snapshot.
func (z *Zone) Status() Status {
	languages := z.c.Renderer.Languages()
	level, silent := z.c.Level(z.c.Now())
	outputs, voiceless := z.outputStates(), z.voiceless()
	z.mu.Lock()
	defer z.mu.Unlock()
	z.noteVoice()
	s := Status{
		Zone: z.c.Name, Last: slices.Clone(z.state.last), Ends: map[End]int{}, PausedSince: z.paused,
		Missing: slices.Clone(z.state.missing), Synthesised: slices.Clone(z.state.synthesised),
		Behind: slices.Clone(z.state.behind), Late: z.state.late, Unheard: z.state.unheard,
	}
	s.Outputs, s.Voiceless, s.Level, s.Silent = outputs, voiceless, level, silent
	for i, e := range Ends() {
		if n := z.state.ends[i]; n > 0 {
			s.Ends[e] = n
		}
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
	if at := z.state.unsaidAt; !at.IsZero() && z.c.Now().Sub(at) < alarmFor {
		number := z.state.unsaid.Call.Number.String()
		s.Alarms = append(s.Alarms, fmt.Sprintf("Số %s không được đọc, chỉ hiện trên bảng: nhân viên quầy %s gọi lại nếu chưa thấy người. (%s was not said (%s), only shown: counter %s should call again if nobody comes.)",
			number, z.state.unsaid.Call.Counter, number, z.state.unsaid.Reason, z.state.unsaid.Call.Counter))
	}
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
		out = append(out, "Không ai nghe được lời gọi gần nhất: kiểm tra dây và nguồn của loa rồi bấm thử loa, hoặc mở bảng hiển thị và bấm \"Bật âm thanh\". (Nobody could hear the latest call: check the loudspeakers' cables and power and test them, or open the board and turn its sound on.)")
	}
	if s.Late {
		out = append(out, "Lời gọi phát chậm hơn 10 giây: có quá nhiều lời gọi đang chờ. (Calls begin more than 10 s late.)")
	}
	if len(s.Missing) > 0 {
		out = append(out, "Giọng đọc thiếu câu: chạy \"xinmoi voice build\" hoặc ghi âm thêm. (The voice lacks "+s.Missing[0]+")")
	}
	return out
}

// outputStates asks every output.
func (z *Zone) outputStates() (out []OutputState) {
	for i, l := range z.lanes() {
		s := l.snapshot()
		s.Reserve = i >= len(z.outputs)
		out = append(out, s)
	}
	return out
}

// noteBegin notes that a clip starts now, and how late it is; z.mu is held.
func (z *Zone) noteBegin(r reading, c output.Clip) {
	p := Played{ID: c.ID, Text: c.Text, Number: c.Number, Counter: c.Counter, Reading: r.n, At: c.StartedAt}
	if r.n == 1 && !r.cut {
		p.Lag = c.StartedAt.Sub(r.At)
		z.state.late = p.Lag > lateAfter
	}
	z.state.playing = &p
	z.state.last = append([]Played{p}, z.state.last[:min(len(z.state.last), keepPlayed-1)]...)
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
	z.noteVoice()
	z.state.missing = remember(z.state.missing, r.Missing)
	z.state.synthesised = remember(z.state.synthesised, r.Synthesised)
	z.state.behind = remember(z.state.behind, r.Placeholder)
}

// noteVoice forgets what another voice lacked; z.mu is held.
func (z *Zone) noteVoice() {
	if now := z.c.Renderer.Voice(); now != z.state.voice {
		z.state.voice, z.state.missing, z.state.synthesised, z.state.behind = now, nil, nil, nil
	}
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

// Statuses gives a snapshot of every zone for the admin panel.
func (a *Announcer) Statuses() (all []Status) {
	for _, z := range a.zones {
		all = append(all, z.Status())
	}
	told, lost, untold, fault := a.witness.snapshot()
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range all {
		s := &all[i]
		s.Following, s.Seq, s.Told, s.Untold, s.Lost = a.following, a.after, told, untold, lost
		if zone, ok := a.plan.find(s.Zone); ok {
			s.Name, s.Named = zone.Name, true
		}
		if a.err != nil {
			s.FollowErr = a.err.Error()
			s.Alarms = append(s.Alarms, "Loa không nhận được lời gọi từ hàng đợi, đang nối lại. (The log cannot be followed: "+s.FollowErr+")")
		}
		if fault != nil {
			s.Alarms = append(s.Alarms, fmt.Sprintf("Chưa ghi được %d lời gọi vào sổ, đang thử lại. (%d calls cannot be written into the log: %v)", untold, untold, fault))
		}
	}
	return all
}

// Status gives a snapshot of the first zone, with the alarms of all.
func (a *Announcer) Status() Status {
	all := a.Statuses()
	s := all[0]
	for _, other := range all[1:] {
		s.Alarms = append(s.Alarms, other.Alarms...)
	}
	return s
}

// Elsewhere lists the zones of the office that this machine has no
// loudspeakers of.
func (a *Announcer) Elsewhere() []string { return a.planned().absent(a.Zones()) }
