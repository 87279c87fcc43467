package appointment

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
	"github.com/xinmoi/xinmoi/queue/notice"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Config is what a Book needs; Setup, Office and Secret are required.
type Config struct {
	Setup  func(ctx context.Context) (queue.Setup, error) // The office as it is set up now.
	Office queue.Office                                   // Gives the tickets.
	Secret []byte                                         // Keys whom a booking counts for.
	Teller Teller                                         // Carries notices; nil = they stand on the booking's page alone.
	Quiet  func() notice.Quiet                            // Hours in which nobody is told anything; nil = none.
	Ring   func(ctx context.Context, waiting int)         // Reminds staff that so many requests wait; nil = nobody.
	Logger *slog.Logger                                   // Nil = silent.
	// Today gives the events of the office's running day, for Reconcile; nil = the
	// log and the bookings are never of different age.
	Today func(ctx context.Context) ([]queue.Event, error)
	Log   queue.LogReader // Of past days: when people come; nil = every half-hour takes as many bookings.
}

// Book is an office's bookings. Its methods may be called from any goroutine.
// Run keeps its promises about time.
type Book struct {
	cfg  Config
	file *beside.File
	wake chan struct{}
	log  *slog.Logger
	// changes bounds how often one person books and moves: each costs a message,
	// and bookings that are cancelled at once count for nobody any more.
	changes *page.Limiter
	demand  atomic.Pointer[Demand] // As of the day learned, which Run alone knows.
	learned string
	// learnAfter is when it may be learned anew.
	learnAfter time.Time
}

// How often one person may book or move a booking.
const (
	changeEvery = 2 * time.Hour
	changeBurst = 12
)

// Open opens or creates the file at path.
func Open(ctx context.Context, path string, c Config) (*Book, error) {
	if c.Setup == nil || c.Office == nil || len(c.Secret) == 0 {
		return nil, errors.New("appointment: Config.Setup, Office and Secret are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	file, err := beside.Open(ctx, path, beside.Schema{Name: "appointments", Create: schema, Upgrades: upgrades()})
	if err != nil {
		return nil, err
	}
	return &Book{cfg: c, file: file, wake: make(chan struct{}, 1), log: c.Logger, changes: page.NewLimiter(changeEvery, changeBurst)}, nil
}

// Close closes the file.
func (b *Book) Close() error { return b.file.Close() }

// update runs do in one transaction, with the office as it is now.
func (b *Book) update(ctx context.Context, do func(*work) error) error {
	setup, err := b.cfg.Setup(ctx)
	if err != nil {
		return err
	}
	err = b.file.Update(ctx, func(tx *beside.Tx) error {
		w := &work{Tx: tx, plan: plan{Calendar: NewCalendar(setup), demand: b.demand.Load()}, now: time.Now().UTC().Truncate(time.Millisecond), book: b}
		if w.Settings, err = readSettings(tx); err != nil {
			return err
		}
		if w.Overbook {
			if w.shares, err = w.measured(); err != nil {
				return err
			}
		}
		if err := do(w); err != nil {
			return err
		}
		return w.promote()
	})
	return known(err)
}

// known gives failures of the file the code that says: repeat it.
func known(err error) error {
	if err == nil {
		return nil
	}
	var e *queue.Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &queue.Error{Code: queue.CodeUnavailable, Message: "the bookings' file: " + err.Error(), Err: err}
}

// poke has Run look again: something is due earlier than it thought.
func (b *Book) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func readSettings(tx *beside.Tx) (s Settings, err error) {
	var body string
	err = tx.QueryRowContext(tx.Context, "SELECT body FROM settings").Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return s.withDefaults(), nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return s, fmt.Errorf("stored settings: %w", err)
	}
	return s.withDefaults(), nil
}

// Settings tells what is in force, defaults filled in.
func (b *Book) Settings(ctx context.Context) (s Settings, err error) {
	err = b.update(ctx, func(w *work) error { s = w.Settings.clone(); return nil })
	return s, err
}

// SetSettings puts other settings in force. Bookings that stand are kept.
func (b *Book) SetSettings(ctx context.Context, s Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	defer b.poke()
	return b.update(ctx, func(w *work) error {
		return errors.Join(
			w.Do("INSERT INTO settings (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", string(body)),
			w.Do("UPDATE booking SET due = ? WHERE state = ? AND due > 0", beside.Millis(w.now), Confirmed)) // Their reminders are reckoned anew.
	})
}

// Places tells how many bookings of each service a half-hour that is not busy
// takes, before overbooking, and the expected no-show shares.
func (b *Book) Places(ctx context.Context) (places map[string]int, shares map[string]float64, err error) {
	places = map[string]int{}
	err = b.update(ctx, func(w *work) error {
		usual := w.plan
		usual.demand = nil
		for _, s := range w.setup.Services {
			places[s.ID] = usual.Places(s.ID, w.now)
		}
		shares, err = w.measured()
		return err
	})
	return places, shares, err
}

// measuredFor is how far back no-shows count.
const measuredFor = 180 * 24 * time.Hour

// measured is the expected no-show share of every service.
func (w *work) measured() (map[string]float64, error) {
	shares := map[string]float64{}
	for _, s := range w.setup.Services {
		var missed, came int
		err := w.QueryRowContext(w.Context, "SELECT coalesce(sum(state = ?), 0), coalesce(sum(state = ?), 0) FROM booking WHERE service = ? AND start >= ?",
			Missed, CheckedIn, s.ID, beside.Millis(w.now.Add(-measuredFor))).Scan(&missed, &came)
		if err != nil {
			return nil, err
		}
		shares[s.ID] = NoShowShare(missed, came)
	}
	return shares, nil
}

// Book takes a place, or stands on the waiting list. The same key and request
// give the same booking again.
func (b *Book) Book(ctx context.Context, r Request) (out Booking, err error) {
	err = b.update(ctx, func(w *work) error {
		if err := r.check(!w.NoContact); err != nil {
			return err
		}
		hash := b.hash(r)
		out, err = w.remembered(r.Meta, hash)
		if err != nil || out.ID != "" {
			return err
		}
		if out, err = w.make(r); err != nil {
			return err
		}
		return w.remember(r.Meta, hash, out)
	})
	b.poke()
	return out, err
}

// hash tells requests under one key apart; keyed, since it covers the contact.
func (b *Book) hash(r Request) []byte {
	body, _ := json.Marshal([]any{r.Service, r.Procedure, r.Start.UnixMilli(), r.Channel, r.Language, r.Needs, r.Contact, r.List})
	return b.keyed("request", string(body))
}

func (b *Book) hashOfAct(r ActRequest) []byte {
	body, _ := json.Marshal([]any{r.Ref, r.Action, r.Staff, r.Reason, r.Start.UnixMilli(), r.Version})
	return b.keyed("act", string(body))
}

func (b *Book) keyed(purpose, text string) []byte {
	mac := hmac.New(sha256.New, b.cfg.Secret)
	mac.Write([]byte("appointment\x00" + purpose + "\x00" + text))
	return mac.Sum(nil)[:16]
}

// person is whom a contact's bookings count for.
func (b *Book) person(contact string) string { return hex.EncodeToString(b.keyed("person", contact)) }

// remembered gives what a key has led to; no id if it is new.
func (w *work) remembered(r queue.Meta, hash []byte) (Booking, error) {
	if r.Key == "" {
		return Booking{}, nil
	}
	var stored []byte
	var id string
	err := w.QueryRowContext(w.Context, "SELECT hash, booking FROM request WHERE caller = ? AND key = ?", r.Caller, r.Key).Scan(&stored, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return Booking{}, nil
	}
	if err != nil {
		return Booking{}, err
	}
	if !hmac.Equal(stored, hash) {
		return Booking{}, queue.Errorf(queue.CodeKeyReused, "the request key was used for another request")
	}
	return w.find(id)
}

// remember keeps what a key has led to, if there is one.
func (w *work) remember(r queue.Meta, hash []byte, b Booking) error {
	if r.Key == "" {
		return nil
	}
	return w.Do("INSERT INTO request (caller, key, hash, booking, at) VALUES (?, ?, ?, ?, ?)", r.Caller, r.Key, hash, b.ID, beside.Millis(w.now))
}

// make decides a new booking.
func (w *work) make(r Request) (Booking, error) {
	staff := r.Channel == queue.Staff
	if w.Off || w.StaffOnly && !staff {
		return Booking{}, queue.Errorf(CodeNotBookable, "bookings are not taken now")
	}
	if err := w.bookable(&r, staff); err != nil {
		return Booking{}, err
	}
	b := Booking{
		Service: r.Service, Procedure: r.Procedure, Start: r.Start, Channel: r.Channel, Language: r.Language, Needs: r.Needs,
		Contact: r.Contact, MadeAt: w.now, ChangedAt: w.now, reminded: w.now,
	}
	if err := w.limitPerson(&b); err != nil {
		return Booking{}, err
	}
	fits, err := w.fits(r.Service, r.Start)
	if err != nil {
		return Booking{}, err
	}
	switch {
	case fits:
		w.settle(&b, staff)
	case r.List && !w.NoList:
		b.State = Listed
	default:
		return Booking{}, queue.Errorf(CodeSlotFull, "no place of service %s at %s", r.Service, r.Start.Format(time.RFC3339))
	}
	if err := w.mayChange(b, staff); err != nil {
		return Booking{}, err
	}
	if b.Code, err = w.unusedCode(); err != nil {
		return Booking{}, err
	}
	b.due = w.dueOf(b)
	if err := w.insert(&b); err != nil {
		return Booking{}, err
	}
	if fits {
		if err := w.take(b.ID, b.Service, b.Start); err != nil {
			return Booking{}, err
		}
	}
	say := received(b.State)
	if r.Told {
		say = ""
	}
	return b, errors.Join(w.note(b, "book", string(r.Channel), "", ""), w.tell(b, say))
}

// settle gives a booking with a place its state: certain where the office
// answers by itself or its staff booked, else until staff have answered.
func (w *work) settle(b *Booking, staff bool) {
	b.State, b.AnswerBy, b.ringAt = Confirmed, time.Time{}, time.Time{}
	if w.Automatic || staff {
		return
	}
	b.State = Requested
	by, ok := w.AddWorking(w.now, w.answer())
	if !ok {
		by = b.Start
	}
	b.AnswerBy = earlier(by, b.Start)
	if half, ok := w.AddWorking(w.now, w.answer()/2); ok && half.Before(b.AnswerBy) {
		b.ringAt = half
	}
}

// bookable checks service, procedure and time of a request.
func (w *work) bookable(r *Request, staff bool) error {
	if r.Procedure != "" {
		i := slices.IndexFunc(w.setup.Procedures, func(p queue.Procedure) bool { return p.ID == r.Procedure })
		if i < 0 || r.Service != "" && r.Service != w.setup.Procedures[i].Service {
			return queue.Errorf(queue.CodeUnknownService, "no procedure %q of this service", clip(r.Procedure))
		}
		r.Service = w.setup.Procedures[i].Service
	}
	if _, err := w.service(r.Service); err != nil {
		return err
	}
	return w.mayStart(r.Start, staff)
}

// mayStart checks a time: staff may book the half-hour that is running.
func (w *work) mayStart(start time.Time, staff bool) error {
	earliest := w.now.Add(time.Duration(w.LeadMinutes) * time.Minute)
	if staff {
		earliest = w.now.Add(-SlotLength + time.Millisecond)
	}
	switch {
	case !w.IsSlot(start):
		return queue.Errorf(CodeSlotInvalid, "%s is not the beginning of a half-hour in which the office works", start.In(w.zone).Format(time.RFC3339))
	case start.Before(earliest):
		return queue.Errorf(CodeSlotInvalid, "%s is too soon: book from %s on", start.In(w.zone).Format(time.RFC3339), earliest.In(w.zone).Format(time.RFC3339))
	case w.Day(start) > w.lastDay():
		return queue.Errorf(CodeSlotInvalid, "%s is too far: book until %s", w.Day(start), w.lastDay())
	}
	return nil
}

func (w *work) lastDay() string {
	local := w.now.In(w.zone)
	return time.Date(local.Year(), local.Month(), local.Day()+w.DaysAhead, 12, 0, 0, 0, w.zone).Format(dayLayout)
}

// limitPerson counts the open bookings of who asks.
func (w *work) limitPerson(b *Booking) error {
	if b.Contact == "" {
		return nil
	}
	b.person = w.book.person(b.Contact)
	var n int
	err := w.QueryRowContext(w.Context, "SELECT count(*) FROM booking WHERE person = ? AND state IN (?, ?, ?)", b.person, Listed, Requested, Confirmed).Scan(&n)
	if err != nil {
		return err
	}
	if n >= w.PersonMost && b.Channel != queue.Staff {
		return queue.Errorf(CodeBookingLimit, "%d open bookings are all that one person may have", n)
	}
	return nil
}

// unusedCode draws a code that no booking has.
func (w *work) unusedCode() (string, error) {
	for {
		code, err := newCode()
		if err != nil {
			return "", err
		}
		if _, err := w.find(code); err != nil {
			if queue.ErrorCode(err) == CodeUnknownBooking {
				return code, nil
			}
			return "", err
		}
	}
}

// Find gives a booking by id or code.
func (b *Book) Find(ctx context.Context, ref string) (out Booking, err error) {
	err = b.update(ctx, func(w *work) error { out, err = w.find(ref); return err })
	return out, err
}

// listedMost bounds List.
const listedMost = 2000

// mayChange refuses who books and moves without end.
func (w *work) mayChange(b Booking, staff bool) error {
	if staff || b.person == "" || w.book.changes.AllowAt(b.person, w.now) {
		return nil
	}
	return queue.Errorf(queue.CodeRateLimited, "one person has booked and moved too often")
}

// List gives the bookings whose half-hour begins in a span, by time.
func (b *Book) List(ctx context.Context, from, to time.Time) (all []Booking, err error) {
	err = b.update(ctx, func(w *work) error {
		all, err = w.many("start >= ? AND start < ? ORDER BY start, id LIMIT ?", beside.Millis(from), beside.Millis(to), listedMost)
		return err
	})
	return all, err
}

// Mine gives the open bookings of a contact ("tel:+84912345678"), by time.
func (b *Book) Mine(ctx context.Context, contact string) (all []Booking, err error) {
	if contact == "" {
		return nil, nil
	}
	err = b.update(ctx, func(w *work) error {
		all, err = w.many("person = ? AND contact = ? AND state IN (?, ?, ?) ORDER BY start, id LIMIT ?",
			b.person(contact), contact, Listed, Requested, Confirmed, listedMost)
		return err
	})
	return all, err
}

// Waiting gives the requests that staff have to answer, the most urgent first.
func (b *Book) Waiting(ctx context.Context) (all []Booking, err error) {
	err = b.update(ctx, func(w *work) error {
		all, err = w.many("state = ? ORDER BY answer_by, id LIMIT ?", Requested, listedMost)
		return err
	})
	return all, err
}

// History gives what has become of a booking, in order.
func (b *Book) History(ctx context.Context, ref string) ([]Event, error) {
	found, err := b.Find(ctx, ref)
	if err != nil {
		return nil, err
	}
	all, err := beside.All(ctx, b.file, func(s beside.Scanner) (e Event, err error) {
		var at int64
		err = s.Scan(&at, &e.Action, &e.Actor, &e.From, &e.To, &e.Reason)
		e.At = beside.Moment(at)
		return e, err
	}, "SELECT at, action, actor, from_state, to_state, reason FROM history WHERE booking = ? ORDER BY id", found.ID)
	if err != nil {
		return nil, known(err)
	}
	return all, nil
}

// Slots lists the half-hours of a service on some days from a date on ("" =
// today) that citizens, or staff, may still book, full ones included.
func (b *Book) Slots(ctx context.Context, service, from string, days int, staff bool) (out []Day, err error) {
	err = b.update(ctx, func(w *work) error {
		if _, err := w.service(service); err != nil {
			return err
		}
		first := w.now.In(w.zone)
		if from != "" {
			day, ok := w.Date(from)
			if !ok {
				return queue.Errorf(queue.CodeBadRequest, "%q is no date like 2027-02-06", clip(from))
			}
			if w.Day(day) > w.Day(w.now) {
				first = day
			}
		}
		for i := range min(max(days, 1), aheadMost) {
			noon := time.Date(first.Year(), first.Month(), first.Day()+i, 12, 0, 0, 0, w.zone)
			if w.Day(noon) > w.lastDay() {
				break
			}
			day, err := w.day(service, noon, staff)
			if err != nil {
				return err
			}
			out = append(out, day)
		}
		return nil
	})
	return out, err
}

func (w *work) day(service string, noon time.Time, staff bool) (Day, error) {
	d := Day{Date: w.Day(noon)}
	d.Holiday, d.NameEN = w.Holiday(noon)
	for _, start := range w.Calendar.Slots(noon) {
		if w.mayStart(start, staff) != nil {
			continue
		}
		s := Slot{Start: start, Free: placesMost}
		for _, h := range w.holds(service, start) {
			n, err := w.used(h.pool, h.start)
			if err != nil {
				return d, err
			}
			s.Free = min(s.Free, max(w.limit(h.pool, h.start)-n, 0)/h.units)
		}
		d.Slots = append(d.Slots, s)
	}
	return d, nil
}
