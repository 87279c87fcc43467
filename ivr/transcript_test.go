package ivr

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// The transcripts in testdata/transcripts are conversations as people read
// them: what is said (—), what the caller does (☎) and what the office answers
// (▪). A change of wording shows there as a difference.

// quick presses keys one after another.
func quick(keys string) []Input {
	var list []Input
	for _, k := range keys {
		list = append(list, Key{k})
	}
	return list
}

// morning is an office on a Monday at nine, with hours and an operator.
func morning() Started {
	in := testStarted()
	in.Services = in.Services[:5]
	in.Services[2].Open = true
	in.Now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	in.Setup = queue.Setup{Office: "tan-phu", Rules: queue.Rules{CheckIn: true}, Phone: queue.PhoneSetup{Operator: "100", Languages: []string{"en"}}}
	for day := time.Monday; day <= time.Friday; day++ {
		in.Setup.Hours = append(in.Setup.Hours, queue.Hours{Day: day, From: "13:30", To: "17:00"}, queue.Hours{Day: day, From: "07:30", To: "11:30"})
	}
	in.Info.NameEN = "Tan Phu Commune Public Administration Service Centre"
	in.Services[0].NameEN, in.Services[1].NameEN = "Civil status, certification", "Land, construction"
	return in
}

// minutes is a ticket with a wait, as the estimate tells it at nine.
func minutes(t queue.Ticket, ahead, low, high int) queue.Ticket {
	t.Standing = &queue.Standing{Ahead: ahead, LowMin: &low, HighMin: &high, ComeBy: morning().Now.Add(time.Duration(low-10) * time.Minute)}
	return t
}

type conversation struct {
	title   string
	started Started
	inputs  []Input
}

func conversations() map[string]conversation {
	known, tried := morning(), morning()
	tried.Info.Trial = true
	known.Mine = []queue.Ticket{minutes(ownTicket("11", 11, queue.Waiting), 7, 20, 35)}
	triedOwn := known
	triedOwn.Info.Trial = true
	shared := morning()
	shared.Mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting), ownTicket("13", 13, queue.Called)}
	held := morning()
	held.Mine = []queue.Ticket{ownTicket("12", 12, queue.Held)}
	closed := morning()
	closed.Info.Open, closed.Now = false, time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	closed.Info.Opens = time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	closedEN := closed
	dumb := morning()
	dumb.Setup.Phone.Operator, dumb.Setup.Phone.General = "", "B"
	back := morning()
	back.CallBack = true
	wrote, both2 := morning(), back
	wrote.Writes, both2.Writes = true, true
	unknown := morning()
	unknown.Setup.Phone.Menu = []queue.PhoneOption{{Key: "1", Kind: queue.PhoneService, Service: "A"}, {Key: "2", Kind: kindRate}, {Key: "3", Kind: kindForget}}
	helped := ownTicket("8", 8, queue.Completed)
	rated := helped
	rated.Rating = &queue.Rating{Level: 5}
	served, both, evening := morning(), known, closed
	served.Served, both.Served, evening.Served = []queue.Ticket{helped}, []queue.Ticket{helped}, []queue.Ticket{helped}
	evening.Staffed = true
	noted := known
	noted.Known = true
	spoken := morning()
	spoken.Setup.Phone.Languages, spoken.Spoken = nil, []string{"en"}
	code := quick("572400000")
	taken := Taken{minutes(testTicket(), 12, 25, 40)}
	far := Taken{minutes(testTicket(), 20, 60, 90)}
	done := func(n int, t queue.Ticket) Input { return Done{N: n, Ticket: t} }
	pushed, gone := minutes(ownTicket("11", 11, queue.Waiting), 12, 40, 60), ownTicket("11", 11, queue.Cancelled)
	pushed.LaterCount = 1
	silent := []Input{Played{}, Silence{}, Played{}, Silence{}, Played{}, Silence{}}
	full := queue.Errorf(queue.CodeServiceFull, "full")
	full.Opens = closed.Info.Opens
	return map[string]conversation{
		"first_call":      {"A first-time caller takes a number and stays on the line", morning(), []Input{Key{'1'}, taken, Played{}, Played{}, Confirmed{taken.Ticket}, Silence{}, Played{}}},
		"quick_call":      {"A caller who knows the way", morning(), []Input{Key{'2'}, taken, Played{}, Key{'1'}, Confirmed{taken.Ticket}, Played{}}},
		"next_level":      {"A service of the next level, heard again", morning(), []Input{Key{'5'}, Key{'9'}, Key{'1'}, taken, Played{}, Key{'9'}, Played{}, Key{'1'}, Confirmed{taken.Ticket}, Played{}}},
		"service_code":    {"A service by its code: E is 5", morning(), append(quick("#5#"), taken, Played{}, Key{'1'}, Confirmed{taken.Ticket}, Played{})},
		"call_me_back":    {"The caller wants to be called", back, []Input{Key{'1'}, taken, Played{}, Key{'1'}, Confirmed{taken.Ticket}, Key{'1'}, Played{}, Key{'1'}, Played{}, Silence{}, Wished{N: 1}, Played{}}},
		"call_me_far":     {"The caller wants to be called in time for a long way", back, []Input{Key{'1'}, far, Played{}, Key{'1'}, Confirmed{far.Ticket}, Played{}, Key{'1'}, Key{'4'}, Key{'5'}, Key{'#'}, Wished{N: 1}, Played{}}},
		"message":         {"The caller wants the number as a message", both2, []Input{Key{'1'}, taken, Played{}, Key{'1'}, Confirmed{taken.Ticket}, Played{}, Key{'2'}, Wished{N: 1}, Played{}}},
		"message_only":    {"The same where nobody is called back", wrote, []Input{Key{'1'}, taken, Played{}, Key{'1'}, Confirmed{taken.Ticket}, Played{}, Key{'1'}, Wished{N: 1, Err: errors.New("no credit")}, Played{}}},
		"own_ticket":      {"A known caller hears the own ticket first, comes later, and cancels", known, []Input{Key{'1'}, done(1, pushed), Key{'3'}, Key{'2'}, Key{'3'}, Key{'1'}, done(2, gone), HungUp{}}},
		"shared_phone":    {"A telephone of a household: which number?", shared, []Input{Key{'2'}, Played{}, Key{'*'}, Key{'1'}, Key{'2'}, done(1, ownTicket("11", 11, queue.Waiting)), Played{}, Silence{}, Played{}}},
		"cut_off":         {"A caller who was cut off before the number was kept", held, []Input{Key{'1'}, Played{}, Played{}, Confirmed{held.Mine[0]}, Silence{}, Played{}}},
		"lookup":          {"A ticket by its lookup code, mistyped once", morning(), append(append([]Input{Key{'6'}}, append(quick("572000001"), quick("572400000#")...)...), Found{N: 1, Err: queue.Errorf(queue.CodeUnknownTicket, "none")}, HungUp{})},
		"wrong_keys":      {"Wrong keys, then a way out", morning(), append(quick("888"), Key{'1'}, taken, HungUp{})},
		"silent_operator": {"A telephone without keys reaches a person", morning(), append(silent[:len(silent):len(silent)], Played{}, Silence{}, Transferred{N: 1}, HungUp{})},
		"silent_general":  {"A telephone without keys gets a number where nobody answers", dumb, append(silent[:len(silent):len(silent)], Played{}, taken, Played{}, Played{}, Confirmed{taken.Ticket}, Silence{}, Played{})},
		"operator_busy":   {"Key 0, and nobody takes the call", morning(), []Input{Key{'0'}, Played{}, Transferred{N: 1, Err: errors.New("486")}, Key{'1'}, taken, HungUp{}}},
		"closed":          {"The office is closed, and the caller says nothing", closed, append(silent[:len(silent):len(silent)], Played{})},
		"closed_lookup":   {"The office is closed: a ticket is looked up and cancelled", closed, append(append([]Input{Key{'6'}}, code...), Found{N: 1, Ticket: ownTicket("11", 11, queue.Waiting)}, Key{'3'}, Key{'1'}, done(2, gone), Played{})},
		"closed_operator": {"The office is closed, but somebody is still there", evening, []Input{Key{'0'}, Played{}, Transferred{N: 1, Err: errors.New("480")}, Key{'9'}, HungUp{}}},
		"rate":            {"A caller who holds a number rates the one before", both, []Input{Key{'6'}, Key{'5'}, done(1, rated), HungUp{}}},
		"rate_first":      {"A caller who was served today rates that, and takes another number", served, []Input{Key{'8'}, Key{'4'}, done(1, rated), Key{'1'}, taken, HungUp{}}},
		"rate_skipped":    {"A caller would rather not rate, and is not asked again", served, []Input{Key{'8'}, Key{'*'}, Key{'8'}, HungUp{}}},
		"rate_silent":     {"A caller says nothing when asked to rate", served, []Input{Key{'8'}, Played{}, Silence{}, HungUp{}}},
		"rate_code":       {"A ticket from the kiosk is rated by its lookup code", unknown, append(append([]Input{Key{'2'}}, code...), Found{N: 1, Ticket: helped}, Key{'3'}, done(2, rated), HungUp{})},
		"rate_evening":    {"Rated in the evening", evening, []Input{Key{'8'}, Key{'1'}, done(1, rated), HungUp{}}},
		"forget":          {"A caller has the telephone number erased", noted, []Input{Key{'7'}, Key{'2'}, Key{'7'}, Key{'1'}, Erased{N: 1}, Played{}, Silence{}, Played{}}},
		"forget_nothing":  {"There is nothing to erase", unknown, []Input{Key{'3'}, HungUp{}}},
		"topic":           {"A dossier, as a part that is plugged in would answer", topicStarted(), []Input{Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'#'}, consulted(2, "code", "1"), Key{'1'}, consulted(3, "again", "1"), Key{'*'}, Key{'2'}, consulted(4, "", ""), Key{'1'}, Key{'0'}, Key{'1'}, consulted(5, "code", "101"), HungUp{}}},
		"english_offered": {"English is offered where the voice has it", spoken, []Input{Key{'7'}, HungUp{}}},
		"closed_lunch":    {"The office is closed, but the caller holds a number", func() Started { c := known; c.Info.Open = false; return c }(), []Input{Key{'*'}, Played{}, Silence{}, Played{}}},
		"full":            {"The service has no numbers left; another one has", morning(), []Input{Key{'1'}, Refused{full}, Key{'2'}, taken, HungUp{}}},
		"too_many":        {"The person has enough numbers", known, []Input{Key{'5'}, Key{'1'}, Refused{queue.Errorf(queue.CodePersonLimit, "enough")}, Played{}, Silence{}, Played{}}},
		"english":         {"In English", morning(), []Input{Key{'7'}, Key{'1'}, taken, Played{}, Played{}, Confirmed{taken.Ticket}, Silence{}, Played{}}},
		"trial":           {"The office is tried out: it is said once, and again in the other language", tried, []Input{Key{'9'}, Key{'7'}, Key{'1'}, taken, HungUp{}}},
		"trial_own":       {"The same for a caller who holds a number", triedOwn, []Input{Key{'9'}, HungUp{}}},
		"english_closed":  {"Times in English", closedEN, nil},
	}
}

// write plays a conversation and gives its transcript.
func (c conversation) write(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", c.title)
	d := NewDialogue("vi")
	for i, in := range append([]Input{c.started}, c.inputs...) {
		if d.Ended() {
			t.Errorf("the conversation ended before input %d", i)
		}
		fmt.Fprint(&b, happened(in))
		var actions []Action
		d, actions = d.Step(in)
		for _, a := range actions {
			switch a := a.(type) {
			case Say:
				fmt.Fprintf(&b, "— %s\n", a.Sentence.Text())
			case Hangup:
				b.WriteString("☎ we hang up\n")
			case Transfer:
				fmt.Fprintf(&b, "▪ transfer to %s\n", a.To)
			case Take:
				fmt.Fprintf(&b, "▪ take a number of %s, %s\n", a.Service, a.Language)
			case Confirm:
				b.WriteString("▪ keep the number\n")
			case Look:
				b.WriteString("▪ look up " + a.Code + "\n")
			case Act:
				fmt.Fprintf(&b, "▪ %s\n", a.Request.Action)
			case Ask:
				fmt.Fprintf(&b, "▪ note the wish to be called, way %d minutes\n", a.Travel)
			case Send:
				b.WriteString("▪ send a message\n")
			case Forget:
				b.WriteString("▪ erase the telephone number\n")
			case Consult:
				fmt.Fprintf(&b, "▪ ask about %s: %q\n", a.Topic.Kind().Name, a.Turn.Keys)
			}
		}
	}
	fmt.Fprintf(&b, "(%s)\n", d.Where())
	return b.String()
}

func happened(in Input) string {
	switch in := in.(type) {
	case Key:
		return fmt.Sprintf("☎ presses %c\n", in.Digit)
	case Silence:
		return "☎ (silence)\n"
	case HungUp:
		return "☎ hangs up\n"
	case Taken:
		return "▪ number " + in.Ticket.Number.String() + "\n"
	case Confirmed:
		return "▪ kept\n"
	case Erased:
		if in.Err == nil {
			return "▪ erased\n"
		}
	}
	if err := failure(in); err != nil {
		return "▪ no: " + err.Error() + "\n"
	}
	return ""
}

func TestTranscripts(t *testing.T) {
	all := conversations()
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "transcripts", name+".txt")
			got := c.write(t)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%v; got\n%s\nwant\n%s", err, got, want)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "transcripts", "*.txt"))
	if err != nil || len(files) != len(all) {
		t.Errorf("%d transcripts for %d conversations, %v", len(files), len(all), err)
	}
}
