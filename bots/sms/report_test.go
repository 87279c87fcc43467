package sms

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/queue"
)

const testMark = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// reports asks both webhooks with a report.
func reporting(query string) (kannel, esms func() ([]bots.Inbound, error)) {
	a := &Adapter{sender: &Sender{}, in: Receiving{Secret: "kannel-knows-it", Now: func() time.Time { return noon }}}
	a.ReportTo("http://office.example/bots/sms/")
	ask := func(s webhook.Source) func() ([]bots.Inbound, error) {
		return func() ([]bots.Inbound, error) {
			r := httptest.NewRequest(http.MethodGet, a.reportTo(), http.NoBody)
			r.URL.RawQuery = query
			return s.Receive(r, nil)
		}
	}
	return ask(kannelSource{a}), ask(esmsSource{a})
}

func TestReports(t *testing.T) {
	const kannel, esms = "mark=" + testMark + "&why=Absent+0912345678&status=", "RequestId=" + testMark + "&phonenumber=0912345678&TypeId=2&"
	for query, want := range map[string]bots.InboundKind{
		kannel + "1": bots.Arrived, kannel + "2": bots.NotArrived, kannel + "16": bots.NotArrived, kannel + "34": bots.NotArrived,
		kannel + "66": "", kannel + "8": "", kannel + "4": "", // Not known, taken by the network, waiting there.
		esms + "SendStatus=5&SendSuccess=1&SendFailed=0": bots.Arrived, esms + "SendStatus=5&SendSuccess=0&SendFailed=1": bots.NotArrived,
		esms + "SendStatus=4": bots.NotArrived, esms + "SendStatus=7": "", esms + "SendStatus=2": "", "SendStatus=5&SendSuccess=1&RequestId=": "",
	} {
		fromKannel, fromESMS := reporting(query)
		ask := fromKannel
		if strings.Contains(query, "SendStatus") {
			ask = fromESMS
		}
		got, err := ask()
		switch {
		case err != nil || len(got) > 1 || (len(got) == 0) != (want == ""):
			t.Errorf("%s: %+v, %v", query, got, err)
		case want != "" && (got[0].Kind != want || got[0].Mark != testMark || strings.Contains(got[0].Text, "0912345678")):
			t.Errorf("%s: %+v", query, got)
		}
	}
	for _, query := range []string{"", "mark=x&status=1", "mark=" + testMark, "RequestId=..%2F&SendStatus=5&SendSuccess=1"} {
		kannel, esms := reporting(query)
		for _, ask := range []func() ([]bots.Inbound, error){kannel, esms} {
			if got, err := ask(); err == nil {
				t.Errorf("%q is taken: %+v", query, got)
			}
		}
	}
}

// Without the address that the gateway was given nobody tells of messages, and the
// address does not hold the secret with which everybody's messages are signed.
func TestReportsOfStrangers(t *testing.T) {
	a := &Adapter{sender: &Sender{}, in: Receiving{Secret: "kannel-knows-it", Now: time.Now}}
	a.ReportTo("http://office.example/bots/sms")
	if strings.Contains(a.reportTo(), "kannel-knows-it") {
		t.Errorf("%s holds the secret", a.reportTo())
	}
	for _, path := range []string{"/bots/sms", "/bots/sms/report/", "/bots/sms/report/kannel-knows-it", "/bots/sms/report/" + strings.Repeat("0", 32)} {
		r := httptest.NewRequest(http.MethodGet, path+"?status=2&mark="+testMark+"&SendStatus=4&RequestId="+testMark, http.NoBody)
		for _, s := range []webhook.Source{kannelSource{a}, esmsSource{a}} {
			if got, err := s.Receive(r, nil); err == nil || len(got) > 0 {
				t.Errorf("%s: %+v, %v", path, got, err)
			}
		}
	}
}

// An aggregator is given the address, and its report finds the message.
func TestAggregatorReports(t *testing.T) {
	p, w := aggregated(t, "")
	const lan = "+84912345678"
	if _, err := p.Tell(t.Context(), w.hook, lan, "LAY A", 1); err != nil {
		t.Fatal(err)
	}
	w.waitState("A001", queue.Waiting)
	if _, err := w.office.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
		t.Fatal(err)
	}
	call, err := p.Wait(t.Context(), lan, "Moi so A001")
	if err != nil {
		t.Fatal(err)
	}
	for _, arrived := range []bool{false, false} { // Told twice.
		if status, err := p.Report(t.Context(), call, arrived); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
	}
	w.waitLetter("A001", "did not arrive: esms: 5")
	if n := len(p.Sent()); n != 2 { // The number, and the call: no second one.
		t.Errorf("%d messages", n)
	}
}

// A modem's outcomes are found by the names of its files, once each; of what is not
// its own it says nothing.
func TestModemOutcomes(t *testing.T) {
	dir := t.TempDir()
	p := polled{&Adapter{in: Receiving{Now: time.Now}}, folders{taken: filepath.Join(dir, "sent"), error: filepath.Join(dir, "error")}, newOutbox()}
	for _, d := range []string{p.taken, p.error} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	name := injected([]byte("gammu-smsd-inject[1]: x\nWritten message with ID /var/out/OUTC20261122_1_00_+84912345678_sms0.smsbackup\n"))
	p.sent.put(name, "MARKONE1", time.Now())
	p.sent.put("OUTother", "MARKTWO2", time.Now())
	p.sent.put("", "NOTHING1", time.Now())
	if got := p.outcomes(); len(got) != 0 {
		t.Errorf("told before it was sent: %+v", got)
	}
	write(t, filepath.Join(p.error, name), "x")
	write(t, filepath.Join(p.taken, "OUTother"), "x")
	write(t, filepath.Join(p.taken, "somebody's"), "x")
	got := map[string]bots.InboundKind{}
	for _, in := range p.outcomes() {
		got[in.Mark] = in.Kind
	}
	if len(got) != 2 || got["MARKONE1"] != bots.NotArrived || got["MARKTWO2"] != bots.Arrived || len(p.outcomes()) != 0 {
		t.Errorf("told %v", got)
	}
}

func FuzzReport(f *testing.F) {
	f.Add("mark=" + testMark + "&status=1&why=x")
	f.Add("RequestId=" + testMark + "&SendStatus=5&SendSuccess=0&SendFailed=1&error_info=%22")
	f.Fuzz(func(t *testing.T, query string) {
		kannel, esms := reporting(query)
		for _, ask := range []func() ([]bots.Inbound, error){kannel, esms} {
			got, err := ask()
			for _, in := range got {
				if err != nil || len(in.Mark) > 32 || len(in.Text) > 1000 || in.ExtID != "" || in.Chat != "" {
					t.Errorf("%+v, %v", in, err)
				}
			}
		}
	})
}
