package ivr

import (
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// reaction is how long an old hand needs to find and press a key after hearing
// which one; a slow one.
const reaction = 2 * time.Second

// TestFirstNumberInTime measures, with the placeholder voice, how long after
// the answer a first-time caller has a number: hears the greeting and the menu
// up to the option wanted, presses its key, and hears the number to its end.
// One who hears the whole menu first must not need much longer.
func TestFirstNumberInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("speaks a minute of sentences")
	}
	synth, err := voice.FindEspeak("north")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	render := RenderWith(announce.NewRenderer(announce.RendererConfig{Synth: synth}))
	length := func(s announce.Sentence) time.Duration {
		samples, err := render(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(len(samples)) * time.Second / sampleRate
	}
	setup := queue.CommuneCentre()
	setup.Phone = queue.PhoneSetup{Operator: "100", Languages: []string{"en"}}
	for day := time.Sunday; day <= time.Saturday; day++ {
		setup.Hours = append(setup.Hours, queue.Hours{Day: day, From: "07:30", To: "17:00"})
	}
	in := Started{Info: queue.Info{Name: setup.Name, TimeZone: setup.TimeZone, Open: true, Region: "north"}, Setup: setup, Now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	for _, v := range setup.Services {
		in.Services = append(in.Services, queue.ServiceView{Service: v, Open: true})
	}
	d, first := NewDialogue("vi").Step(in)
	number := length(d.speak.number(queue.Number{Prefix: "A", N: 125}))
	whole := length(first[0].(Say).Sentence)
	said := []announce.Sentence{d.speak.hello(d.set)}
	for _, c := range d.choices()[:4] {
		said = append(said, c.full())
		has := leadIn + length(d.speak.join(said...)) + reaction + number
		t.Logf("key %c: has a number %.1f s after the answer", c.key, has.Seconds())
		if most := 35 * time.Second; has > most {
			t.Errorf("key %c: %v, want at most %v", c.key, has, most)
		}
	}
	all := leadIn + whole + reaction + number
	t.Logf("the whole menu lasts %.1f s, the number %.1f s: %.1f s for who hears it all", whole.Seconds(), number.Seconds(), all.Seconds())
	if most := 32 * time.Second; all > most {
		t.Errorf("who hears the whole menu has a number %v after the answer, want at most %v", all, most)
	}
	for _, c := range d.choices() {
		if line := c.full(); strings.Contains(line.Text(), "English") {
			t.Logf("English is offered in %.1f s", length(line).Seconds())
			if length(line) > 2*time.Second {
				t.Errorf("English is offered in %v, want at most 2 s", length(line))
			}
		}
	}

	// Who calls again hears the own ticket's standing at once.
	own := minutes(ownTicket("11", 11, queue.Waiting), 7, 20, 35)
	d.own = own
	again := leadIn + length(d.speak.join(d.speak.say("greeting-plain"), d.told()))
	t.Logf("a known caller knows number and standing after %.1f s", again.Seconds())
}

// TestTwoKeys: the four most used services of a large office need at most two
// keys, and none of its services more than it has levels.
func TestTwoKeys(t *testing.T) {
	started := testStarted()
	started.Services = nil
	for i := range 20 {
		id := string(rune('A' + i))
		started.Services = append(started.Services, queue.ServiceView{Service: queue.Service{ID: id, Name: "Thủ tục " + id}, Open: true})
	}
	menu := DefaultMenu(started.Services, []string{"en"})
	for i, v := range started.Services {
		keys := keysTo(menu, v.ID)
		if i < 4 && len(keys) > 2 {
			t.Errorf("%s needs %q", v.ID, keys)
		}
		_, actions := talk(t, append([]Input{started}, quick(keys)...)...)
		if len(actions) < 2 || brief(actions[1]) != "take "+v.ID {
			t.Errorf("keys %s do %q, want %s", keys, briefs(actions), v.ID)
		}
		_, actions = talk(t, append([]Input{started}, quick("#"+codeOf(v.ID)+"#")...)...)
		if len(actions) < 2 || brief(actions[1]) != "take "+v.ID {
			t.Errorf("code %s does %q, want %s", codeOf(v.ID), briefs(actions), v.ID)
		}
	}
}

// keysTo finds the keys that lead to a service.
func keysTo(menu []queue.PhoneOption, service string) string {
	for _, o := range menu {
		if o.Service == service {
			return o.Key
		}
		if below := keysTo(o.Menu, service); below != "" {
			return o.Key + below
		}
	}
	return ""
}

// Codes of services differ, whatever letters an office uses.
func TestServiceCodes(t *testing.T) {
	for id, want := range map[string]string{"A": "1", "J": "10", "Z": "26", "AB": "102", "ZZZ": "262626", "AA": "101", "BA": "201"} {
		if got := codeOf(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	seen := map[string]string{}
	var letters []string
	for c := 'A'; c <= 'Z'; c++ {
		letters = append(letters, string(c))
	}
	ids := append([]string(nil), letters...)
	for _, a := range letters {
		for _, b := range letters {
			ids = append(ids, a+b)
		}
	}
	for _, id := range ids {
		code := codeOf(id)
		if other, ok := seen[code]; ok || len(code) > maxServiceCode {
			t.Errorf("%s and %s have the code %s", id, other, code)
		}
		seen[code] = id
	}
}
