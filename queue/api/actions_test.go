package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

const takeA = `{"service":"A","channel":"phone"}`

// callTo opens a counter and gives it the next ticket.
func (b *bench) callTo(counter string) map[string]any {
	b.t.Helper()
	b.post("/counters/"+counter+"/open", "staff", "").want(b.t, 200)
	return b.post("/counters/"+counter+"/next", "staff", "").want(b.t, 200)
}

// TestActionsOfADay walks one ticket through all actions, each with the
// contract's body.
func TestActionsOfADay(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	b.take(takeA)
	soon := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	hanoi := soon.In(time.FixedZone("", 7*60*60)).Format(time.RFC3339)
	for _, step := range []struct {
		path, role, body string
		want             map[string]any
	}{
		{"/tickets/A001/check-in", "channel", ``, map[string]any{"presence": "present", "later_count": json.Number("0"), "rating": nil}},
		{"/tickets/A001/check-in", "channel", `{}`, map[string]any{"presence": "present"}},
		{"/tickets/A001/later", "kiosk", `{"places":1}`, map[string]any{"state": "waiting", "later_count": json.Number("1")}},
		{"/counters/2/open", "staff", ``, map[string]any{"state": "open"}},
		{"/counters/1/open", "staff", ``, map[string]any{"state": "open"}},
		{"/counters/2/next", "staff", ``, map[string]any{"number": "A002"}},
		{"/counters/1/next", "staff", ``, map[string]any{"number": "A001"}},
		{"/tickets/A001/recall", "staff", ``, map[string]any{"call_count": json.Number("2")}},
		{"/tickets/A001/start", "staff", ``, map[string]any{"state": "serving"}},
		{"/tickets/A001/park", "staff", `{"reason":"thiếu bản sao","resume_at":"` + hanoi + `"}`,
			map[string]any{"state": "parked", "reason": "thiếu bản sao", "resume_at": soon.Format(time.RFC3339)}},
		{"/tickets/A001/resume", "staff", `{"counter":"1"}`, map[string]any{"state": "called", "counter": "1", "resume_at": nil}},
		{"/tickets/A001/transfer", "staff", `{"counter":"1","reason":"đúng quầy"}`, map[string]any{"state": "waiting", "only": "1"}},
		{"/counters/1/next", "staff", ``, map[string]any{"number": "A001", "only": "1"}},
		{"/tickets/A001/transfer", "staff", `{"service":"B","counter":null}`, map[string]any{"service": "B", "only": nil}},
		{"/counters/1/next", "staff", ``, map[string]any{"number": "A001"}},
		{"/tickets/A001/requeue", "staff", ``, map[string]any{"state": "waiting", "returned": true, "counter": nil}},
		{"/counters/1/next", "staff", ``, map[string]any{"number": "A001"}},
		{"/tickets/A001/no-show", "staff", ``, map[string]any{"state": "no_show"}},
		{"/tickets/A001/restore", "staff", ``, map[string]any{"state": "waiting", "returned": true}},
		{"/counters/1/next", "staff", ``, map[string]any{"number": "A001"}},
		{"/tickets/A001/finish", "staff", ``, map[string]any{"state": "completed"}},
		{"/tickets/A001/undo", "staff", ``, map[string]any{"state": "called"}},
		{"/tickets/A001/later", "staff", ``, map[string]any{"state": "waiting", "later_count": json.Number("2")}},
		{"/counters/1/next", "staff", ``, map[string]any{"number": "A001"}},
		{"/tickets/A001/finish", "staff", `{"version":null,"reason":null}`, map[string]any{"state": "completed"}},
	} {
		got := b.post(step.path, step.role, step.body).want(t, 200)
		for member, want := range step.want {
			if got[member] != want {
				t.Fatalf("%s %s: %s is %v, want %v", step.path, step.body, member, got[member], want)
			}
		}
	}
	rated := b.post("/tickets/A001/rate", "kiosk", `{"level":4,"reasons":["nhanh","thân thiện"]}`).want(t, 200)
	rating, _ := rated["rating"].(map[string]any)
	if rating["level"] != json.Number("4") || fmt.Sprint(rating["reasons"]) != "[nhanh thân thiện]" || rating["at"] == nil {
		t.Errorf("rating %v", rated["rating"])
	}
	again := b.post("/tickets/A001/rate", "kiosk", `{"level":5,"reasons":null}`).wantProblem(t, queue.CodeWrongState)
	if !strings.Contains(again["hint"].(string), "already") {
		t.Errorf("hint %v", again["hint"])
	}
}

// TestActionsRefuse: what no action can mean gets a clear answer and changes
// nothing.
func TestActionsRefuse(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	b.take(takeA)
	b.take(takeA)
	b.callTo("1") // A001 called.
	b.callTo("2") // A002 completed.
	b.post("/tickets/A002/finish", "staff", "").want(t, 200)
	when := func(d time.Duration) string { return `{"resume_at":"` + time.Now().Add(d).Format(time.RFC3339) + `"}` }
	const bad = queue.CodeBadRequest
	for _, c := range []struct {
		path, body string
		want       queue.Code
	}{
		{"A003/later", `{"places":-1}`, bad},
		{"A003/later", `{"places":0}`, bad},
		{"A003/later", `{"places":51}`, bad},
		{"A003/later", `{"places":1.5}`, bad},
		{"A003/later", `{"places":"2"}`, bad},
		{"A003/later", `{"places":1e99}`, bad},
		{"A003/later", `{"counter":"1"}`, bad},
		{"A003/check-in", `{"places":1}`, bad},
		{"A003/cancel", `{"level":1}`, bad},
		{"A003/cancel", `{"version":-1}`, bad},
		{"A003/cancel", `{"reason":"` + strings.Repeat("x", 401) + `"}`, bad},
		{"A001/park", when(-time.Minute), bad},
		{"A001/park", when(25 * time.Hour), bad},
		{"A001/park", `{"resume_at":"0001-01-01T00:00:00Z"}`, bad},
		{"A001/park", `{"resume_at":"tomorrow"}`, bad},
		{"A001/park", `{"resume_at":"2026-11-21 10:00"}`, bad},
		{"A001/park", `{"resume_at":1790000000}`, bad},
		{"A001/park", `{"until":"2026-11-21T10:00:00Z"}`, bad},
		{"A001/transfer", ``, bad},
		{"A001/transfer", `{}`, bad},
		{"A001/transfer", `{"service":"B","counter":"2"}`, bad},
		{"A001/transfer", `{"service":"","counter":""}`, bad},
		{"A001/transfer", `{"service":"` + strings.Repeat("B", 65) + `"}`, bad},
		{"A001/transfer", `{"service":"Z"}`, queue.CodeUnknownService},
		{"A001/transfer", `{"counter":"99"}`, queue.CodeUnknownCounter},
		{"A001/resume", `{"counter":"1"}`, queue.CodeWrongState},
		{"A001/resume", `{"places":1}`, bad},
		{"A001/requeue", `{"service":"B"}`, bad},
		{"A001/restore", ``, queue.CodeWrongState},
		{"A003/undo", ``, queue.CodeWrongState},
		{"A002/rate", ``, bad},
		{"A002/rate", `{}`, bad},
		{"A002/rate", `{"level":0}`, bad},
		{"A002/rate", `{"level":9}`, bad},
		{"A002/rate", `{"level":null}`, bad},
		{"A002/rate", `{"level":4.5}`, bad},
		{"A002/rate", `{"level":4,"reasons":"nhanh"}`, bad},
		{"A002/rate", `{"level":4,"reasons":["1","2","3","4","5","6","7","8","9"]}`, bad},
		{"A002/rate", `{"level":4,"reasons":["` + strings.Repeat("x", 65) + `"]}`, bad},
		{"A002/rate", `{"level":4,"reason":"anh Nam rất tốt"}`, bad},
		{"A003/rate", `{"level":4}`, queue.CodeWrongState},
		{"A002/rate", `{"level":4,"version":1}`, queue.CodeStaleVersion},
		{"A999/later", ``, queue.CodeUnknownTicket},
	} {
		t.Run(c.path+" "+c.body, func(t *testing.T) {
			before := b.seq()
			b.post("/tickets/"+c.path, "admin", c.body).wantProblem(t, c.want)
			if after := b.seq(); after != before {
				t.Errorf("refused, and %d events happened", after-before)
			}
		})
	}
}

// TestLaterOnceCalled: only staff put back what a counter has called.
func TestLaterOnceCalled(t *testing.T) {
	b := newBench(t)
	link := b.links.Token("trung-tam", b.take(takeA)["id"].(string))
	b.callTo("1")
	for _, who := range []string{"kiosk", "channel", link} {
		before := b.seq()
		p := b.post("/tickets/A001/later", who, `{"places":2}`).wantProblem(t, queue.CodeWrongState)
		if ticket, _ := p["ticket"].(map[string]any); ticket["state"] != "called" || ticket["code"] != nil {
			t.Errorf("problem's ticket %v", p["ticket"])
		}
		if hint := p["hint"].(string); !strings.Contains(hint, "go to the counter") || b.seq() != before {
			t.Errorf("%d events, hint %q", b.seq()-before, hint)
		}
	}
	b.post("/tickets/A001/later", "staff", "").want(t, 200)
	if got := b.post("/tickets/A001/later", link, "").want(t, 200); got["later_count"] != json.Number("2") {
		t.Errorf("waiting again, put back by its link: %v", got)
	}
	third := b.post("/tickets/A001/later", link, "").wantProblem(t, queue.CodeWrongState)
	if !strings.Contains(third["hint"].(string), "as often as allowed") {
		t.Errorf("hint of the third time: %v", third["hint"])
	}
	b.post("/tickets/A999/later", "kiosk", "").wantProblem(t, queue.CodeUnknownTicket)
}

// TestLaterRepeatedOnceCalled: a repeat under the same key gets its answer
// though a counter has called the ticket meanwhile; a new key does not.
func TestLaterRepeatedOnceCalled(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	later := func(key, body string) answerOf {
		return b.do(call{
			method: "POST", path: at + "/tickets/A001/later", token: "channel", body: body,
			header: map[string]string{keyHeader: key},
		})
	}
	later("k", `{"places":1}`).want(t, 200)
	b.callTo("1")
	before := b.seq()
	if got := later("k", `{"places":1}`).want(t, 200); got["state"] != "called" || got["later_count"] != json.Number("1") {
		t.Errorf("the repeat got %v", got)
	}
	later("k", `{"places":2}`).wantProblem(t, queue.CodeKeyReused)
	later("new", `{"places":1}`).wantProblem(t, queue.CodeWrongState)
	later("new", `{"places":1,"reason":"`+strings.Repeat("ệ", 400)+`"}`).wantProblem(t, queue.CodeBadRequest)
	if b.seq() != before {
		t.Errorf("%d events happened", b.seq()-before)
	}
	b.post("/tickets/A001/later", "staff", "").want(t, 200)
	later("new", `{"places":1}`).wantProblem(t, queue.CodeWrongState) // As often as allowed.
}

// calledTicket is an office whose only ticket is called, and that can do no
// action.
type calledTicket struct{ failing }

func (c calledTicket) Ticket(context.Context, string) (queue.Ticket, error) {
	return queue.Ticket{ID: "7", State: queue.Called}, nil
}

// TestLaterWhenTheOfficeFails: an office that cannot say whether a ticket is
// called, or a key known, is not asked to put it back.
func TestLaterWhenTheOfficeFails(t *testing.T) {
	down := failing{err: queue.Errorf(queue.CodeUnavailable, "disk full")}
	for _, office := range []queue.Management{down, calledTicket{down}} {
		b := newBench(t, func(c *Config) { c.Offices = map[string]queue.Management{"trung-tam": office} })
		b.do(call{
			method: "POST", path: at + "/tickets/7/later", token: "kiosk", header: map[string]string{keyHeader: "k"},
		}).wantProblem(t, queue.CodeUnavailable)
	}
}

func TestCloseWithATicketInHand(t *testing.T) {
	for way, want := range map[string]string{"finish": "completed", "requeue": "waiting", "park": "parked", "no-show": "no_show"} {
		b := newBench(t)
		b.take(takeA)
		b.callTo("1")
		for _, body := range []string{``, `{}`, `{"in_hand":null,"reason":"hết giờ"}`} {
			p := b.post("/counters/1/close", "staff", body).wantProblem(t, queue.CodeCounterBusy)
			if !strings.Contains(p["hint"].(string), "in_hand") || p["ticket"] == nil {
				t.Errorf("close %s: %v", body, p)
			}
		}
		for _, body := range []string{`{"in_hand":"cancel"}`, `{"in_hand":""}`, `{"in_hand":1}`, `{"inhand":"park"}`} {
			b.post("/counters/1/close", "staff", body).wantProblem(t, queue.CodeBadRequest)
		}
		b.post("/counters/1/pause", "staff", `{"in_hand":"park"}`).wantProblem(t, queue.CodeBadRequest)
		b.post("/counters/1/open", "staff", `{"in_hand":"park"}`).wantProblem(t, queue.CodeBadRequest)
		got := b.post("/counters/1/close", "staff", `{"in_hand":"`+way+`","reason":"hết giờ"}`).want(t, 200)
		if got["state"] != "closed" || got["ticket"] != nil {
			t.Errorf("close, %s: %v", way, got)
		}
		if got := b.get("/tickets/A001", "staff").want(t, 200); got["state"] != want || got["reason"] != "hết giờ" {
			t.Errorf("%s leaves the ticket %v, %v; want %s", way, got["state"], got["reason"], want)
		}
	}
}

// TestBusyHints: who meets a busy counter on another way gets its own advice.
func TestBusyHints(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	b.take(takeA)
	b.callTo("1")
	b.post("/tickets/A001/park", "staff", "").want(t, 200)
	b.post("/counters/1/next", "staff", "").want(t, 200)
	for _, path := range []string{"/tickets/A001/resume", "/tickets/A001/undo"} {
		p := b.post(path, "staff", "").wantProblem(t, queue.CodeCounterBusy)
		if !strings.Contains(p["hint"].(string), "then repeat") {
			t.Errorf("%s: %v", path, p["hint"])
		}
	}
}

// TestHintsForEveryState: whatever action meets whatever state, the refusal
// names a next step in both languages, and not the general one.
func TestHintsForEveryState(t *testing.T) {
	general := kindOf(queue.CodeWrongState)
	ops := []string{"counter-call"}
	for _, a := range queue.Actions() {
		ops = append(ops, opOf(a))
	}
	for _, op := range ops {
		for _, state := range append(queue.States(), "") {
			e := &queue.Error{Code: queue.CodeWrongState, Ticket: &queue.Ticket{State: state}}
			if state == "" {
				e.Ticket = nil
			}
			got := adviceOn(op, e)
			p := newProblem(e.Code, "")
			p.advice = got
			en, vi := p.in("en").Hint, p.in("vi").Hint
			if en == general.hint || vi == general.hintVI || en == "" || vi == "" || en == vi || en != got.hint || vi != got.hintVI {
				t.Errorf("%s of %q: %q, %q", op, state, en, vi)
			}
		}
	}
	if got := adviceOn(opOf(queue.Cancel), &queue.Error{Code: queue.CodeUnknownTicket}); got != (advice{}) {
		t.Errorf("another code gets %v", got)
	}
	if got := adviceOn("counter-next", &queue.Error{Code: queue.CodeCounterBusy}); got != (advice{}) {
		t.Errorf("next at a busy counter gets %v", got)
	}
}

// TestHintsAreInTheCallersLanguage, over the wire.
func TestHintsAreInTheCallersLanguage(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	p := b.do(call{
		method: "POST", path: at + "/tickets/A001/undo", token: "staff", header: map[string]string{"Accept-Language": "vi"},
	}).wantProblem(t, queue.CodeWrongState)
	if hint := p["hint"].(string); !strings.HasPrefix(hint, "Không còn hoàn tác được") {
		t.Errorf("hint %q", hint)
	}
}

// actRequests are requests with the fields that their action reads.
func actRequests() *rapid.Generator[queue.ActRequest] {
	return rapid.Custom(func(t *rapid.T) queue.ActRequest {
		words := rapid.SampledFrom([]string{"", "2", "lý do khác", "\"<&>"})
		r := queue.ActRequest{
			Action:  rapid.SampledFrom(queue.Actions()).Draw(t, "action"),
			Version: rapid.Int64Range(0, 1<<53).Draw(t, "version"),
		}
		if r.Action != queue.Rate {
			r.Reason = words.Draw(t, "reason")
		}
		switch r.Action {
		case queue.Later:
			r.Places = rapid.IntRange(-1, 99).Draw(t, "places")
		case queue.Park:
			r.ResumeAt = maybeInstants().Draw(t, "resume")
		case queue.Resume:
			r.Counter = words.Draw(t, "counter")
		case queue.Transfer:
			r.Service, r.Counter = words.Draw(t, "service"), words.Draw(t, "counter")
		case queue.Rate:
			r.Level = rapid.IntRange(-1, 9).Draw(t, "level")
			if reasons := rapid.SliceOfN(words, 0, 3).Draw(t, "reasons"); len(reasons) > 0 {
				r.Reasons = reasons
			}
		}
		return r
	})
}

// readAct reads the body of an action as the server does.
func readAct(a queue.Action, b []byte) (queue.ActRequest, error) {
	var body interface{ read(*queue.ActRequest) }
	switch a {
	case queue.Later:
		body = &laterBody{}
	case queue.Park:
		body = &parkBody{}
	case queue.Resume:
		body = &resumeBody{}
	case queue.Transfer:
		body = &transferBody{}
	case queue.Rate:
		body = &rateBody{}
	default:
		body = &ActBody{}
	}
	r := queue.ActRequest{Action: a}
	if err := json.Unmarshal(b, body); err != nil {
		return r, err
	}
	body.read(&r)
	return r, nil
}

// TestRequestsSurviveTheWire: what a client asks is what the office is asked.
func TestRequestsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := actRequests().Draw(t, "request")
		b, err := json.Marshal(bodyOf(want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAct(want.Action, b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s: %s", b, d)
		}
	})
}

// TestEqualBodiesAreEqualRequests: request keys compare requests as Go writes
// them.
func TestEqualBodiesAreEqualRequests(t *testing.T) {
	for _, c := range []struct {
		action   queue.Action
		one, two string
	}{
		{queue.Park, `{"resume_at":"2026-11-21T10:00:00Z"}`, `{"resume_at":"2026-11-21T17:00:00.000+07:00"}`},
		{queue.Park, `{}`, `{"resume_at":null}`},
		{queue.Rate, `{"level":5}`, `{"level":5,"reasons":[]}`},
		{queue.Later, `{"reason":null}`, `{"places":null}`},
	} {
		one, err := readAct(c.action, []byte(c.one))
		two, err2 := readAct(c.action, []byte(c.two))
		if err != nil || err2 != nil || fmt.Sprintf("%#v", one) != fmt.Sprintf("%#v", two) {
			t.Errorf("%s and %s: %#v and %#v, %v, %v", c.one, c.two, one, two, err, err2)
		}
	}
}

// TestFarIsNearInEveryAction: each action through the client, and then ticket
// and log are the same here and there.
func TestFarIsNearInEveryAction(t *testing.T) {
	b := newBench(t)
	ctx, far := t.Context(), b.client("admin")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func(counter string, r queue.SetCounterRequest) {
		t.Helper()
		r.Counter = counter
		_, err := far.SetCounter(ctx, r)
		must(err)
	}
	open("1", queue.SetCounterRequest{State: queue.Opened, InHand: queue.Park})
	next := func() {
		t.Helper()
		got, err := far.Next(ctx, queue.CounterRequest{Counter: "1"})
		must(err)
		if got.Number.N != 1 {
			t.Fatalf("next is %s", got.Number)
		}
	}
	act := func(r queue.ActRequest) queue.Ticket {
		t.Helper()
		r.Ticket = "A001"
		got, err := far.Act(ctx, r)
		must(err)
		near, err := b.office.Ticket(ctx, "A001")
		must(err)
		if d := cmp.Diff(near, got, cmpopts.IgnoreFields(queue.Ticket{}, "Standing")); d != "" {
			t.Errorf("%s: -near +far\n%s", r.Action, d)
		}
		return got
	}
	_, err := far.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Phone, Hold: true})
	must(err)
	act(queue.ActRequest{Action: queue.Confirm})
	act(queue.ActRequest{Action: queue.CheckIn})
	if got := act(queue.ActRequest{Action: queue.Later, Places: 3, Level: 9}); got.LaterCount != 1 {
		t.Errorf("later: %+v", got)
	}
	next()
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	if got := act(queue.ActRequest{Action: queue.Park, Reason: "chờ giấy tờ", ResumeAt: at}); !got.ResumeAt.Equal(at) {
		t.Errorf("park: %+v", got)
	}
	act(queue.ActRequest{Action: queue.Resume, Counter: "1"})
	act(queue.ActRequest{Action: queue.Transfer, Service: "B"})
	next()
	if got := act(queue.ActRequest{Action: queue.Transfer, Counter: "1"}); got.Only != "1" {
		t.Errorf("transfer: %+v", got)
	}
	next()
	if got := act(queue.ActRequest{Action: queue.Requeue}); !got.Returned {
		t.Errorf("requeue: %+v", got)
	}
	next()
	act(queue.ActRequest{Action: queue.Absent})
	act(queue.ActRequest{Action: queue.Restore})
	act(queue.ActRequest{Action: queue.Undo})
	act(queue.ActRequest{Action: queue.Restore})
	next()
	open("1", queue.SetCounterRequest{State: queue.Closed, InHand: queue.Finish, Reason: "hết giờ"})
	if got := act(queue.ActRequest{Action: queue.Rate, Level: 5, Reasons: []string{"nhanh"}}); got.Rating == nil || got.Rating.Level != 5 {
		t.Errorf("rate: %+v", got)
	}

	last := b.seq()
	logOf := func(o queue.Office) (out []queue.Event) {
		for e, err := range o.Events(ctx, 0) {
			must(err)
			if out = append(out, e); e.Seq == last {
				break
			}
		}
		return out
	}
	near, distant := logOf(b.office), logOf(far)
	if d := cmp.Diff(near, distant, cmpopts.IgnoreUnexported(queue.Event{}),
		cmpopts.IgnoreFields(queue.Event{}, "Actor", "Hash", "Setup", "Opening")); d != "" {
		t.Errorf("log: -near +far\n%s", d)
	}
}

// TestClientLeavesNothingUndecided: the ways to leave a ticket are the
// office's, and others are refused as the office would.
func TestClientLeavesNothingUndecided(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	b.callTo("1")
	for _, o := range []queue.Office{b.office, b.client("staff")} {
		for inHand, want := range map[queue.Action]queue.Code{
			"": queue.CodeCounterBusy, queue.Cancel: queue.CodeUnknownAction, "fly": queue.CodeUnknownAction,
		} {
			_, err := o.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Closed, InHand: inHand})
			if got := queue.ErrorCode(err); got != want {
				t.Errorf("%T, in hand %q: %v, want %s", o, inHand, err, want)
			}
		}
	}
}

// TestPublicSeesNoFreeWords: what staff and citizens wrote, and how somebody
// rated, is for devices with a token.
func TestPublicSeesNoFreeWords(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	b.callTo("1")
	b.post("/tickets/A001/finish", "staff", `{"reason":"gọi 0912345678"}`).want(t, 200)
	b.post("/tickets/A001/undo", "staff", ``).want(t, 200)
	b.post("/tickets/A001/start", "staff", `{"reason":"gọi 0912345678"}`).want(t, 200)
	if a := b.get("/counters", ""); strings.Contains(string(a.body), "0912345678") {
		t.Errorf("counters tell anyone %s", a.body)
	}
	if a := b.get("/counters", "staff"); !strings.Contains(string(a.body), "0912345678") {
		t.Errorf("counters tell staff %s", a.body)
	}
}
