package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/ops"
)

func TestMetricsAreForThisMachine(t *testing.T) {
	for _, c := range []struct {
		from, header string
		want         bool
	}{
		{"127.0.0.1:5000", "", true},
		{"[::1]:5000", "", true},
		{"192.168.1.20:5000", "", false},
		{"127.0.0.1:5000", "X-Forwarded-For", false},
		{"127.0.0.1:5000", "Forwarded", false},
		{"nonsense", "", false},
		{"", "", false},
	} {
		r := httptest.NewRequest("GET", metricsPath, nil)
		r.RemoteAddr = c.from
		if c.header != "" {
			r.Header.Set(c.header, "203.0.113.9")
		}
		if got := ofThisMachine(r); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Calls as a metrics system sees them, by the rules of its format.
func TestCallFigures(t *testing.T) {
	a := &app{telephone: telephone{calls: ops.New(ops.Config{})}}
	a.calls.Call("1", ivr.Moment{Kind: ivr.MomentAnswered})
	a.calls.Call("1", ivr.Moment{Kind: ivr.MomentLeft, Menu: "menu 5.1"})
	a.calls.Measured("1", media.Quality{Reported: true, FarLost: 0.03, FarMOS: 3.9})
	a.calls.Call("2", ivr.Moment{Kind: ivr.MomentAnswered})
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(partFigures{a.callFigures}); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name += " " + l.GetValue()
			}
			got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, want := range map[string]float64{
		"xinmoi_calls_live": 1, "xinmoi_calls_answered_total in": 2, "xinmoi_calls_answered_total out": 0,
		"xinmoi_calls_abandoned_total menu 5.1": 1, "xinmoi_call_seconds": 1, "xinmoi_call_mos": 1, "xinmoi_call_loss_ratio": 1,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v (all: %v)", name, got[name], want, got)
		}
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestDashboardIsOfOurFigures: the ready dashboard asks for no figure that is
// not told, and is JSON.
func TestDashboardIsOfOurFigures(t *testing.T) {
	text, err := os.ReadFile("../../queue/report/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	var source []byte
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, body...)
	}
	asked := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			for _, name := range regexp.MustCompile(`xinmoi_[a-z_]+`).FindAllString(target.Expr, -1) {
				asked++
				if name = strings.TrimSuffix(name, "_bucket"); !bytes.Contains(source, []byte(`"`+name+`"`)) {
					t.Errorf("%s asks for %s, which nobody tells", p.Title, name)
				}
			}
		}
	}
	if len(board.Panels) < 10 || asked < 12 {
		t.Errorf("%d panels, %d figures", len(board.Panels), asked)
	}
}
