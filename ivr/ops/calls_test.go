package ops

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a Calls with a clock of its own.
type world struct {
	*Calls
	now time.Time
}

func newWorld(l Limits) *world {
	w := &world{now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
	w.Calls = New(Config{Limits: l, Now: func() time.Time { return w.now }, Location: func() *time.Location { return time.FixedZone("ICT", 7*3600) }})
	return w
}

func (w *world) do(id string, kind string, more ...func(*ivr.Moment)) {
	m := ivr.Moment{At: w.now, Kind: kind}
	for _, f := range more {
		f(&m)
	}
	w.Call(id, m)
	w.now = w.now.Add(time.Second)
}

func at(menu string) func(*ivr.Moment)     { return func(m *ivr.Moment) { m.Menu = menu } }
func saying(text string) func(*ivr.Moment) { return func(m *ivr.Moment) { m.Text = text } }
func from(caller string) func(*ivr.Moment) { return func(m *ivr.Moment) { m.Caller = caller } }
func number(n int) func(*ivr.Moment) {
	return func(m *ivr.Moment) { m.Ticket = queue.Number{Prefix: "A", N: n} }
}

// Who talks with a person through us is on the line until the two are parted,
// however long that takes; the conversation before it has ended long since.
func TestTalkWithAPersonStaysLive(t *testing.T) {
	w := newWorld(Limits{})
	w.do("a", ivr.MomentAnswered, from("0912***678"))
	w.do("a", ivr.MomentBridged, at("operator"))
	w.do("a", ivr.MomentEnded, at("operator"))
	w.now = w.now.Add(time.Hour)
	if s := w.Snapshot(); len(s.Live) != 1 || s.Live[0].Where != "operator" {
		t.Fatalf("%+v", s)
	}
	w.do("a", ivr.MomentParted, saying("the caller hung up"))
	s := w.Snapshot()
	if len(s.Live) != 0 || len(s.Over) != 1 || s.Over[0].Lasted(w.now) < time.Hour || s.Days[0].Abandoned() != 0 {
		t.Errorf("%+v", s)
	}
	w.do("b", ivr.MomentAnswered)
	w.do("b", ivr.MomentBridged)
	w.now = w.now.Add(2 * longestTalk)
	if s := w.Snapshot(); len(s.Live) != 0 {
		t.Errorf("a talk whose end was never told is live for ever: %+v", s)
	}
}

func TestCallFromRingToEnd(t *testing.T) {
	w := newWorld(Limits{})
	w.Trace("a", false, []byte("INVITE sip:x@h SIP/2.0\r\nCall-ID: a\r\n\r\n"))
	if s := w.Snapshot(); len(s.Ringing) != 1 || len(s.Live) != 0 {
		t.Fatalf("%+v", s)
	}
	w.do("a", ivr.MomentAnswered, from("0912***678"), func(m *ivr.Moment) { m.Language = "vi" })
	w.do("a", ivr.MomentMenu, at("menu 1"))
	w.do("a", ivr.MomentSaid, saying("Xin chào"))
	w.do("a", ivr.MomentKey, func(m *ivr.Moment) { m.Digit = '1' })
	w.do("a", ivr.MomentTook, number(12), at("number"))
	live := w.Snapshot().Live
	if len(live) != 1 || live[0].Caller != "0912***678" || live[0].Where != "number" || live[0].Language != "vi" || len(live[0].Numbers) != 1 || live[0].Numbers[0].Kept {
		t.Fatalf("%+v", live)
	}
	w.do("a", ivr.MomentKept, number(12))
	w.do("a", ivr.MomentEnded, at("goodbye"))
	w.Trace("a", true, []byte("BYE sip:x@h SIP/2.0\r\nCall-ID: a\r\n\r\n")) // After the end.
	w.Measured("a", media.Quality{Reported: true, FarLost: 0.01, FarJitter: 3 * time.Millisecond, FarMOS: 4.1})
	s := w.Snapshot()
	if len(s.Live)+len(s.Ringing) != 0 || len(s.Over) != 1 {
		t.Fatalf("%+v", s)
	}
	if d := s.Days[0]; d.Answered != 1 || d.Taken != 1 || d.Kept != 1 || d.Abandoned() != 0 || d.Day != "2026-11-22" || d.Mean() < 5*time.Second {
		t.Errorf("%+v", d)
	}
	c, ok := w.Find(s.Over[0].Key)
	if !ok || c.Quality == nil || c.Quality.FarMOS != 4.1 {
		t.Fatalf("%+v, %v", c, ok)
	}
	var kinds []string
	for _, e := range c.Trace {
		kinds = append(kinds, e.Kind)
	}
	want := "received answered menu said key took kept ended sent quality"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("trace %q, want %q", got, want)
	}
	if total := w.Totals(); total.KeptAt["goodbye"] != 1 || total.Seconds.N != 1 || total.MOS.N != 1 || total.Live != 0 {
		t.Errorf("%+v", total)
	}
}

func TestAbandonedByPlace(t *testing.T) {
	w := newWorld(Limits{})
	for i, c := range []struct {
		menu string
		kept bool
		left bool
	}{{"menu 1", false, true}, {"menu 1", false, true}, {"number", true, true}, {"menu 2", false, false}, {"", false, true}} {
		id := fmt.Sprint(i)
		w.do(id, ivr.MomentAnswered)
		w.do(id, ivr.MomentMenu, at(c.menu))
		if c.kept {
			w.do(id, ivr.MomentTook, number(i))
			w.do(id, ivr.MomentTook, number(i)) // Said twice, counted once.
			w.do(id, ivr.MomentKept, number(i))
			w.do(id, ivr.MomentKept, number(i))
		}
		kind := ivr.MomentEnded
		if c.left {
			kind = ivr.MomentLeft
		}
		w.do(id, kind)
		w.do(id, kind) // An end told twice is one.
	}
	d := w.Snapshot().Days[0]
	if d.Answered != 5 || d.Taken != 1 || d.Kept != 1 || d.Abandoned() != 3 || d.Left["menu 1"] != 2 || d.Left[others] != 1 || d.Ended != 5 {
		t.Errorf("%+v", d)
	}
}

func TestStrangersAreNoCalls(t *testing.T) {
	w := newWorld(Limits{Ringing: 3})
	w.Trace("r", false, []byte("REGISTER sip:h SIP/2.0\r\n\r\n"))
	w.Trace("o", false, []byte("OPTIONS sip:h SIP/2.0\r\n\r\n"))
	w.do("unknown", ivr.MomentSaid, saying("?"))
	w.Measured("unknown", media.Quality{})
	if s := w.Snapshot(); len(s.Ringing)+len(s.Live)+len(s.Over) != 0 {
		t.Fatalf("%+v", s)
	}
	w.do("real", ivr.MomentAnswered)
	for i := range 1000 {
		w.Trace(fmt.Sprint("junk", i), false, []byte("INVITE sip:h SIP/2.0\r\n\r\n"))
	}
	s := w.Snapshot()
	if len(s.Ringing) != 3 || len(s.Live) != 1 || len(w.byID) != 4 {
		t.Errorf("%d ringing, %d live, %d known", len(s.Ringing), len(s.Live), len(w.byID))
	}
	for range 3 {
		w.Trace("junk999", true, []byte("SIP/2.0 503 Service Unavailable\r\n\r\n")) // Repeated: counted once.
	}
	w.Trace("real", true, []byte("SIP/2.0 488 Not Acceptable Here\r\n\r\n")) // Within a call.
	w.Trace("junk998", true, []byte("SIP/2.0 180 Ringing\r\n\r\n"))
	w.Trace("junk997", true, []byte("SIP/2.0 4"))
	if r := w.Totals().Refused; len(r) != 1 || r["503"] != 1 {
		t.Errorf("refused %v", r)
	}
}

func TestNewDay(t *testing.T) {
	w := newWorld(Limits{})
	for range 12 {
		w.do("a", ivr.MomentAnswered)
		w.do("a", ivr.MomentLeft, at("menu 1"))
		w.now = w.now.Add(24 * time.Hour)
	}
	s := w.Snapshot()
	if len(s.Days) != maxDays || s.Days[0].Answered != 0 || s.Days[1].Answered != 1 || len(s.Over) != 12 {
		t.Errorf("%d days, %+v, %d calls", len(s.Days), s.Days[:2], len(s.Over))
	}
	w.now = w.now.Add(-72 * time.Hour) // A clock that was put right.
	w.do("b", ivr.MomentAnswered)
	if again := w.Snapshot(); again.Days[0].Day != s.Days[0].Day || again.Days[0].Answered != 1 {
		t.Errorf("%+v", again.Days)
	}
	if w.Totals().Answered != 13 {
		t.Errorf("%+v", w.Totals())
	}
}

func TestForgottenCallEnds(t *testing.T) {
	w := newWorld(Limits{})
	w.do("a", ivr.MomentAnswered)
	w.now = w.now.Add(forgotten - 2*time.Second)
	if w.Totals().Live != 1 {
		t.Error("ended too early")
	}
	w.now = w.now.Add(3 * time.Second)
	s := w.Snapshot()
	if len(s.Live) != 0 || len(s.Over) != 1 || s.Over[0].Lasted(w.now) > time.Second {
		t.Errorf("%+v", s)
	}
}

// TestBounds tells long and many calls: nothing grows beyond what it may.
func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Limits{Calls: 5, Ringing: 4, Bytes: 4 << 10, Total: 24 << 10}
		w := newWorld(l)
		ids := []string{"a", "b", "c", "d", "e", "f", "g"}
		kinds := []string{ivr.MomentAnswered, ivr.MomentSaid, ivr.MomentKey, ivr.MomentTook, ivr.MomentKept, ivr.MomentLeft, ivr.MomentEnded, "invite", "bye", "quality"}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "id")
			text := strings.Repeat("ề", rapid.SampledFrom([]int{1, 30, 500, 3000}).Draw(t, "length"))
			switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
			case "invite":
				w.Trace(id, rapid.Bool().Draw(t, "out"), []byte("INVITE x\r\nX: "+text))
			case "bye":
				w.Trace(id, false, []byte("BYE x\r\nX: "+text))
			case "quality":
				w.Measured(id, media.Quality{Lost: 0.5})
			default:
				w.do(id, kind, saying(text), number(rapid.IntRange(1, 20).Draw(t, "number")))
			}
			w.check(t, l)
		}
	})
}

// check looks into a Calls and counts again what it counts.
func (w *world) check(t *rapid.T, l Limits) {
	sum := 0
	all := append(append([]*record{}, w.ringing...), w.over...)
	for r := range w.live {
		all = append(all, r)
	}
	for _, r := range all {
		size := 0
		for _, e := range append(append([]Entry{}, r.head...), r.tail...) {
			size += len(e.Text) + entryBytes
		}
		if size != r.bytes {
			t.Fatalf("call %s has %d bytes and counts %d", r.Key, size, r.bytes)
		}
		if r.bytes > l.Bytes+2*maxText || len(r.Numbers) > maxNumbers {
			t.Fatalf("call %s has %d bytes, %d numbers", r.Key, r.bytes, len(r.Numbers))
		}
		sum += size
	}
	if sum != w.bytes {
		t.Fatalf("%d bytes, counted %d", sum, w.bytes)
	}
	if len(w.over) > l.Calls || len(w.ringing) > l.Ringing || len(w.byID) > len(all) {
		t.Fatalf("%d over, %d ringing, %d known of %d", len(w.over), len(w.ringing), len(w.byID), len(all))
	}
	if d := w.Snapshot().Days[0]; d.Kept > d.Taken || d.Ended > d.Answered+d.Called {
		t.Fatalf("%+v", d)
	}
}

// TestManyAtOnce lets calls come from many goroutines while others look.
func TestManyAtOnce(t *testing.T) {
	c := New(Config{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				id := fmt.Sprint(i, "-", j)
				c.Trace(id, false, []byte("INVITE sip:h SIP/2.0\r\n\r\n"))
				c.Call(id, ivr.Moment{Kind: ivr.MomentAnswered})
				c.Call(id, ivr.Moment{Kind: ivr.MomentLeft, Menu: "menu 1"})
			}
		})
		wg.Go(func() {
			for range 50 {
				s := c.Snapshot()
				for _, call := range s.Over {
					c.Find(call.Key)
				}
				c.Totals()
			}
		})
	}
	wg.Wait()
	if got := c.Totals(); got.Answered != 400 || got.Left["menu 1"] != 400 {
		t.Errorf("%+v", got.Day)
	}
}

// invite is a message as a trunk sends it.
const invite = "INVITE sip:19001234@203.0.113.9:5060;user=phone SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.168.100.100:5060;branch=z9hG4bK0912345678;rport\r\n" +
	"From: \"Nguyễn Thị Hoa\" <sip:0912345678@192.168.100.100>;tag=9123456789\r\n" +
	"To: <sip:19001234@203.0.113.9>\r\n" +
	"Call-ID: 84912345678-77@192.168.100.100\r\n" +
	"CSeq: 314159265 INVITE\r\n" +
	"P-Asserted-Identity: \"Hoa\" <tel:+84912345678>\r\n" +
	"Proxy-Authorization: Digest username=\"office\",\r\n realm=\"vnpt\", response=\"f00dbabe\"\r\n" +
	"Content-Type: application/sdp\r\nContent-Length: 300\r\n\r\n" +
	"v=0\r\no=0912345678 3900000001 3900000002 IN IP4 192.168.100.100\r\ns=call of Hoa\r\nc=IN IP4 192.168.100.100\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

func BenchmarkOneCall(b *testing.B) {
	c := New(Config{})
	message := []byte(invite)
	b.ReportAllocs()
	for i := range b.N {
		id := fmt.Sprint(i)
		c.Trace(id, false, message)
		c.Call(id, ivr.Moment{Kind: ivr.MomentAnswered})
		for range 8 {
			c.Call(id, ivr.Moment{Kind: ivr.MomentSaid, Text: "Kính chào quý khách đã gọi đến trung tâm"})
		}
		for range 6 {
			c.Trace(id, true, message[:500])
		}
		c.Call(id, ivr.Moment{Kind: ivr.MomentLeft, Menu: "menu 1"})
	}
}
