package pulse

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for s, want := range map[string]address{
		"unix:/run/user/1000/pulse/native": {"unix", "/run/user/1000/pulse/native"},
		"/run/pulse/native":                {"unix", "/run/pulse/native"},
		"{0a1b}unix:/run/pulse/native":     {"unix", "/run/pulse/native"},
		"tcp:192.0.2.1:4713":               {"tcp", "192.0.2.1:4713"},
		"tcp4:loa.local":                   {"tcp4", "loa.local:4713"},
		"tcp6:[2001:db8::1]":               {"tcp6", "[2001:db8::1]:4713"},
		" tcp6:[2001:db8::1]:5000 ":        {"tcp6", "[2001:db8::1]:5000"},
	} {
		if got, err := parseAddress(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "unix:", "unix:native", "{x", "udp:1.2.3.4:5", "tcp:", "loa.local"} {
		if got, err := parseAddress(s); !errors.Is(err, errAddress) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/7")
	t.Setenv("PULSE_SERVER", "")
	all, err := addresses("")
	if err != nil || len(all) != 3 || all[0].path != "/run/user/7/pulse/native" || all[2].path != "/run/pulse/native" {
		t.Errorf("%v, %v", all, err)
	}
	t.Setenv("PULSE_SERVER", "unix:/a tcp:b")
	if all, err = addresses(""); err != nil || len(all) != 2 || all[1].path != "b:4713" {
		t.Errorf("%v, %v", all, err)
	}
	if all, err = addresses("unix:/mine"); err != nil || len(all) != 1 || all[0].path != "/mine" {
		t.Errorf("%v, %v", all, err)
	}
	if _, err = addresses("nonsense"); !errors.Is(err, errAddress) {
		t.Errorf("got %v", err)
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("unix:/run/pulse/native")
	f.Add("{x}tcp6:[::1]:4713")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAddress(s)
		if err != nil {
			return
		}
		again, err := parseAddress(a.network + ":" + a.path)
		if err != nil || again != a {
			t.Errorf("%q → %v → %v, %v", s, a, again, err)
		}
		if a.network == "unix" && !strings.HasPrefix(a.path, "/") {
			t.Errorf("%q: path %q", s, a.path)
		}
	})
}
