//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/ear"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
)

// hear is a step that waits for a prompt of the telephone, by its id.
func hear(t testing.TB, language, id string) string {
	t.Helper()
	for _, p := range ivr.Prompts(language) {
		if p.ID == id {
			return fmt.Sprintf("expect %q in %s within 3m", p.Text, language)
		}
	}
	t.Fatalf("the telephone has no prompt %q", id)
	return ""
}

// caller is a telephone that follows a script.
type caller struct {
	cmd *exec.Cmd
	out *syncBuffer
	wav string
}

// dialled starts a call; an empty number is withheld.
func dialled(t testing.TB, s *server, number string, script ...string) *caller {
	t.Helper()
	dir, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{out: &syncBuffer{}, wav: filepath.Join(t.TempDir(), "heard.wav")}
	c.cmd = exec.Command(binary(t), "phone", "-script", "-", "-voice", dir, "-from", number, "-record", c.wav, "sip:"+s.sip)
	c.cmd.Stdin = strings.NewReader(strings.Join(script, "\n"))
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// call makes a call to its end and gives what the telephone told about it.
func call(t testing.TB, s *server, number string, script ...string) *caller {
	t.Helper()
	c := dialled(t, s, number, script...)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s\n%s", err, c.out, strings.Join(script, "\n"))
	}
	return c
}

// at gives when the telephone began and ended to hear something, in seconds.
func (c *caller) at(t testing.TB, what string) (from, to float64) {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta("heard "+what) + ` from ([0-9.]+) s to ([0-9.]+) s`).FindStringSubmatch(c.out.String())
	if m == nil {
		t.Fatalf("did not hear %s\n%s", what, c.out)
	}
	from, _ = strconv.ParseFloat(m[1], 64) // As matched.
	to, _ = strconv.ParseFloat(m[2], 64)
	return from, to
}

// firstNumber is how long a caller may need who calls for the first time, from
// the answer to the end of the words that say the number.
const firstNumber = 35 * time.Second

// TestFirstCall has a person call who never did: waits for the whole menu,
// presses one key, and stays on the line.
func TestFirstCall(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	c := call(t, s, "0912345601", `expect "Xin chào,"`, "wait speech", "press 1",
		"expect number A001", hear(t, "vi", "kept"), "expect hangup within 3m")
	tk := phoneTicket(s, "A001")
	if tk.State != "waiting" {
		t.Errorf("the number is %s", tk.State)
	}
	// The recording, not our own clock, says when the words ended.
	listener, err := ear.NewListener([]ear.Reference{{Name: "A001", PCM: rendered(t, announce.NumberSlow(queue.Number{Prefix: "A", N: 1}), true)}})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := listener.Find(readWAV(t, c.wav).PCM, 0.8)
	if err != nil || len(hits) < 2 {
		t.Fatalf("the number was read %d times, want twice; %v\n%s", len(hits), err, c.out)
	}
	t.Logf("the number was told %.1f s after the answer, again at %.1f s", hits[0].Until.Seconds(), hits[1].Until.Seconds())
	if hits[0].Until > firstNumber {
		t.Errorf("the number came %.1f s after the answer, want at most %v", hits[0].Until.Seconds(), firstNumber)
	}
}

// TestHurriedCall presses the key before anything is said, as people do who
// have called before.
func TestHurriedCall(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	c := call(t, s, "0912345602", "press 1", "expect number A001", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "goodbye"), "expect hangup within 3m")
	phoneTicket(s, "A001")
	_, told := c.at(t, "number A001")
	t.Logf("the number was told %.1f s after the answer", told)
}

// TestKnownCaller calls again: the own number first, later, cancel.
func TestKnownCaller(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	const number = "0912345603"
	call(t, s, number, "press 1", "expect number A001", "expect hangup within 3m")
	phoneTicket(s, "A001")
	var others [7]struct {
		At time.Time `json:"issued_at"`
	}
	for i := range others {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, &others[i])
	}
	first := 5 // Who came in the same millisecond as the fifth cannot be passed alone.
	for ; first < len(others) && others[first].At.Equal(others[4].At); first++ {
	}
	call(t, s, number, hear(t, "vi", "mine-one"), "expect number A001", "wait speech", "press 1", hear(t, "vi", "done-later"), "expect number A001", "hangup")
	var tk ticket
	s.must(http.StatusOK, "GET", base+"/tickets/A001", "staff", nil, &tk)
	if tk.State != "waiting" || tk.Standing == nil || tk.Standing.Ahead != first {
		t.Errorf("after %d were let go first: %+v, %+v", first, tk, tk.Standing)
	}
	// Somebody else's telephone knows nothing of it.
	call(t, s, "0912345604", `expect "Xin chào,"`, "press 6", hear(t, "vi", "enter-code"), "hangup")
	call(t, s, number, hear(t, "vi", "mine-one"), "press 3", hear(t, "vi", "sure-cancel"), "expect number A001", "press 2", hear(t, "vi", "mine-one"), "hangup")
	if got := stateOf(s, "A001"); got != "waiting" {
		t.Errorf("who did not mean it has a number that is %s", got)
	}
	call(t, s, number, hear(t, "vi", "mine-one"), "press 3", hear(t, "vi", "sure-cancel"), "press 1", hear(t, "vi", "state-cancelled"), "hangup")
	if got := stateOf(s, "A001"); got != "cancelled" {
		t.Errorf("the cancelled number is %s", got)
	}
	s.program("verify")
}

// TestLookupByCode asks for a number that came by another door.
func TestLookupByCode(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	var tk ticket
	s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "B", "channel": "kiosk"}, &tk)
	wrong := tk.Code[:8] + string('0'+(tk.Code[8]-'0'+1)%10)
	call(t, s, "", "press 6", hear(t, "vi", "enter-code"), "press "+wrong, hear(t, "vi", "bad-code"),
		"press "+tk.Code, hear(t, "vi", "mine-one"), "expect number B001", "hangup")
	// What was pressed is nobody's business.
	trace := s.latestTrace()
	if strings.Contains(trace, tk.Code) || !strings.Contains(trace, "•") {
		t.Errorf("the trace tells the code:\n%s", trace)
	}
}

// telephone starts a server for calls; when the test fails, their traces are told.
func telephone(t *testing.T, config string) *server {
	t.Helper()
	s := start(t, "", voiceConfig(t, config))
	t.Cleanup(func() { logCalls(t, s.admin) })
	return s
}

// logCalls tells the course of the latest calls, of which get fetches the pages,
// if the test has failed.
func logCalls(t *testing.T, get func(path string) string) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, m := range regexp.MustCompile(`/admin/calls/call/([0-9]+)`).FindAllStringSubmatch(get("/admin/calls"), 5) {
		t.Log(get("/admin/calls/trace/" + m[1]))
	}
}

// decide changes the office's setup and waits until the telephone has surely
// read it: calls share what was read for a moment.
func (s *server) decide(edit func(setup map[string]any)) {
	s.t.Helper()
	s.configure(edit)
	<-time.After(3 * time.Second)
}

// liveTrace finds the call that is running on the pages that get fetches, and
// gives what fetches its trace, also when it is over.
func (s *server) liveTrace(get func(path string) string) func() string {
	s.t.Helper()
	var key []string
	s.await("a live call", patience, func() bool {
		live, _, _ := strings.Cut(get("/admin/calls"), `id="over"`)
		key = regexp.MustCompile(`/admin/calls/call/([0-9]+)`).FindStringSubmatch(live)
		return key != nil
	})
	return func() string { return get("/admin/calls/trace/" + key[1]) }
}

// latestTrace is the trace of the latest call that is over.
func (s *server) latestTrace() string {
	s.t.Helper()
	var key []string
	s.await("a call that is over", 60*time.Second, func() bool {
		_, over, _ := strings.Cut(s.admin("/admin/calls"), `id="over"`)
		key = regexp.MustCompile(`/admin/calls/call/([0-9]+)`).FindStringSubmatch(over)
		return key != nil
	})
	return s.admin("/admin/calls/trace/" + key[1])
}

// admin gives a page as an administrator sees it.
func (s *server) admin(path string) string {
	s.t.Helper()
	req, err := http.NewRequest("GET", "http://"+s.http+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token("admin"))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d, %v", path, res.StatusCode, err)
	}
	return string(text)
}

// statusOf is how a page answers to a role.
func (s *server) statusOf(path, role string) int {
	s.t.Helper()
	req, err := http.NewRequest("GET", "http://"+s.http+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if role != "" {
		req.Header.Set("Authorization", "Bearer "+s.token(role))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestEnglishCall changes the language, which is offered because the voice
// speaks it.
func TestEnglishCall(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	s.await("English to be offered", 120*time.Second, func() bool { return strings.Contains(s.admin("/admin/phone"), "English press seven.") })
	call(t, s, "0912345605", `expect "Xin chào,"`, "press 7", hear(t, "en", "for-repeat"), "press 2",
		"expect number B001 in en within 3m", hear(t, "en", "keep-stay"), "expect hangup within 3m")
	phoneTicket(s, "B001")
}

// TestClosedOffice explains, gives no number, and still looks one up and takes
// it back.
func TestClosedOffice(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	before := s.take("A")
	other := (time.Now().In(time.FixedZone("Việt Nam", 7*3600)).Weekday() + 3) % 7
	s.decide(func(setup map[string]any) { setup["hours"] = []body{{"day": other, "from": "07:30", "to": "11:30"}} })
	call(t, s, "0912345606", hear(t, "vi", "closed-office"), hear(t, "vi", "for-mine"), "wait speech", "press 1", hear(t, "vi", "closed-office"),
		"press 6", hear(t, "vi", "enter-code"), "press "+before.Code, hear(t, "vi", "mine-one"), "expect number A001",
		"press 3", hear(t, "vi", "sure-cancel"), "press 1", hear(t, "vi", "state-cancelled"), hear(t, "vi", "goodbye"), "expect hangup within 3m")
	if got := stateOf(s, "A001"); got != "cancelled" {
		t.Errorf("the number that was cancelled is %s", got)
	}
	if got := stateOf(s, "A002"); got != "" {
		t.Errorf("a closed office gave a number, which is %s", got)
	}
}

// TestOperator presses 0; a softphone takes over.
func TestOperator(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	s := telephone(t, "")
	desk := softphone(t, s, ";answermode=auto")
	s.decide(func(setup map[string]any) { setup["phone"] = body{"operator": "sip:" + desk.addr} })
	citizen := softphone(t, s, "")
	citizen.ctl("dial", "sip:1022@"+s.sip)
	s.await("the call to be up", 60*time.Second, func() bool { return strings.Contains(citizen.ctl("listcalls", ""), "ESTABLISHED") })
	citizen.ctl("sndcode", "0")
	s.await("the operator to be spoken to", 90*time.Second, func() bool { return strings.Contains(desk.ctl("listcalls", ""), "ESTABLISHED") })
	s.await("our call to be over", 60*time.Second, func() bool { return s.figure("xinmoi_calls_live") == 0 })
	if trace := s.latestTrace(); !strings.Contains(trace, "REFER sip:") {
		t.Errorf("no REFER in the trace:\n%s", trace)
	}
}

// TestHold puts us on hold in the middle of a sentence and comes back: the
// call goes on, and the number is kept.
func TestHold(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	s := telephone(t, "")
	citizen := softphone(t, s, "")
	citizen.ctl("dial", "sip:1022@"+s.sip)
	s.await("the call to be up", 60*time.Second, func() bool { return strings.Contains(citizen.ctl("listcalls", ""), "ESTABLISHED") })
	citizen.ctl("sndcode", "3")
	s.await("the held number", 60*time.Second, func() bool { return stateOf(s, "C001") == "held" })
	citizen.ctl("hold", "")
	<-time.After(5 * time.Second)
	if got := stateOf(s, "C001"); got != "held" || s.figure("xinmoi_calls_live") != 1 {
		t.Errorf("on hold the number is %q", got)
	}
	citizen.ctl("resume", "")
	phoneTicket(s, "C001")
	s.await("the call to be over", 120*time.Second, func() bool { return s.figure("xinmoi_calls_live") == 0 })
	if trace := s.latestTrace(); !strings.Contains(trace, "a=sendonly") || !strings.Contains(trace, "kept      C001") {
		t.Errorf("no hold in the trace:\n%s", trace)
	}
}

// soft is a softphone.
type soft struct {
	ctl  func(command, params string) string
	addr string // "citizen@127.0.0.1:5070"
	dir  string
}

// softphone starts a baresip; options are its account's.
func softphone(t *testing.T, s *server, options string) soft {
	t.Helper()
	dir := t.TempDir()
	ctl := baresip(t, dir, options)
	accounts, err := os.ReadFile(filepath.Join(dir, "accounts"))
	if err != nil {
		t.Fatal(err)
	}
	return soft{ctl, regexp.MustCompile(`sip:(citizen@127\.0\.0\.1:[0-9]+)`).FindStringSubmatch(string(accounts))[1], dir}
}

// figure reads one figure of /metrics, without labels; -1 if there is none.
func (s *server) figure(name string) float64 {
	s.t.Helper()
	res, err := http.Get("http://" + s.http + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return v
		}
	}
	return -1
}

// TestHangUpAtEveryStep calls again and again and hangs up one step later each
// time. Whatever was begun, the queue is whole afterwards: what was kept waits,
// everything else has lapsed, and nobody is held for ever.
func TestHangUpAtEveryStep(t *testing.T) {
	t.Parallel()
	s := telephone(t, "[sip]\nmax_calls_per_source = 100\n")
	took := []string{"wait 100ms", "press 1", "wait 300ms", hear(t, "vi", "your-number"), "wait speech", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "goodbye")}
	silent := []string{`expect "Xin chào,"`, "wait speech", hear(t, "vi", "nothing"), "wait speech", "wait 12s", "wait speech"}
	typed := []string{"press 6", hear(t, "vi", "enter-code"), "press 123", "press 456789", hear(t, "vi", "bad-code")}
	var calls []*caller
	number := 0
	for _, script := range [][]string{took, silent, typed} {
		for n := range len(script) + 1 {
			number++
			steps := append(slices.Clone(script[:n]), "hangup")
			calls = append(calls, dialled(t, s, fmt.Sprintf("09123460%02d", number), steps...))
			<-time.After(200 * time.Millisecond) // Not all at once: this tests the queue, not the flood limits.
		}
	}
	for i, c := range calls {
		if err := c.cmd.Wait(); err != nil {
			t.Errorf("call %d: %v\n%s", i, err, c.out)
		}
	}
	hungUpByBaresip(t, s)
	s.consistent(t)
}

// hungUpByBaresip lets a softphone of other make hang up at many moments.
func hungUpByBaresip(t *testing.T, s *server) {
	if _, err := exec.LookPath("baresip"); err != nil {
		t.Log("baresip is not installed; make test installs it")
		return
	}
	phone := softphone(t, s, "")
	for _, pause := range []time.Duration{0, 50 * time.Millisecond, 400 * time.Millisecond, 1500 * time.Millisecond, 5 * time.Second} {
		for _, key := range []string{"", "2"} {
			phone.ctl("dial", "sip:1022@"+s.sip)
			if key != "" {
				phone.ctl("sndcode", key)
			}
			<-time.After(pause)
			phone.ctl("hangup", "")
			s.await("the softphone to be free", 60*time.Second, func() bool { return !strings.Contains(phone.ctl("listcalls", ""), "sip:1022") })
		}
	}
}

// heldTime is how long a number given by telephone is held; it may take a
// moment more until it has lapsed.
const heldTime = 120 * time.Second

// consistent waits until nobody is held, and looks at every number.
func (s *server) consistent(t *testing.T) {
	t.Helper()
	s.await("all calls to be over", 120*time.Second, func() bool { return s.figure("xinmoi_calls_live") == 0 })
	states := map[string]string{}
	s.await("held numbers to be kept or to lapse", heldTime+30*time.Second, func() bool {
		clear(states)
		for _, service := range []string{"A", "B", "C", "D"} {
			for n := 1; ; n++ {
				number := queue.Number{Prefix: service, N: n}.String()
				state := stateOf(s, number)
				if state == "" {
					break
				}
				states[number] = state
				if state == "held" {
					return false
				}
			}
		}
		return true
	})
	waiting := map[string]bool{}
	for number, state := range states {
		switch state {
		case "waiting":
			waiting[number] = true
		case "cancelled":
		default:
			t.Errorf("%s is %s", number, state)
		}
	}
	t.Logf("%d numbers, %d of them kept", len(states), len(waiting))
	s.must(http.StatusOK, "POST", base+"/counters/1/open", "staff", nil, nil)
	s.configure(func(setup map[string]any) {
		for _, c := range setup["counters"].([]any) {
			c.(map[string]any)["services"] = []string{"A", "B", "C", "D"}
		}
	})
	for {
		var tk ticket
		status, text, err := s.try("POST", base+"/counters/1/next", "staff", "", nil)
		if err != nil || status == http.StatusNoContent {
			break
		}
		if json.Unmarshal(text, &tk) != nil || !waiting[tk.Number] {
			t.Fatalf("called %s", text)
		}
		delete(waiting, tk.Number)
		s.must(http.StatusOK, "POST", base+"/tickets/"+tk.ID+"/finish", "staff", nil, nil)
	}
	if len(waiting) > 0 {
		t.Errorf("never called: %v", waiting)
	}
	s.program("verify")
}

// TestKilledDuringACall kills the server while callers talk, at several
// moments; who calls again finds the own number.
func TestKilledDuringACall(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	var callers []*caller
	for i, script := range [][]string{{"wait 60s"}, {"press 1", "wait 60s"}, {"press 2", "wait 60s"}, {"press 3", hear(t, "vi", "keep-stay"), "press 1", "wait 60s"}} {
		callers = append(callers, dialled(t, s, fmt.Sprintf("091234700%d", i), script...))
	}
	s.await("two held numbers and a kept one", 120*time.Second, func() bool {
		return stateOf(s, "A001") != "" && stateOf(s, "B001") != "" && stateOf(s, "C001") == "waiting"
	})
	s.kill()
	for _, c := range callers {
		_ = c.cmd.Process.Kill() // The telephones heard nothing more.
		_ = c.cmd.Wait()
	}
	s.run()
	if got := stateOf(s, "C001"); got != "waiting" {
		t.Errorf("a kept number is %q after kill -9", got)
	}
	// One that was being read is still held, and its caller can keep it.
	if got := stateOf(s, "A001"); got == "held" {
		call(t, s, "0912347001", hear(t, "vi", "mine-one"), "expect number A001", hear(t, "vi", "state-held"), "press 1", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "goodbye"), "expect hangup within 3m")
		phoneTicket(s, "A001")
	}
	s.consistent(t)
}

// TestCallsPage looks at the page of live calls in a browser while somebody
// calls, and at the figures afterwards.
func TestCallsPage(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := telephone(t, "")
	for role, want := range map[string]int{"": http.StatusUnauthorized, "staff": http.StatusForbidden, "admin": http.StatusOK} {
		if got := s.statusOf("/admin/calls", role); got != want {
			t.Errorf("the page answers %d to role %q, want %d", got, role, want)
		}
	}
	call(t, s, "0912345678", "press 1", "expect number A001", "hangup")
	call(t, s, "0912345679", "hangup")
	var c *caller
	browse(t, s, "calls.mjs", map[string]any{"page": "http://" + s.http + "/admin/calls?token=" + s.token("admin")}, func(st step) any {
		if st.Step == "open" { // A browser may take long to start; the call lasts long enough to be looked at.
			c = dialled(t, s, "0987654321", "press 2", "expect number B001", "press 9", "expect number B001", "press 9", "expect number B001",
				"expect hangup within 3m")
		}
		return nil
	}, "axe calls-live", "moved on", "axe call", "axe calls-over", "narrow", "without script")
	if c == nil {
		t.Fatal("the browser never opened the page")
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, c.out)
	}
	trace := s.latestTrace()
	for _, want := range []string{"0987***321", "SIP in", "INVITE sip:", "answered", "key       2", "took      B001", "kept      B001"} {
		if !strings.Contains(trace, want) {
			t.Errorf("no %q in the trace\n%s", want, trace)
		}
	}
	if strings.Contains(trace, "987654321") {
		t.Errorf("the trace tells the caller's number:\n%s", trace)
	}
	s.await("the figures", 60*time.Second, func() bool { return s.figure("xinmoi_call_seconds_count") == 3 })
	for name, want := range map[string]float64{
		`xinmoi_calls_answered_total{direction="in"}`: 3, "xinmoi_call_numbers_taken_total": 2, "xinmoi_call_numbers_kept_total": 1,
		"xinmoi_calls_live": 0, `xinmoi_queue_waiting{service="B"}`: 1, `xinmoi_queue_counters{state="closed"}`: 4,
	} {
		if got := s.figure(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// TestManyCallsAtOnce has a dozen people call in the same moment: each gets a
// number of their own, and hears it.
func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	s := telephone(t, "[sip]\nmax_calls_per_source = 100\n")
	const people = 12
	var refs []ear.Reference
	for n := 1; n <= people; n++ {
		number := queue.Number{Prefix: "A", N: n}
		refs = append(refs, ear.Reference{Name: number.String(), PCM: rendered(t, announce.NumberSlow(number), true)})
	}
	var callers []*caller
	for i := range people {
		callers = append(callers, dialled(t, s, fmt.Sprintf("09123480%02d", i), "press 1", "wait speech", hear(t, "vi", "keep-stay"), "press 1", "expect hangup within 3m"))
	}
	heard := map[string]int{}
	for _, c := range callers {
		if err := c.cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, c.out)
			continue
		}
		listener, err := ear.NewListener(refs)
		if err != nil {
			t.Fatal(err)
		}
		hits, err := listener.Find(readWAV(t, c.wav).PCM, 0.9)
		if err != nil || len(hits) < 2 || hits[0].Name != hits[1].Name {
			t.Errorf("heard %v, %v; want one number twice", ear.Names(hits), err)
			continue
		}
		heard[hits[0].Name]++
	}
	for _, r := range refs {
		if state := stateOf(s, r.Name); heard[r.Name] != 1 || state != "waiting" {
			t.Errorf("%s was heard by %d callers and is %q", r.Name, heard[r.Name], state)
		}
	}
}
