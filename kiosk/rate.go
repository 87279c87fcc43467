package kiosk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// rateLevels is how many answers there are, from 1, the worst, to 5.
const rateLevels = 5

const (
	rateTime   = 5 * time.Minute // How long a served ticket may be rated.
	rateThanks = 8               // Seconds that the thanks stay.
	rateBack   = 300             // How many events a start looks back for tickets just served.
	followWait = 2 * time.Second // Before the log is asked for again after a failure.
)

// rateable is the ticket last served at a counter.
type rateable struct {
	ticket queue.Ticket
	done   bool // It was rated.
}

// ratings knows the ticket last served at every counter, from the log.
type ratings struct {
	mu   sync.Mutex
	last map[string]rateable
	seq  int64
	set  bool // seq is known.
}

// followRatings reads the log for as long as the kiosk runs.
func (k *Kiosk) followRatings(ctx context.Context) {
	_ = queue.Following{ // Ends with ctx.
		Office: k.cfg.Office, First: followWait, Most: followWait,
		From: func(ctx context.Context) (int64, error) { return k.ratings.from(ctx, k.cfg.Office) },
		Event: func(_ context.Context, e queue.Event) (bool, error) {
			k.ratings.see(e)
			return false, nil
		},
		Broken: func(err error, _ time.Duration) { k.log.Debug("ratings do not follow the log", "err", err) },
	}.Run(ctx)
}

// from is where to go on reading.
func (rs *ratings) from(ctx context.Context, office queue.Office) (int64, error) {
	rs.mu.Lock()
	seq, set := rs.seq, rs.set
	rs.mu.Unlock()
	if set {
		return seq, nil
	}
	board, err := office.Board(ctx)
	return max(0, board.Seq-rateBack), err
}

// see takes in one event.
func (rs *ratings) see(e queue.Event) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.seq, rs.set = e.Seq, true
	if e.Ticket == nil {
		return
	}
	t := *e.Ticket
	if rs.last == nil {
		rs.last = map[string]rateable{}
	}
	switch {
	case t.State == queue.Completed:
		rs.last[t.Counter] = rateable{t, t.Rating != nil}
	case e.Kind == queue.TicketStarted:
		delete(rs.last, t.Counter) // The next citizen sits there: the last one has gone.
	default:
		for counter, r := range rs.last {
			if r.ticket.ID == t.ID { // Taken back: it is not over.
				delete(rs.last, counter)
			}
		}
	}
}

// at gives the ticket that may be rated at a counter.
func (rs *ratings) at(counter string, now time.Time) (rateable, bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r, ok := rs.last[counter]
	return r, ok && !r.done && now.Sub(r.ticket.FinishedAt) < rateTime
}

// rateView is the screen at a counter.
type rateView struct {
	Counter  string
	Ticket   string // Id; empty = nothing to rate.
	Number   string
	Levels   []rateLevel
	Counters []option // To choose from, where the address names none.
	Thanks   bool
	Late     bool
}

type rateLevel struct {
	Level int
	Words string
	Face  string // Path of its mouth.
}

// ratePage shows the faces for the ticket last served at a counter.
func (k *Kiosk) ratePage(w http.ResponseWriter, r *http.Request) {
	k.showRate(w, r, http.StatusOK, &rateView{Thanks: r.URL.Query().Get("thanks") != "", Late: r.URL.Query().Get("late") != ""})
}

func (k *Kiosk) showRate(w http.ResponseWriter, r *http.Request, status int, v *rateView) {
	s := k.newScreen(r)
	v.Counter = r.FormValue("counter")
	var asks queue.RatingSetup
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
		asks = info.Rating
	}
	counters, err := k.cfg.Office.Counters(r.Context())
	if err != nil {
		k.fail(w, r, err)
		return
	}
	known := false
	for _, c := range counters {
		known = known || c.ID == v.Counter
		v.Counters = append(v.Counters, option{ID: c.ID, Words: c.Name, Link: "/rate?" + url.Values{"counter": {c.ID}, "lang": {s.Lang}}.Encode()})
	}
	s.Home, s.StaffKey = ratePath(v.Counter, s.Lang, ""), ""
	switch {
	case !known:
		v.Counter, s.Title, s.Home = "", s.T.RateCounter, "/rate?lang="+s.Lang
	case v.Thanks || v.Late:
		s.Title = s.T.RateThanks
		if v.Late {
			s.Title = s.T.RateLate
		}
		s.Refresh, s.RefreshTo = rateThanks, s.Home
	default:
		k.viewRate(&s, v, asks)
	}
	data := struct {
		screen
		Rate *rateView
	}{s, v}
	k.write(w, status, "rate.html", data)
}

func (k *Kiosk) viewRate(s *screen, v *rateView, asks queue.RatingSetup) {
	s.Title = s.T.RateIdle
	last, ok := k.ratings.at(v.Counter, time.Now())
	if !ok || !asks.Rateable(last.ticket, time.Now()) {
		return
	}
	s.Title, v.Ticket, v.Number = s.T.RateTitle, last.ticket.ID, fmt.Sprintf(s.T.RateNumber, last.ticket.Number)
	for _, l := range asks.WithDefaults().Levels {
		v.Levels = append(v.Levels, rateLevel{l.Level, s.levelWords(asks, l), mouth(l.Level)})
	}
}

// levelWords is what a level is called: by the office, if that has decided, in
// Vietnamese where it has no other word; else in the words of the screen.
func (s *screen) levelWords(asks queue.RatingSetup, l queue.RatingLevel) string {
	switch {
	case len(asks.Levels) == 0:
		return s.T.RateLevels[l.Level-1]
	case s.Lang == "vi" || l.NameEN == "":
		return l.Name
	default:
		return l.NameEN
	}
}

// mouth draws how satisfied a face looks, on a field of 24 × 24.
func mouth(level int) string {
	return [...]string{
		"M8 17.500q4-4.500 8 0", "M8.500 16.500q3.500-2.500 7 0", "M8.500 15.500h7", "M8.500 14.500q3.500 2.500 7 0", "M8 13.500q4 5.500 8 0",
	}[level-1]
}

func ratePath(counter, lang, said string) string {
	q := url.Values{"counter": {counter}, "lang": {lang}}
	if said != "" {
		q.Set(said, "1")
	}
	return "/rate?" + q.Encode()
}

// rate takes one answer, for the ticket that the screen showed and no other.
func (k *Kiosk) rate(w http.ResponseWriter, r *http.Request) {
	counter, lang := r.PostFormValue("counter"), k.tongues.language(r)
	level, err := strconv.Atoi(r.PostFormValue("level"))
	if err != nil || level < 1 || level > rateLevels {
		k.fail(w, r, queue.Errorf(queue.CodeBadRequest, "a level is 1 to %d", rateLevels))
		return
	}
	last, ok := k.ratings.at(counter, time.Now())
	if !ok || last.ticket.ID != r.PostFormValue("ticket") {
		said := "late"
		if last.done && last.ticket.ID == r.PostFormValue("ticket") {
			said = "thanks" // A second touch.
		}
		http.Redirect(w, r, ratePath(counter, lang, said), http.StatusSeeOther)
		return
	}
	_, err = k.cfg.Office.Act(r.Context(), queue.ActRequest{
		Meta:   queue.Meta{Key: "rate-" + last.ticket.ID, Caller: k.cfg.Caller},
		Ticket: last.ticket.ID, Action: queue.Rate, Level: level,
	})
	switch queue.ErrorCode(err) {
	case "", queue.CodeWrongState, queue.CodeKeyReused: // It was rated already.
		http.Redirect(w, r, ratePath(counter, lang, "thanks"), http.StatusSeeOther)
	default:
		k.fail(w, r, err)
	}
}

// rateState tells a waiting screen what there is to rate.
func (k *Kiosk) rateState(w http.ResponseWriter, r *http.Request) {
	last, ok := k.ratings.at(r.FormValue("counter"), time.Now())
	ticket := ""
	if ok {
		ticket = last.ticket.ID
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]string{"ticket": ticket}); err != nil {
		k.log.Debug("rating screen went away", "err", err)
	}
}
