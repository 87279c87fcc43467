package trunk

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// examine lets the doctor look at a fake trunk.
func examine(t *testing.T, c Config) *Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	r, err := Examine(ctx, Examination{Trunk: c, SIP: sip.Config{Addr: "127.0.0.1:0", Network: lan(t)}})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	return r
}

// inSDP changes lines of the descriptions that pass.
func inSDP(only func(request bool, msg string) bool, from, to string) func(bool, string) string {
	re := regexp.MustCompile("(?m)" + from)
	return func(request bool, msg string) string {
		head, body, found := strings.Cut(msg, "\r\n\r\n")
		if !found || body == "" || !only(request, msg) {
			return msg
		}
		return head + "\r\n\r\n" + re.ReplaceAllString(body, to)
	}
}

func always(bool, string) bool       { return true }
func requests(r bool, _ string) bool { return r }

func TestDoctor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		break_ func(f *fakeTrunk, c *Config)
		want   map[string]Level // Finding → level; every other finding is at most a warning.
		ask    string           // Part of what the provider is asked, in English.
	}{
		{"healthy", func(*fakeTrunk, *Config) {}, map[string]Level{"register": Good, "options": Good, "call": Good, "audio": Good, "dtmf": Good, "caller": Good, "timer": Note}, ""},
		{"wrong password", func(f *fakeTrunk, _ *Config) { f.password = "another" }, map[string]Level{"register": Fail}, "SIP password"},
		{"account locked", func(f *fakeTrunk, _ *Config) {
			f.answer = func(method, _ string) string {
				if method == "REGISTER" {
					return "403 Forbidden"
				}
				return ""
			}
		}, map[string]Level{"register": Fail}, "allow our IP address"},
		{"one-way sound", func(f *fakeTrunk, _ *Config) { f.oneWay() }, map[string]Level{"call": Good, "audio": Fail}, "symmetric RTP"},
		{"no sound at all", func(f *fakeTrunk, _ *Config) { f.mangle = inSDP(always, `^m=audio \d+`, "m=audio 9") }, map[string]Level{"call": Good, "audio": Fail}, "symmetric RTP"},
		{"no keys", func(f *fakeTrunk, _ *Config) {
			f.mangle = inSDP(always, `^a=(rtpmap|fmtp):101.*\r\n`, "")
			strip := inSDP(always, `^(m=audio .*) 101`, "$1")
			first := f.mangle
			f.mangle = func(r bool, m string) string { return strip(r, first(r, m)) }
		}, map[string]Level{"call": Good, "audio": Good, "dtmf": Fail}, "RFC 4733"},
		{"G.729 only", func(f *fakeTrunk, _ *Config) {
			f.mangle = inSDP(requests, `^m=audio (\d+) RTP/AVP .*$`, "m=audio $1 RTP/AVP 18\r")
		}, map[string]Level{"codec": Fail}, "G.711A"},
		{"long headers", func(f *fakeTrunk, _ *Config) {
			f.mangle = func(request bool, msg string) string {
				if !request {
					return msg
				}
				return strings.Replace(msg, "\r\n", "\r\n"+strings.Repeat("P-Charging-Vector: icid-value="+strings.Repeat("x", 150)+"\r\n", 10), 1)
			}
		}, map[string]Level{"call": Good, "audio": Good, "dtmf": Good, "size": Warn}, "TCP"},
		{"ALG in Via", func(f *fakeTrunk, _ *Config) { f.sentBy = "10.9.9.9:5060" }, map[string]Level{"alg": Fail, "register": Good}, ""},
		{"ALG in the description", func(f *fakeTrunk, _ *Config) { f.mangle = inSDP(requests, `^c=IN IP4 \S+`, "c=IN IP4 127.0.0.2") }, map[string]Level{"alg": Fail}, ""},
		{"one channel", func(f *fakeTrunk, _ *Config) {
			f.answer = func(method, _ string) string {
				if method == "INVITE" {
					return "486 Busy Here"
				}
				return ""
			}
		}, map[string]Level{"register": Good, "call": Warn}, "simultaneous"},
		{"number not known", func(f *fakeTrunk, _ *Config) {
			f.answer = func(method, _ string) string {
				if method == "INVITE" {
					return "404 Not Found"
				}
				return ""
			}
		}, map[string]Level{"call": Fail}, "+84912"},
		{"INVITE is lost", func(f *fakeTrunk, _ *Config) {
			f.answer = func(method, _ string) string {
				if method == "INVITE" {
					return "silence"
				}
				return ""
			}
		}, map[string]Level{"call": Fail}, "INVITE is not answered"},
		{"caller withheld", func(f *fakeTrunk, _ *Config) {
			f.mangle = func(request bool, msg string) string {
				if from := line1(msg, "From"); request && strings.HasPrefix(msg, "INVITE") {
					_, tag, _ := strings.Cut(from, ";tag=")
					return strings.Replace(msg, from, "From: <sip:anonymous@anonymous.invalid>;tag="+tag, 1)
				}
				return msg
			}
		}, map[string]Level{"caller": Warn}, "CLIP"},
		{"nobody there", func(f *fakeTrunk, c *Config) { f.answer = func(string, string) string { return "silence" } }, map[string]Level{"options": Warn, "register": Fail}, "IP address"},
	} {
		t.Run(c.name, virtual(func(t *testing.T) {
			f := newFakeTrunk(t)
			config := f.config(t)
			f.set(func() { c.break_(f, &config) })
			r := examine(t, config)
			failed := false
			for id, level := range c.want {
				f, ok := r.Find(id)
				if !ok || f.Level != level {
					t.Errorf("%s: %q, want %q", id, f.Level, level)
				}
				failed = failed || level == Fail
			}
			if r.Healthy() == failed {
				t.Errorf("healthy: %v", r.Healthy())
			}
			var asked strings.Builder
			for _, f := range r.Findings {
				if asked.WriteString(f.AskEN); f.VI == "" || f.EN == "" || (f.AskVI == "") != (f.AskEN == "") {
					t.Errorf("%s is not in both languages", f.ID)
				}
			}
			if !strings.Contains(asked.String(), c.ask) {
				t.Errorf("the provider is asked %q", asked.String())
			}
			for _, secret := range []string{"02838000000", `response="`} {
				if bytes.Contains(r.Trace, []byte(secret)) {
					t.Errorf("%q is in the trace", secret)
				}
			}
		}))
	}
}

// Somebody calls the office from outside while the doctor waits.
func TestDoctorWaits(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		const at = "127.0.0.1:5060"
		calling := make(chan error, 1)
		r, err := Examine(t.Context(), Examination{Trunk: f.config(t), SIP: sip.Config{Addr: at, Network: lan(t)}, Wait: patience, Tell: func(_, en string) {
			if !strings.Contains(en, "call the office") {
				return
			}
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				c, err := sip.Dial(ctx, sip.DialConfig{Network: lan(t), URI: "sip:02838000000@" + at, From: "0912345678"})
				if err == nil {
					c.Play(tone(callerTone, toneTime))
					<-c.Inputs() // It was heard to its end.
					for _, k := range doctorKeys {
						_ = c.SendDigit(ctx, k)
					}
					for range c.Inputs() { // Until the doctor hangs up.
					}
				}
				calling <- err
			}()
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-calling; err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"call", "audio-in", "dtmf", "caller"} {
			if f, _ := r.Find(id); f.Level != Good {
				t.Errorf("%s: %q", id, f.Level)
			}
		}
	})(t)
}
