package webpush

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/webpush/webpushtest"
)

var secret = bytes.Repeat([]byte("s"), 32)

func setUp(t *testing.T) (*Adapter, *webpushtest.Server) {
	t.Helper()
	s := webpushtest.New()
	a, err := New(Config{Secret: secret, Contact: "mailto:it@office.example", Services: []string{s.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.client.CloseIdleConnections(); s.Close() })
	return a, s
}

func chatOf(t *testing.T, a *Adapter, b *webpushtest.Browser) string {
	t.Helper()
	chat, err := a.Chat(b.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	return chat
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := encoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291 §5 comes out byte by byte.
func TestTheExampleOfTheStandard(t *testing.T) {
	own, err := ecdh.P256().NewPrivateKey(decode(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := build("https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV", "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg")
	if err != nil {
		t.Fatal(err)
	}
	got, err := sealWith(s, own, decode(t, "DGv6ra1nlYgDCS1FRnbzlw"), []byte("When I grow up, I want to be a watermelon"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if encoding.EncodeToString(got) != want {
		t.Errorf("%s\n%s", encoding.EncodeToString(got), want)
	}
}

// A browser reads what it is told, with what its service must know beside.
func TestSend(t *testing.T) {
	a, s := setUp(t)
	b := s.Subscribe()
	chat := chatOf(t, a, b)
	d := bots.Dating{Until: time.Now().Add(2 * time.Minute), Urgent: true, Ticket: "7", URL: "https://office.example/t/abc", Language: "vi"}
	if _, err := a.SendDated(t.Context(), chat, d, dialogue.Text{Body: "Mời số A012 đến quầy 3.\nTầng 2"}); err != nil {
		t.Fatal(err)
	}
	got := b.Shown()
	if len(got) != 1 {
		t.Fatalf("shown %v", got)
	}
	var p payload
	if err := json.Unmarshal([]byte(got[0].Text), &p); err != nil {
		t.Fatalf("%v: %s", err, got[0].Text)
	}
	if want := (payload{Title: "Mời số A012 đến quầy 3.", Body: "Tầng 2", Tag: topicOf("7"), URL: "/t/abc", Lang: "vi", Urgent: true}); p != want {
		t.Errorf("%+v", p)
	}
	if got[0].Urgency != "high" || got[0].TTL < 60 || got[0].TTL > 120 || got[0].Topic != p.Tag || strings.Contains(got[0].Topic, "7-") {
		t.Errorf("%+v", got[0])
	}
	b.Sleep(true) // Of what it has not fetched only the newest is shown.
	for _, text := range []string{"sắp đến lượt", "mời đến quầy"} {
		if _, err := a.SendDated(t.Context(), chat, bots.Dating{Ticket: "8", Until: time.Now()}, dialogue.Text{Body: text, Silent: true}); err != nil {
			t.Fatal(err)
		}
	}
	if got = b.Shown(); len(got) != 2 || !strings.Contains(got[1].Text, "mời đến quầy") || got[1].TTL != leastSecs || got[1].Urgency != "low" {
		t.Errorf("%+v", got)
	}
	if again, err := New(Config{Secret: secret, Contact: "https://office.example/it"}); err != nil || again.Key() != a.Key() {
		t.Errorf("after a restart the key is another: %v", err)
	}
}

func failure(t *testing.T, err error) bots.Failure {
	t.Helper()
	var f *bots.Failure
	if !errors.As(err, &f) {
		t.Fatalf("%v", err)
	}
	return *f
}

// Every answer of a service has its consequence, and none tells the address.
func TestFailures(t *testing.T) {
	a, s := setUp(t)
	b := s.Subscribe()
	chat := chatOf(t, a, b)
	for _, c := range []struct {
		fault webpushtest.Fault
		class bots.FailureClass
		after time.Duration
	}{
		{webpushtest.Fault{Status: 404}, bots.Gone, 0}, {webpushtest.Fault{Status: 410}, bots.Gone, 0},
		{webpushtest.Fault{Status: 400}, bots.Rejected, 0}, {webpushtest.Fault{Status: 413}, bots.Rejected, 0},
		{webpushtest.Fault{Status: 401}, bots.Rejected, 0}, {webpushtest.Fault{Status: 403}, bots.Rejected, 0}, {webpushtest.Fault{Status: 307}, bots.Rejected, 0},
		{webpushtest.Fault{Status: 429, RetryAfter: "7"}, bots.Retry, 7 * time.Second}, {webpushtest.Fault{Status: 429}, bots.Retry, ratePause},
		{webpushtest.Fault{Status: 429, RetryAfter: "99999999"}, bots.Retry, mostPause}, {webpushtest.Fault{Status: 503, RetryAfter: "soon"}, bots.Retry, 0},
		{webpushtest.Fault{Cut: true}, bots.Ambiguous, 0},
	} {
		s.Fail(c.fault)
		_, err := a.Send(t.Context(), chat, dialogue.Text{Body: "x"})
		f := failure(t, err)
		if f.Class != c.class || f.After != c.after || f.After > 0 && !f.Alone || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %+v", c.fault, f)
		}
	}
	if n := len(b.Shown()); n != 1 { // The one whose answer was cut off.
		t.Errorf("%d were taken", n)
	}
	b.Leave()
	if _, err := a.Send(t.Context(), chat, dialogue.Text{Body: "x"}); failure(t, err).Class != bots.Gone {
		t.Error(err)
	}
	if _, err := a.Send(t.Context(), chat, dialogue.Text{Body: strings.Repeat("ố", maxPayload)}); failure(t, err).Class != bots.Rejected {
		t.Error(err)
	}
	s.Close()
	a.client.CloseIdleConnections()
	if _, err := a.Send(t.Context(), chat, dialogue.Text{Body: "x"}); failure(t, err).Class != bots.Retry || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	at := time.Now().Truncate(time.Second)
	a.now = func() time.Time { return at }
	if got := a.pause(at.Add(9*time.Second).UTC().Format(http.TimeFormat), 0); got != 9*time.Second {
		t.Errorf("a date is %v", got)
	}
}

// Nothing is sent but to push services, however it is asked for.
func TestStrangeAddresses(t *testing.T) {
	a, s := setUp(t)
	good := s.Subscribe().Subscription()
	with := func(endpoint string) []byte {
		var m map[string]any
		if err := json.Unmarshal(good, &m); err != nil {
			t.Fatal(err)
		}
		m["endpoint"] = endpoint
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, ok := range []string{"https://fcm.googleapis.com/fcm/send/x:y", "https://updates.push.services.mozilla.com/wpush/v2/x", "https://web.push.apple.com/x", "https://sg2p.notify.windows.com/w/?token=x", "https://fcm.googleapis.com:443/x"} {
		if _, err := a.Chat(with(ok)); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "x", "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://a:b@fcm.googleapis.com/x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x",
		"https://push.apple.com.evil.example/x", "https://evilpush.apple.com.example/", "https://xfcm.googleapis.com/x", "file:///etc/passwd", "https://169.254.169.254/latest", "https:fcm.googleapis.com/x",
		"https://fcm.googleapis.com/x y", "https://fcm.googleapis.com/" + strings.Repeat("x", maxEndpoint), s.URL() + "0/x", "https://fcm.googleapis.com@127.0.0.1/",
	} {
		if _, err := a.Chat(with(bad)); !errors.Is(err, ErrSubscription) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for name, raw := range map[string]string{
		"nothing": "", "no keys": `{"endpoint":"` + s.URL() + `/x"}`, "a short key": strings.Replace(string(good), `"auth":"`, `"auth":"AAAA`, 1), "a long one": string(good) + strings.Repeat(" ", maxSubscription),
	} {
		if _, err := a.Chat([]byte(raw)); !errors.Is(err, ErrSubscription) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2001:4860:4860::8888": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false,
		"::1": false, "fe80::1": false, "fd00::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "224.0.0.1": false, "255.255.255.255": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	// A name that leads inside is not followed: what was trusted is not any more.
	inside := services{}.client()
	defer inside.CloseIdleConnections()
	_, err := inside.Get(s.URL())
	if f := failure(t, unsent(err)); f.Class != bots.Gone || s.Asked() != 0 {
		t.Errorf("%v, asked %d times", err, s.Asked())
	}
	chat := chatOf(t, a, s.Subscribe())
	a.services.more = nil
	if _, err := a.Send(t.Context(), chat, dialogue.Text{Body: "x"}); failure(t, err).Class != bots.Gone || s.Asked() != 0 {
		t.Errorf("%v, asked %d times", err, s.Asked())
	}
}

func TestNewIsChecked(t *testing.T) {
	for name, c := range map[string]Config{
		"no secret": {Contact: "mailto:a@b.example"}, "no contact": {Secret: secret}, "no address": {Secret: secret, Contact: "mailto:"}, "a contact that is none": {Secret: secret, Contact: "it@office"},
		"a service with a path": {Secret: secret, Contact: "mailto:a@b.example", Services: []string{"https://x/y"}}, "no service": {Secret: secret, Contact: "mailto:a@b.example", Services: []string{"x"}},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Whatever a browser gives, what is taken can be written to and comes back whole.
func FuzzSubscription(f *testing.F) {
	s := webpushtest.New()
	f.Cleanup(s.Close)
	f.Add(s.Subscribe().Subscription())
	f.Add([]byte(`{"endpoint":"https://fcm.googleapis.com/x","keys":{"p256dh":"BA==","auth":""}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sub, err := parse(raw)
		if err != nil {
			return
		}
		again, err := ofChat(sub.chat())
		if err != nil || again.chat() != sub.chat() || len(again.auth) != authLength {
			t.Fatalf("%q: %v", sub.chat(), err)
		}
		if _, err := seal(again, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if u, err := sub.origin(); err == nil {
			if _, err := url.Parse(u.String()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
