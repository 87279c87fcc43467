package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

// The JSON shapes of the contract. Within v1 fields are only added.

type officeJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Open     bool   `json:"open" doc:"Gives numbers now"`
	NameEN   string `json:"name_en"`
	TimeZone string `json:"time_zone" doc:"IANA name; the business day is counted here"`
	ByValue  bool   `json:"by_value" doc:"Numbers are spoken as values instead of digit by digit"`
	Region   string `json:"region" doc:"Speech region: north, central, south"`

	Trial bool       `json:"trial,omitempty" doc:"Tried out: tickets issued meanwhile stay out of reports and estimates"`
	Opens *time.Time `json:"opens" doc:"When it opens next, while it is closed; null if open or not soon"`

	Rating queue.RatingSetup `json:"rating" doc:"How citizens say what they thought of it; what is absent has its default"`
}

type serviceJSON struct {
	ID      string `json:"id" doc:"The printed letter"`
	Name    string `json:"name"`
	Open    bool   `json:"open" doc:"Gives numbers now"`
	Waiting int    `json:"waiting" doc:"Tickets waiting"`
	NameEN  string `json:"name_en"`
	Closed  bool   `json:"closed" doc:"Set to give no numbers, whatever the hours"`

	Why    *queue.Code           `json:"why" doc:"Why it gives no numbers: office_closed, service_closed, service_full, issuing_stopped; null if it gives some"`
	Until  *time.Time            `json:"until" doc:"When it gives numbers again, if that is soon"`
	Agency *string               `json:"agency" doc:"Whose line it is, where several agencies share the hall"`
	First  *int                  `json:"first" doc:"The day's first number; 1 if null"`
	Last   *int                  `json:"last" doc:"The day's last number; no end if null"`
	Quota  *int                  `json:"quota" doc:"Numbers a day; no limit if null"`
	Quotas map[queue.Channel]int `json:"quotas" nullable:"false" doc:"Numbers a day by channel, 0 = closed to it; a channel that is not named has no limit of its own"`
	Target *int                  `json:"target" doc:"Minutes that nobody should wait longer; 30 if null"`
}

type procedureJSON struct {
	ID      string `json:"id"`
	Field   string `json:"field"`
	Name    string `json:"name"`
	Service string `json:"service"`
	FieldEN string `json:"field_en"`
	NameEN  string `json:"name_en"`

	Bring   *string `json:"bring" doc:"What to bring, one paper a line"`
	BringEN *string `json:"bring_en"`
	Fee     *string `json:"fee"`
	FeeEN   *string `json:"fee_en"`
	Takes   *string `json:"takes" doc:"Time limit"`
	TakesEN *string `json:"takes_en"`
	Also    *string `json:"also" doc:"Other words that people look for it by"`
}

type counterJSON struct {
	ID       string             `json:"id" doc:"The printed number"`
	Name     string             `json:"name"`
	State    queue.CounterState `json:"state" enum:"open,paused,closed"`
	Services []string           `json:"services" nullable:"false"`
	Ticket   orNull[ticketJSON] `json:"ticket" doc:"The ticket in hand"`
	Reason   *string            `json:"reason" doc:"Why it pauses; for devices with a token, else null"`

	Agency *string   `json:"agency" doc:"Whose staff work here, where several agencies share the hall"`
	Helps  []string  `json:"helps" nullable:"false" doc:"Services it serves only as a help"`
	Place  placeJSON `json:"place" doc:"Where it is; said with every call"`
}

// phoneJSON is what whoever answers the telephone must know, and no more of the
// setup.
type phoneJSON struct {
	queue.PhoneSetup
	Hours []queue.Hours `json:"hours,omitempty" doc:"Opening hours, which callers are told; none = around the clock"`
	Days  []queue.Day   `json:"days,omitempty" doc:"Dates with hours of their own"`
	Rules queue.Rules   `json:"rules,omitzero" doc:"Limits on the life of a ticket, of which callers are offered what is left"`

	Demand map[string]int `json:"demand,omitempty" doc:"Service to numbers taken in the past weeks, by which a menu that the office did not fix is ordered; absent = not known"`
}

type boardJSON struct {
	Seq     int64          `json:"seq" doc:"The log's latest event that is counted in"`
	At      time.Time      `json:"at"`
	Serving []seatJSON     `json:"serving" nullable:"false"`
	Recent  []seatJSON     `json:"recent" nullable:"false" doc:"Latest calls, newest first"`
	Waiting map[string]int `json:"waiting" doc:"Service to tickets waiting"`
}

type seatJSON struct {
	Counter  string      `json:"counter"`
	Number   string      `json:"number"`
	CalledAt time.Time   `json:"called_at"`
	State    queue.State `json:"state"`
}

type standingJSON struct {
	Ahead   int  `json:"ahead" doc:"Tickets that would be called before it"`
	LowMin  *int `json:"low_min" doc:"Optimistic wait in minutes"`
	HighMin *int `json:"high_min" doc:"Pessimistic wait in minutes"`

	Counters int        `json:"counters,omitempty" doc:"Open counters of its service that the wait rests on"`
	EachMin  int        `json:"each_min,omitempty" doc:"Minutes that one person keeps a counter, about"`
	ComeBy   *time.Time `json:"come_by,omitempty" doc:"When its holder should be in the hall at the latest"`
	MayMiss  bool       `json:"may_miss,omitempty" doc:"It may well not be called before the office closes"`
}

type ticketJSON struct {
	ID        string               `json:"id"`
	Office    string               `json:"office"`
	Number    string               `json:"number" example:"A012"`
	Code      *string              `json:"code" doc:"Lookup code, 9 digits; for its taker and for devices that may act on it, else null"`
	Service   string               `json:"service"`
	Procedure *string              `json:"procedure"`
	State     queue.State          `json:"state" enum:"held,waiting,called,serving,parked,completed,no_show,cancelled,expired"`
	Reason    *string              `json:"reason" doc:"Why the state is what it is"`
	Class     queue.Class          `json:"class" enum:"normal,appointment,priority"`
	Channel   queue.Channel        `json:"channel"`
	Presence  *queue.Presence      `json:"presence" doc:"present or remote"`
	Language  *string              `json:"language" doc:"BCP 47"`
	Needs     []string             `json:"needs" nullable:"false" doc:"What its holder needs: hearing, sight, mobility, interpreter or other words; for its taker and devices with a token, else empty"`
	IssuedAt  time.Time            `json:"issued_at"`
	Counter   *string              `json:"counter"`
	CallCount int                  `json:"call_count"`
	Version   int64                `json:"version"`
	Standing  orNull[standingJSON] `json:"standing" doc:"Where it stands now"`
	URL       string               `json:"url,omitempty" doc:"The ticket's page; with its code only"`

	Day        *string    `json:"day" doc:"Business day"`
	CalledAt   *time.Time `json:"called_at" doc:"Latest call or recall"`
	EligibleAt *time.Time `json:"eligible_at" doc:"From when its waiting counts"`
	HoldUntil  *time.Time `json:"hold_until" doc:"When a held number lapses"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`

	ResumeAt   *time.Time         `json:"resume_at" doc:"When a parked ticket waits again by itself"`
	Only       *string            `json:"only" doc:"The counter that alone may call it"`
	Returned   bool               `json:"returned" doc:"Came back after missing its turn"`
	LaterCount int                `json:"later_count" doc:"How often it was put back"`
	Rating     orNull[ratingJSON] `json:"rating" doc:"What the citizen thought of it; for its taker and devices with a token, else null"`

	Agency      *string            `json:"agency" doc:"Of its service, where several agencies share the hall"`
	Entitlement *queue.Entitlement `json:"entitlement" doc:"What its class rests on: declared, card, age, confirmed or refused; for its taker and devices with a token, else null"`
	Slot        *time.Time         `json:"slot" doc:"The booked time of an appointment"`
	Dossiers    int                `json:"dossiers" doc:"How many dossiers it is for; 0 = one"`
	Trial       bool               `json:"trial,omitempty" doc:"Issued while the office was tried out: no report counts it"`
}

type ratingJSON struct {
	Level   int       `json:"level" doc:"1 = very dissatisfied, 5 = very satisfied"`
	Reasons []string  `json:"reasons" nullable:"false"`
	At      time.Time `json:"at"`
}

type eventJSON struct {
	Seq     int64              `json:"seq"`
	At      time.Time          `json:"at"`
	Kind    queue.Kind         `json:"kind"`
	Counter *string            `json:"counter"`
	Ticket  orNull[ticketJSON] `json:"ticket" doc:"As it stood after the event; without code and url"`
	Reason  *string            `json:"reason" doc:"For devices with a token, else null"`
	Service *string            `json:"service" doc:"issuing_stopped, issuing_resumed: the service, null = all"`
	Chosen  bool               `json:"chosen" doc:"ticket_called: staff called it out of order"`

	Playback orNull[playbackJSON] `json:"playback" doc:"call_announced: what became of the call in the hall"`
}

type placeJSON struct {
	Room      *string `json:"room"`
	Floor     *string `json:"floor"`
	Direction *string `json:"direction" doc:"left, right, ahead, back"`
}

type playbackJSON struct {
	Ticket   string       `json:"ticket" doc:"Id"`
	Number   queue.Number `json:"number"`
	Zone     string       `json:"zone" doc:"Id of the part of the hall"`
	Readings int          `json:"readings" doc:"How often it was heard in full; 0 = never"`
	HeardAt  *time.Time   `json:"heard_at" doc:"When the first reading began"`
}

func toPlayback(p *queue.Playback) orNull[playbackJSON] {
	if p == nil {
		return orNull[playbackJSON]{}
	}
	return orNull[playbackJSON]{&playbackJSON{Ticket: p.Ticket, Number: p.Number, Zone: p.Zone, Readings: p.Readings, HeardAt: known(p.HeardAt.UTC())}}
}

func fromPlayback(j *playbackJSON) *queue.Playback {
	if j == nil {
		return nil
	}
	return &queue.Playback{Ticket: j.Ticket, Number: j.Number, Zone: j.Zone, Readings: j.Readings, HeardAt: orZero(j.HeardAt)}
}

// orNull is a value that may be null on the wire, and says so in its schema.
type orNull[T any] struct{ value *T }

// MarshalJSON implements json.Marshaler.
func (o orNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// UnmarshalJSON implements json.Unmarshaler.
func (o *orNull[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &o.value) }

// Schema implements huma.SchemaProvider.
func (orNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[T](), true, ""),
		{Type: "null"},
	}}
}

// known gives nil for the zero value, which stands for "unknown".
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// orZero is the inverse of known.
func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func knownTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// notNil makes an empty list of none, so that lists are never null.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// notEmpty is the inverse of notNil.
func notEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func toTicket(t queue.Ticket) ticketJSON {
	out := ticketJSON{
		ID: t.ID, Office: t.Office, Number: t.Number.String(), Code: known(t.Code),
		Service: t.Service, Procedure: known(t.Procedure), State: t.State, Reason: known(t.Reason),
		Class: t.Class, Channel: t.Channel, Presence: known(t.Presence), Language: known(t.Language),
		Needs: notNil(t.Needs), IssuedAt: t.IssuedAt.UTC(), Counter: known(t.Counter),
		CallCount: t.CallCount, Version: t.Version, URL: t.URL,
		Day: known(t.Day), CalledAt: knownTime(t.CalledAt), EligibleAt: knownTime(t.EligibleAt),
		HoldUntil: knownTime(t.HoldUntil), StartedAt: knownTime(t.StartedAt), FinishedAt: knownTime(t.FinishedAt),
		ResumeAt: knownTime(t.ResumeAt), Only: known(t.Only), Returned: t.Returned, LaterCount: t.LaterCount,
		Agency: known(t.Agency), Entitlement: known(t.Entitlement), Slot: knownTime(t.Slot), Dossiers: t.Dossiers, Trial: t.Trial,
	}
	if r := t.Rating; r != nil {
		out.Rating.value = &ratingJSON{Level: r.Level, Reasons: notNil(r.Reasons), At: r.At.UTC()}
	}
	if s := t.Standing; s != nil {
		out.Standing.value = toStanding(*s)
	}
	return out
}

func (t ticketJSON) ticket() (queue.Ticket, error) {
	out := queue.Ticket{
		ID: t.ID, Office: t.Office, Code: orZero(t.Code),
		Service: t.Service, Procedure: orZero(t.Procedure), State: t.State, Reason: orZero(t.Reason),
		Class: t.Class, Channel: t.Channel, Presence: orZero(t.Presence), Language: orZero(t.Language),
		Needs: notEmpty(t.Needs), IssuedAt: t.IssuedAt, Counter: orZero(t.Counter),
		CallCount: t.CallCount, Version: t.Version, URL: t.URL,
		Day: orZero(t.Day), CalledAt: orZero(t.CalledAt), EligibleAt: orZero(t.EligibleAt),
		HoldUntil: orZero(t.HoldUntil), StartedAt: orZero(t.StartedAt), FinishedAt: orZero(t.FinishedAt),
		ResumeAt: orZero(t.ResumeAt), Only: orZero(t.Only), Returned: t.Returned, LaterCount: t.LaterCount,
		Agency: orZero(t.Agency), Entitlement: orZero(t.Entitlement), Slot: orZero(t.Slot), Dossiers: t.Dossiers, Trial: t.Trial,
	}
	if r := t.Rating.value; r != nil {
		out.Rating = &queue.Rating{Level: r.Level, Reasons: notEmpty(r.Reasons), At: r.At}
	}
	if s := t.Standing.value; s != nil {
		out.Standing = s.standing()
	}
	return out, out.Number.UnmarshalText([]byte(t.Number))
}

func toStanding(s queue.Standing) *standingJSON {
	out := &standingJSON{Ahead: s.Ahead, LowMin: s.LowMin, HighMin: s.HighMin, Counters: s.Counters, EachMin: s.EachMin, MayMiss: s.MayMiss}
	if !s.ComeBy.IsZero() {
		at := s.ComeBy.UTC()
		out.ComeBy = &at
	}
	return out
}

func (s *standingJSON) standing() *queue.Standing {
	out := &queue.Standing{Ahead: s.Ahead, LowMin: s.LowMin, HighMin: s.HighMin, Counters: s.Counters, EachMin: s.EachMin, MayMiss: s.MayMiss}
	if s.ComeBy != nil {
		out.ComeBy = *s.ComeBy
	}
	return out
}

// toTicketPtr is for a ticket that may be missing.
func toTicketPtr(t *queue.Ticket) orNull[ticketJSON] {
	if t == nil {
		return orNull[ticketJSON]{}
	}
	j := toTicket(*t)
	return orNull[ticketJSON]{&j}
}

// fromTicketPtr is the inverse of toTicketPtr.
func fromTicketPtr(j *ticketJSON) (*queue.Ticket, error) {
	if j == nil {
		return nil, nil
	}
	t, err := j.ticket()
	if err != nil {
		return nil, err
	}
	return &t, nil
}

func toOffice(i queue.Info) officeJSON {
	return officeJSON{
		ID: i.ID, Name: i.Name, Open: i.Open, NameEN: i.NameEN,
		TimeZone: i.TimeZone, ByValue: i.ByValue, Region: i.Region, Opens: knownTime(i.Opens), Trial: i.Trial, Rating: i.Rating,
	}
}

func (o officeJSON) info() queue.Info {
	return queue.Info{
		ID: o.ID, Name: o.Name, NameEN: o.NameEN, TimeZone: o.TimeZone,
		Open: o.Open, ByValue: o.ByValue, Region: o.Region, Opens: orZero(o.Opens), Trial: o.Trial, Rating: o.Rating,
	}
}

func toService(v queue.ServiceView) serviceJSON {
	out := serviceJSON{
		ID: v.ID, Name: v.Name, Open: v.Open, Waiting: v.Waiting, NameEN: v.NameEN, Closed: v.Closed,
		Agency: known(v.Agency), First: known(v.First), Last: known(v.Last), Quota: known(v.Quota),
		Quotas: v.Quotas, Target: known(v.Target), Why: known(v.Why), Until: knownTime(v.Until),
	}
	if out.Quotas == nil {
		out.Quotas = map[queue.Channel]int{}
	}
	return out
}

func (j serviceJSON) view() queue.ServiceView {
	out := queue.ServiceView{
		Service: queue.Service{
			ID: j.ID, Name: j.Name, NameEN: j.NameEN, Closed: j.Closed,
			Agency: orZero(j.Agency), First: orZero(j.First), Last: orZero(j.Last), Quota: orZero(j.Quota), Target: orZero(j.Target),
		},
		Open: j.Open, Waiting: j.Waiting, Why: orZero(j.Why), Until: orZero(j.Until),
	}
	if len(j.Quotas) > 0 {
		out.Quotas = j.Quotas
	}
	return out
}

func toProcedure(p queue.Procedure) procedureJSON {
	return procedureJSON{ID: p.ID, Field: p.Field, Name: p.Name, Service: p.Service, FieldEN: p.FieldEN, NameEN: p.NameEN,
		Bring: known(p.Bring), BringEN: known(p.BringEN), Fee: known(p.Fee), FeeEN: known(p.FeeEN),
		Takes: known(p.Takes), TakesEN: known(p.TakesEN), Also: known(p.Also),
	}
}

func (j procedureJSON) procedure() queue.Procedure {
	return queue.Procedure{ID: j.ID, Field: j.Field, FieldEN: j.FieldEN, Name: j.Name, NameEN: j.NameEN, Service: j.Service,
		Bring: orZero(j.Bring), BringEN: orZero(j.BringEN), Fee: orZero(j.Fee), FeeEN: orZero(j.FeeEN),
		Takes: orZero(j.Takes), TakesEN: orZero(j.TakesEN), Also: orZero(j.Also),
	}
}

func toCounter(v queue.CounterView) counterJSON {
	return counterJSON{
		ID: v.ID, Name: v.Name, State: v.State, Services: notNil(v.Services),
		Ticket: toTicketPtr(v.Ticket), Reason: known(v.Reason),
		Agency: known(v.Agency), Helps: notNil(v.Helps),
		Place: placeJSON{known(v.Place.Room), known(v.Place.Floor), known(v.Place.Direction)},
	}
}

func (j counterJSON) view() (queue.CounterView, error) {
	t, err := fromTicketPtr(j.Ticket.value)
	return queue.CounterView{
		Counter: queue.Counter{
			ID: j.ID, Name: j.Name, Agency: orZero(j.Agency), Services: notEmpty(j.Services), Helps: notEmpty(j.Helps),
			Place: queue.Place{Room: orZero(j.Place.Room), Floor: orZero(j.Place.Floor), Direction: orZero(j.Place.Direction)},
		},
		State: j.State, Reason: orZero(j.Reason), Ticket: t,
	}, err
}

func toBoard(b queue.Board) boardJSON {
	waiting := maps.Clone(b.Waiting)
	if waiting == nil {
		waiting = map[string]int{}
	}
	return boardJSON{Seq: b.Seq, At: b.At.UTC(), Serving: toSeats(b.Serving), Recent: toSeats(b.Recent), Waiting: waiting}
}

func toSeats(seats []queue.Seat) []seatJSON {
	out := make([]seatJSON, len(seats))
	for i, s := range seats {
		out[i] = seatJSON{Counter: s.Counter, Number: s.Number.String(), CalledAt: s.CalledAt.UTC(), State: s.State}
	}
	return out
}

func (j boardJSON) board() (queue.Board, error) {
	serving, err := fromSeats(j.Serving)
	if err != nil {
		return queue.Board{}, err
	}
	recent, err := fromSeats(j.Recent)
	return queue.Board{Seq: j.Seq, At: j.At, Serving: serving, Recent: recent, Waiting: j.Waiting}, err
}

func fromSeats(seats []seatJSON) ([]queue.Seat, error) {
	out := make([]queue.Seat, 0, len(seats))
	for _, s := range seats {
		n, err := queue.ParseNumber(s.Number)
		if err != nil {
			return nil, err
		}
		out = append(out, queue.Seat{Counter: s.Counter, Number: n, State: s.State, CalledAt: s.CalledAt})
	}
	return out, nil
}

// forAnyone gives a ticket as the whole hall may see it: without code, address,
// rating, what its holder needs (a disability is nobody's business) and what
// staff think of the holder's papers, and with the system's own reasons but
// nobody's free words.
func forAnyone(t queue.Ticket) queue.Ticket {
	t = t.Public()
	t.Rating, t.Entitlement, t.Needs = nil, "", nil
	if !slices.Contains(queue.SystemReasons(), t.Reason) {
		t.Reason = ""
	}
	return t
}

// toEvent gives what a reader of the log may see: never code, address or
// person; ratings and free words only if private.
func toEvent(e queue.Event, private bool) eventJSON {
	out := eventJSON{
		Seq: e.Seq, At: e.At.UTC(), Kind: e.Kind, Counter: known(e.Counter), Service: known(e.Service), Chosen: e.Chosen,
		Playback: toPlayback(e.Playback),
	}
	if e.Ticket != nil {
		t := e.Ticket.Public()
		if !private {
			t = forAnyone(t)
		}
		out.Ticket = toTicketPtr(&t)
	}
	if private {
		out.Reason = known(e.Reason)
	}
	return out
}

func (j eventJSON) event(office string) (queue.Event, error) {
	t, err := fromTicketPtr(j.Ticket.value)
	return queue.Event{
		Office: office, Seq: j.Seq, At: j.At, Kind: j.Kind,
		Counter: orZero(j.Counter), Reason: orZero(j.Reason), Ticket: t,
		Service: orZero(j.Service), Chosen: j.Chosen, Playback: fromPlayback(j.Playback.value),
	}, err
}

func eventType() reflect.Type { return reflect.TypeFor[eventJSON]() }
