package agent_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// TestFaults is the acceptance run: citizens at one kiosk, a fault of the
// printer or of the process at nearly every visit. Nobody who holds paper or saw
// the number on the screen loses it, no number is on two papers unless the second
// says so, no fault passes unseen, and every held number ends confirmed or void.
//
// XINMOI_PRINTER_FAULTS=10000 makes the long run, XINMOI_SEED another one.
func TestFaults(t *testing.T) {
	faults, seed := envInt(t, "XINMOI_PRINTER_FAULTS", 60), envInt(t, "XINMOI_SEED", 1)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, uint64(seed))
		for w.count.faults < faults {
			w.visit()
		}
		w.end()
		t.Logf("seed %d: %+v", seed, w.count)
		c := w.count
		if c.lost+c.doubled+c.silent+c.held > 0 {
			t.Errorf("lost %d, doubled %d, silent %d, still held %d", c.lost, c.doubled, c.silent, c.held)
		}
		if c.crashes == 0 || c.onScreen == 0 || c.void == 0 || faults >= 1000 && (c.reprints == 0 || c.recovered == 0) {
			t.Errorf("the run did not reach everything: %+v", c)
		}
	})
}

func envInt(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%q: %v", name, text, err)
	}
	return n
}

// counts is what a run comes to.
type counts struct {
	visits, faults, crashes           int
	papers, reprints, spilled         int
	onScreen, confirmed, void, nobody int
	recovered                         int // Confirmed after a crash by the journal.
	lost, doubled, silent, held       int // What must not be.
}

// truth is what really happened to one ticket.
type truth struct {
	id      string
	number  string
	at      time.Time
	papers  int  // Whole ones.
	first   int  // Of these, not marked as a reprint.
	shown   bool // A screen showed the number.
	warned  bool // Staff were told that it may come out late.
	claimed bool // The office was told that the printer acknowledged it.
	story   string
}

type world struct {
	t      *testing.T
	rng    *rand.Rand
	engine *queue.Engine
	paper  *vprinter.Printer
	seen   int // Papers looked at.
	dir    string
	lives  int
	now    *life
	stop   func()
	count  counts

	mu       sync.Mutex
	byNumber map[string]*truth
	waiting  []*truth // To be judged.
	pictures map[[sha256.Size]byte]job
}

// job is one picture sent to the printer.
type job struct {
	of    *truth
	again bool
	rows  int
}

// life is one run of the kiosk's process.
type life struct {
	w       *world
	kiosk   *kiosk.Kiosk
	web     http.Handler
	journal *agent.Journal
	driver  *printer.Driver
	stop    context.CancelFunc
	parts   sync.WaitGroup

	mu    sync.Mutex
	fuse  int // Steps until the crash; 0 = none.
	dead  bool
	died  chan struct{}
	conns []printer.Conn
	saved []byte // The journal as the crash left it.
}

func newWorld(t *testing.T, seed uint64) *world {
	ctx, cancel := context.WithCancel(t.Context())
	engine, err := queue.NewEngine(ctx, queue.Config{
		Setup: queue.CommuneCentre(), Store: &memory.Store{}, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080"),
	})
	if err != nil {
		t.Fatal(err)
	}
	paper, err := vprinter.New(vprinter.Config{Width: layout.Width58, Keep: 8})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 7)), engine: engine, paper: paper, dir: t.TempDir(),
		byNumber: map[string]*truth{}, pictures: map[[sha256.Size]byte]job{},
	}
	var owner sync.WaitGroup
	owner.Go(func() { _ = engine.Run(ctx) })
	w.stop = func() { cancel(); owner.Wait() }
	w.begin(nil)
	return w
}

// begin starts the process, with the journal as the last one left it.
func (w *world) begin(journal []byte) {
	w.lives++
	path := filepath.Join(w.dir, fmt.Sprintf("journal-%d", w.lives))
	if err := os.WriteFile(path, journal, 0o600); err != nil {
		w.t.Fatal(err)
	}
	profile, err := printer.FindProfile("virtual-58")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	l := &life{w: w, stop: cancel, died: make(chan struct{})}
	if l.journal, err = agent.OpenJournal(path, nil); err != nil {
		w.t.Fatal(err)
	}
	l.driver = printer.New(printer.Config{Name: "virtual", Open: l.open, Profile: profile})
	office := &gate{Office: w.engine, l: l}
	l.kiosk, err = kiosk.New(kiosk.Config{
		Office: l.journal.Office(office), Printer: l.journal.Printer(recorder{l.driver, l}), PaperWidth: layout.Width58,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	l.web = l.kiosk.Handler()
	l.parts.Go(func() { _ = l.kiosk.Run(ctx) })
	l.parts.Go(func() { _ = l.journal.Run(ctx, office, "kiosk") })
	w.now = l
}

// step is a moment at which the process may die.
func (l *life) step() (dead bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return true
	}
	if l.fuse--; l.fuse != 0 {
		return false
	}
	l.dead = true
	path := filepath.Join(l.w.dir, fmt.Sprintf("journal-%d", l.w.lives))
	var err error
	if l.saved, err = os.ReadFile(path); err != nil {
		l.w.t.Error(err)
	}
	for _, c := range l.conns {
		_ = c.Close()
	}
	close(l.died)
	return true
}

// bury waits until nothing of a dead process moves any more.
func (l *life) bury() {
	l.stop()
	l.parts.Wait()
	l.w.count.recovered += len(l.journal.Recovered())
	if err := l.journal.Close(); err != nil {
		l.w.t.Error(err)
	}
	_ = os.Remove(filepath.Join(l.w.dir, fmt.Sprintf("journal-%d", l.w.lives)))
}

// open connects to the printer until the process is dead.
func (l *life) open(ctx context.Context) (printer.Conn, error) {
	if l.step() {
		return nil, os.ErrClosed
	}
	c, err := l.w.paper.Open(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns[max(0, len(l.conns)-4):], c)
	return &cable{c, l}, nil
}

// cable is where the process may die between two pieces of a ticket.
type cable struct {
	printer.Conn
	l *life
}

// Write sends in pieces.
func (c *cable) Write(b []byte) (n int, err error) {
	const piece = 3000
	for n < len(b) {
		if c.l.step() {
			return n, os.ErrClosed
		}
		sent, err := c.Conn.Write(b[n:min(n+piece, len(b))])
		if n += sent; err != nil {
			return n, err
		}
	}
	if c.l.step() {
		return 0, os.ErrClosed
	}
	return n, nil
}

// gate is the office as long as the process lives: a dead one hears and says
// nothing more.
type gate struct {
	queue.Office
	l *life
}

func (g *gate) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	if g.l.step() {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "dead")
	}
	t, err := g.Office.Take(ctx, r)
	if err == nil {
		g.l.w.took(t)
	}
	if g.l.step() {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "dead")
	}
	return t, err
}

func (g *gate) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	if g.l.step() {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "dead")
	}
	t, err := g.Office.Act(ctx, r)
	if g.l.step() {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "dead")
	}
	return t, err
}

// recorder remembers what every picture is, so that paper is known when it
// comes out.
type recorder struct {
	printer.Printer
	l *life
}

func (r recorder) Print(ctx context.Context, j printer.Job) (printer.Outcome, error) {
	if r.l.step() {
		return printer.Failed, os.ErrClosed
	}
	w := r.l.w
	w.mu.Lock()
	of := w.byNumber[j.Name]
	sum := sha256.Sum256(j.Paper.Bits)
	if _, known := w.pictures[sum]; !known {
		again := slices.ContainsFunc(mapValues(w.pictures), func(p job) bool { return p.of == of && !p.again })
		w.pictures[sum] = job{of, again, j.Paper.Height}
	}
	w.mu.Unlock()
	outcome, err := r.Printer.Print(ctx, j)
	w.mu.Lock()
	defer w.mu.Unlock()
	if of != nil {
		of.story += fmt.Sprintf("; print at %v: %s, %v, faults %+v", time.Since(of.at), outcome, err, w.paper.Faults())
		of.claimed = of.claimed || outcome == printer.Printed || outcome == printer.Assumed
		of.warned = of.warned || r.l.driver.Status().MayRepeat == j.Name
	}
	return outcome, err
}

func mapValues[K comparable, V any](m map[K]V) (all []V) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func (w *world) took(t queue.Ticket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.byNumber[t.Number.String()]; old != nil && old.id == t.ID {
		return
	}
	tr := &truth{id: t.ID, number: t.Number.String(), at: time.Now()}
	w.byNumber[tr.number] = tr
	w.waiting = append(w.waiting, tr)
}

// look recognises the papers that have come out since.
func (w *world) look() {
	w.t.Helper()
	papers := w.paper.Papers()
	fresh := w.paper.Count() - w.seen
	if fresh > len(papers) {
		w.t.Fatalf("%d papers at once", fresh)
	}
	w.seen += fresh
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range papers[:fresh] {
		w.count.papers++
		w.recognise(p.Picture)
	}
	if err := w.paper.Err(); err != nil {
		w.t.Fatalf("printer did not understand: %v", err)
	}
}

// recognise finds the tickets that are whole on a paper: the rest of one that
// was not cut off may hang above.
func (w *world) recognise(p *escpos.Bitmap) {
	for sum, j := range w.pictures {
		if j.rows > p.Height || sha256.Sum256(p.Bits[(p.Height-j.rows)*p.Stride:]) != sum {
			continue
		}
		j.of.papers++
		if j.again {
			w.count.reprints++
			return
		}
		j.of.first++
		if j.of.first > 1 && !j.of.warned {
			w.count.doubled++
			w.t.Errorf("%s is on %d papers, none marked", j.of.number, j.of.first)
		}
		return
	}
	w.count.spilled++
}

// visit is one citizen, and what goes wrong meanwhile.
func (w *world) visit() {
	w.count.visits++
	l := w.now
	heal := w.breakSomething(l)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.person(l)
	}()
	select {
	case <-done:
	case <-l.died:
		<-done // A dead process answers, but nobody hears it.
	}
	l.mu.Lock()
	l.fuse = 0
	dead := l.dead
	l.mu.Unlock()
	if dead {
		w.count.crashes++
		l.bury()
		time.Sleep(time.Duration(1+w.rng.IntN(40)) * time.Second) // In the bubble, here and below: no time passes.
		heal()
		w.look()
		w.begin(l.saved)
	} else {
		time.Sleep(time.Duration(1+w.rng.IntN(20)) * time.Second)
		heal()
	}
	time.Sleep(time.Duration(1+w.rng.IntN(10)) * time.Second)
	synctest.Wait()
	w.look()
	w.judge(170 * time.Second)
}

// person touches, looks, answers when asked, and goes.
func (w *world) person(l *life) {
	w.mu.Lock()
	key, patient, answers := newKey(w.rng), w.rng.IntN(5) > 0, w.rng.IntN(5) > 0
	w.mu.Unlock()
	form := url.Values{"key": {key}, "service": {"A"}, "procedure": {"khai-sinh"}, "lang": {"vi"}}
	res := send(l, http.MethodPost, "/kiosk/take", form)
	path := res.Header().Get("Location")
	switch {
	case isDead(l):
		return
	case res.Code != http.StatusSeeOther:
		if !strings.Contains(res.Body.String(), "<h1") {
			w.silent("an answer %d without words", res.Code)
		}
		return
	case !patient:
		return // Gone without a look at the screen, with the paper if there is one.
	}
	for range 40 {
		page := send(l, http.MethodGet, path, nil)
		if isDead(l) {
			return
		}
		body := page.Body.String()
		w.saw(body)
		switch {
		case strings.Contains(body, "/have\""):
			if !answers {
				return
			}
			w.answer(l, strings.Split(path, "?")[0])
		case !strings.Contains(body, "Đang in phiếu"):
			return
		}
		time.Sleep(time.Second)
	}
}

// saw notes whose number stands on a page.
func (w *world) saw(body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, tr := range w.waiting {
		if strings.Contains(body, tr.number) {
			tr.shown = true
			return
		}
	}
	w.count.silent++
	w.t.Errorf("a page without a number:\n%s", body)
}

// answer tells the truth: the ticket is there, or it is printed again.
func (w *world) answer(l *life, path string) {
	w.look()
	w.mu.Lock()
	last := w.waiting[len(w.waiting)-1]
	have := last.papers > 0
	w.mu.Unlock()
	if have {
		send(l, http.MethodPost, path+"/have", nil)
	} else {
		send(l, http.MethodPost, path+"/reprint", nil)
	}
}

func (w *world) silent(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.silent++
	w.t.Errorf(format, args...)
}

func isDead(l *life) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

func send(l *life, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res := httptest.NewRecorder()
	l.web.ServeHTTP(res, r)
	return res
}

// newKey makes a touch key as the kiosk's pages do.
func newKey(rng *rand.Rand) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, 26)
	for i := range b {
		b[i] = letters[rng.IntN(len(letters))]
	}
	return string(b)
}

// breakSomething injects a fault and gives what heals it.
func (w *world) breakSomething(l *life) (heals func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.faults++
	bytes := func() int { return escpos.FlushLen*w.rng.IntN(2) + 1 + w.rng.IntN(24_000) }
	bad := []vprinter.Faults{
		{PaperRows: 1 + w.rng.IntN(500)}, {PaperRows: 1 + w.rng.IntN(500), NoClear: true},
		{CutAfter: bytes()}, {CutAfter: bytes(), KeepHalf: true}, {CutAfter: bytes(), KeepHalf: true, DeafInData: true},
		{DropAcks: true}, {WrongID: true}, {Twice: true}, {Garble: true}, {Mute: true}, {Refuse: true}, {NoRealTime: true},
		{NoProcessID: true}, {AnswerLag: vprinter.Lag(time.Duration(w.rng.IntN(900)) * time.Millisecond)}, {Rate: 2000 + w.rng.IntN(20_000)},
		{JamAfter: 1}, {JamAfter: 1, JamStays: true}, {OneClient: true},
	}
	states := []escpos.Status{
		{PaperEnd: true, Offline: true}, {CoverOpen: true, Offline: true}, {CutterError: true, Offline: true}, {Offline: true},
		{Unrecoverable: true, Offline: true}, {Overheated: true, Offline: true}, {PaperLow: true},
	}
	well := func() {
		w.paper.Inject(vprinter.Faults{})
		w.paper.SetStatus(escpos.Status{})
	}
	switch kind := w.rng.IntN(10); {
	case kind < 4:
		w.paper.Inject(bad[w.rng.IntN(len(bad))])
	case kind < 6:
		w.paper.SetStatus(states[w.rng.IntN(len(states))])
	case kind == 6: // In the middle of something, and well again soon.
		after, state := time.Duration(w.rng.IntN(3000))*time.Millisecond, states[w.rng.IntN(len(states))]
		w.paper.Inject(vprinter.Faults{Rate: 20_000})
		timer := time.AfterFunc(after, func() { w.paper.SetStatus(state) })
		return func() { timer.Stop(); well() }
	case kind == 7:
		w.paper.Inject(vprinter.Faults{Rate: 20_000})
		timer := time.AfterFunc(time.Duration(w.rng.IntN(3000))*time.Millisecond, w.paper.PowerCycle)
		return func() { timer.Stop(); well() }
	default:
		if w.rng.IntN(2) == 0 {
			w.paper.Inject(bad[w.rng.IntN(len(bad))])
		}
		l.mu.Lock()
		l.fuse = 1 + w.rng.IntN(40)
		l.mu.Unlock()
	}
	return well
}

// judge looks what became of the tickets that are so old.
func (w *world) judge(age time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	var young []*truth
	for _, tr := range w.waiting {
		if now.Sub(tr.at) < age {
			young = append(young, tr)
			continue
		}
		t, err := w.engine.Ticket(w.t.Context(), tr.id)
		if err != nil {
			w.t.Fatalf("%s: %v", tr.number, err)
		}
		w.verdict(tr, t)
		for sum, j := range w.pictures {
			if j.of == tr {
				delete(w.pictures, sum)
			}
		}
	}
	w.waiting = young
}

func (w *world) verdict(tr *truth, t queue.Ticket) {
	delivered := tr.papers > 0 || tr.shown
	if tr.papers == 0 && tr.shown {
		w.count.onScreen++
	}
	switch {
	case t.State == queue.Held:
		w.count.held++
		w.t.Errorf("%s is still held after %v", tr.number, time.Since(tr.at))
	case t.State == queue.Cancelled && delivered:
		w.count.lost++
		w.t.Errorf("%s was lost: %d papers, shown %v, %s", tr.number, tr.papers, tr.shown, t.Reason+tr.story)
	case t.State == queue.Cancelled:
		w.count.void++
	case tr.claimed && tr.papers == 0:
		w.count.silent++
		w.t.Errorf("%s counts as printed, and no paper came out", tr.number)
	case !delivered:
		w.count.nobody++ // Perhaps somebody has it: better an empty call than a lost place.
	default:
		w.count.confirmed++
	}
}

// end lets everything come to rest.
func (w *world) end() {
	time.Sleep(5 * time.Minute)
	w.look()
	w.judge(0)
	w.now.bury()
	w.stop()
	synctest.Wait()
}
