package queue

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Witness takes down what became of a call in the hall: *Engine and api.Client
// are one.
type Witness interface {
	// Announced writes that a call was heard, or given up. It changes no ticket.
	// CodeUnknownTicket if the log has no such ticket.
	Announced(ctx context.Context, r AnnouncedRequest) error
}

// AnnouncedRequest tells what became of the call of a ticket in one zone.
type AnnouncedRequest struct {
	Meta     `json:"-"`
	Ticket   string    `json:",omitempty"` // Id.
	Counter  string    `json:",omitempty"` // Where it was called to.
	Zone     string    `json:",omitempty"` // Id of the zone; see Setup.Zones.
	Readings int       `json:",omitempty"` // How often it was heard in full; 0 = never.
	Reason   string    `json:",omitempty"` // Why it was not heard, or heard less: "merged", "answered", "no output" …
	HeardAt  time.Time `json:",omitzero"`  // When the first reading began; zero if there was none.
}

// Playback is what the log keeps of an announcement.
type Playback struct {
	Ticket   string    `json:"ticket"`
	Number   Number    `json:"number"`
	Zone     string    `json:"zone"`
	Readings int       `json:"readings"`
	HeardAt  time.Time `json:"heard_at,omitzero"`
}

// Bounds of what is told of a playback.
const (
	maxReadings = 100
	maxOutcome  = 64 // Bytes of a reason.
)

// announced takes down what became of a call. It may come after the ticket was
// served, but not after its day.
func (d *decision) announced(s *state, r AnnouncedRequest, now time.Time) error {
	t := s.tickets[r.Ticket]
	_, counter := s.counters[r.Counter]
	switch {
	case t == nil:
		return Errorf(CodeUnknownTicket, "no ticket %q today", clip(r.Ticket))
	case !counter:
		return Errorf(CodeUnknownCounter, "no counter %q", clip(r.Counter))
	case !isZoneID(r.Zone):
		return Errorf(CodeBadRequest, "zone %q: use lower case letters, digits and dashes", clip(r.Zone))
	case r.Readings < 0 || r.Readings > maxReadings || r.HeardAt.IsZero() != (r.Readings == 0):
		return Errorf(CodeBadRequest, "%d readings, the first at %v: give 0 to %d, and a time if there was one", r.Readings, r.HeardAt, maxReadings)
	case !isText(r.Reason, maxOutcome):
		return Errorf(CodeBadRequest, "reason of %d bytes: give at most %d", len(r.Reason), maxOutcome)
	}
	p := Playback{Ticket: t.ID, Number: t.Number, Zone: r.Zone, Readings: r.Readings}
	if !r.HeardAt.IsZero() {
		p.HeardAt = r.HeardAt.UTC().Truncate(time.Millisecond)
	}
	d.emit(s, Event{Kind: CallAnnounced, Actor: r.Caller, Counter: r.Counter, Reason: r.Reason, Playback: &p}, now)
	return nil
}

// Announced implements Witness.
func (e *Engine) Announced(ctx context.Context, r AnnouncedRequest) error {
	_, err := e.do(ctx, r)
	return err
}

// Zone is a part of the hall with loudspeakers of its own. Which devices sound
// there is not the office's to say, but the machine's.
type Zone struct {
	ID       string      `json:"id"` // "tang-2"; lower case letters, digits, dashes.
	Name     string      `json:"name"`
	Counters []string    `json:"counters,omitempty"` // Whose calls are heard there; none = of all that no other zone names.
	Volume   int         `json:"volume,omitempty"`   // dB beside the usual level, -40 to 6.
	Readings int         `json:"readings,omitempty"` // How often a call is read, 1 to 3. Default 2.
	Quiet    []QuietTime `json:"quiet,omitempty"`    // When it is quieter, or silent.
}

// QuietTime is a span of every day with another volume.
type QuietTime struct {
	From   string `json:"from"`             // "11:30"
	To     string `json:"to"`               // "13:30", after From on the same day; "24:00" is its end.
	Volume int    `json:"volume,omitempty"` // dB beside the zone's level, -40 to 0.
	Silent bool   `json:"silent,omitempty"` // No sound at all: the boards show the call.
}

// Place tells where a counter is, as far as the office says so.
type Place struct {
	Room      string `json:"room,omitempty"`      // "201"
	Floor     string `json:"floor,omitempty"`     // "2"
	Direction string `json:"direction,omitempty"` // From where people wait: left, right, ahead, back.
}

// Bounds of the loudspeakers' setup.
const (
	maxZones    = 32
	maxQuiet    = 8  // Of one zone.
	maxPlace    = 24 // Bytes of a room or a floor.
	loudest     = 6  // dB
	quietest    = -40
	mostReading = 3
)

// directions of a Place.
func directions() []string { return []string{"", "left", "right", "ahead", "back"} }

func isZoneID(s string) bool { return isID(s) && len(s) <= 40 }

// validateZones wants every zone once, and no counter in two.
func (s Setup) validateZones() error {
	if len(s.Zones) > maxZones {
		return Errorf(CodeBadRequest, "%d zones: an office has at most %d", len(s.Zones), maxZones)
	}
	known, named, open := map[string]bool{}, map[string]string{}, ""
	for _, z := range s.Zones {
		if !isZoneID(z.ID) || known[z.ID] {
			return Errorf(CodeBadRequest, "zone %q: use lower case letters, digits and dashes, each once", clip(z.ID))
		}
		known[z.ID] = true
		if err := z.validate(); err != nil {
			return err
		}
		if len(z.Counters) == 0 && open != "" {
			return Errorf(CodeBadRequest, "zones %s and %s both serve all other counters: name the counters of one of them", open, z.ID)
		}
		if len(z.Counters) == 0 {
			open = z.ID
		}
		for _, id := range z.Counters {
			if !slices.ContainsFunc(s.Counters, func(c Counter) bool { return c.ID == id }) {
				return Errorf(CodeBadRequest, "zone %s serves counter %q, which does not exist", z.ID, clip(id))
			}
			if named[id] == z.ID {
				return Errorf(CodeBadRequest, "zone %s names counter %s twice", z.ID, id)
			}
			named[id] = z.ID
		}
	}
	return nil
}

func (z Zone) validate() error {
	switch {
	case z.Volume < quietest || z.Volume > loudest:
		return Errorf(CodeBadRequest, "zone %s: volume %d dB: give %d to %d", z.ID, z.Volume, quietest, loudest)
	case z.Readings < 0 || z.Readings > mostReading:
		return Errorf(CodeBadRequest, "zone %s: %d readings: give 1 to %d", z.ID, z.Readings, mostReading)
	case len(z.Quiet) > maxQuiet:
		return Errorf(CodeBadRequest, "zone %s: %d quiet times: give at most %d", z.ID, len(z.Quiet), maxQuiet)
	}
	var spans []Span
	for _, q := range z.Quiet {
		if q.Volume < quietest || q.Volume > 0 {
			return Errorf(CodeBadRequest, "zone %s: quiet volume %d dB: give %d to 0", z.ID, q.Volume, quietest)
		}
		spans = append(spans, Span{q.From, q.To})
	}
	return validateSessions(spans)
}

func (p Place) validate(counter string) error {
	switch {
	case !slices.Contains(directions(), p.Direction):
		return Errorf(CodeBadRequest, "counter %s: direction %q: give left, right, ahead or back", counter, clip(p.Direction))
	case !isText(p.Room, maxPlace) || !isText(p.Floor, maxPlace):
		return Errorf(CodeBadRequest, "counter %s: room or floor is longer than %d bytes", counter, maxPlace)
	}
	return nil
}

// ZonesOf tells which zones a counter's calls are heard in. An office without
// zones has one, whose id is "hall".
func (s Setup) ZonesOf(counter string) []string {
	if len(s.Zones) == 0 {
		return []string{DefaultZone}
	}
	var ids []string
	rest := ""
	for _, z := range s.Zones {
		if slices.Contains(z.Counters, counter) {
			ids = append(ids, z.ID)
		}
		if len(z.Counters) == 0 {
			rest = z.ID
		}
	}
	if len(ids) == 0 && rest != "" {
		ids = append(ids, rest)
	}
	return ids
}

// DefaultZone is the id of the one zone of an office that has named none.
const DefaultZone = "hall"

// At tells how loud a zone is at a time of day ("13:05"), in dB beside the
// usual level, and whether it is silent.
func (z Zone) At(clock string) (volume int, silent bool) {
	volume = z.Volume
	for _, q := range z.Quiet {
		if strings.Compare(q.From, clock) <= 0 && clock < q.To {
			return volume + q.Volume, q.Silent
		}
	}
	return volume, false
}
