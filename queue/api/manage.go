package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// What supervisors do with an office: its setup, whether it gives numbers, and
// priority cards.

func (s *Server) managementRoutes() {
	register(s, operation{
		id: "get-setup", method: http.MethodGet, path: "/offices/{office}/setup", need: maySetup,
		summary: "Everything the office has decided about itself, and the version of it",
	}, s.getSetup)
	register(s, operation{
		id: "put-setup", method: http.MethodPut, path: "/offices/{office}/setup", need: mayConfigure,
		needsBody: true, maxBody: maxSetup,
		summary: "Put another setup in force at once; 409 setup_in_use if tickets or open counters would be left behind",
	}, s.putSetup)
	register(s, operation{
		id: "set-issuing", method: http.MethodPost, path: "/offices/{office}/issuing", need: mayIssuing, needsBody: true,
		summary: "Stop or resume the giving of numbers for the rest of the day; repeatable; answers the services",
	}, s.setIssuing)
	register(s, operation{
		id: "announced", method: http.MethodPost, path: "/offices/{office}/announcements", need: mayAnnounced, needsBody: true,
		summary: "Tell what became of a call in the hall; it is written into the log and changes no ticket; answers what was told",
	}, s.announced)
	register(s, operation{
		id: "issue-card", method: http.MethodPost, path: "/offices/{office}/cards", need: mayCard, needsBody: true,
		status: http.StatusCreated, summary: "Hand out a priority card; it names nobody",
	}, s.issueCard)
	register(s, operation{
		id: "revoke-card", method: http.MethodPost, path: "/offices/{office}/cards/{card}/revoke", need: mayCard,
		summary: "Make a priority card invalid; repeatable",
	}, s.revokeCard)
}

type setupViewJSON struct {
	Version string      `json:"version" doc:"Changes with any change of the setup"`
	Setup   queue.Setup `json:"setup"`
}

func toSetupView(v queue.SetupView) *answer[setupViewJSON] {
	return &answer[setupViewJSON]{setupViewJSON{Version: v.Version, Setup: v.Setup}}
}

func (s *Server) getSetup(ctx context.Context, in *OfficePath) (*answer[setupViewJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	v, err := o.Setup(ctx)
	return toSetupView(v), err
}

type setupBody struct {
	Version string      `json:"version,omitempty" nullable:"true" maxLength:"64" doc:"The version that was changed; 409 stale_version if it has moved on"`
	Setup   queue.Setup `json:"setup"`
}

type setupIn struct {
	OfficePath
	KeyHeaders
	Body setupBody
}

func (s *Server) putSetup(ctx context.Context, in *setupIn) (*answer[setupViewJSON], error) {
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayConfigure, touched{office: true})
	if err != nil {
		return nil, err
	}
	v, err := o.Configure(ctx, queue.ConfigureRequest{Meta: m, Setup: in.Body.Setup, Version: in.Body.Version})
	return toSetupView(v), err
}

type issuingBody struct {
	Service string `json:"service,omitempty" nullable:"true" maxLength:"64" doc:"The service; all if absent"`
	Stopped bool   `json:"stopped" doc:"true stops, false resumes; those who wait are still served"`
	Reason  string `json:"reason,omitempty" nullable:"true" maxLength:"400" doc:"Why; staff see it"`
}

type issuingIn struct {
	OfficePath
	KeyHeaders
	Body issuingBody
}

func (s *Server) setIssuing(ctx context.Context, in *issuingIn) (*listAnswer[serviceJSON], error) {
	b := in.Body
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayIssuing, touched{service: strings.ToUpper(b.Service), office: b.Service == ""})
	if err != nil {
		return nil, err
	}
	views, err := o.SetIssuing(ctx, queue.IssuingRequest{Meta: m, Service: b.Service, Stopped: b.Stopped, Reason: b.Reason})
	if err != nil {
		return nil, err
	}
	return &listAnswer[serviceJSON]{shapeAll(views, toService)}, nil
}

type announcedBody struct {
	Ticket   string     `json:"ticket" maxLength:"64" doc:"The ticket's id"`
	Counter  string     `json:"counter" maxLength:"300" doc:"Where it was called to"`
	Zone     string     `json:"zone" maxLength:"40" doc:"The part of the hall; hall where the office has not divided it"`
	Readings int        `json:"readings,omitempty" minimum:"0" maximum:"100" doc:"How often it was heard in full"`
	Reason   string     `json:"reason,omitempty" maxLength:"64" doc:"Why it was not heard, or heard less"`
	HeardAt  *time.Time `json:"heard_at,omitempty" doc:"When the first reading began; with readings, and only then"`
}

type announcedIn struct {
	OfficePath
	KeyHeaders
	Body announcedBody
}

func (s *Server) announced(ctx context.Context, in *announcedIn) (*answer[announcedBody], error) {
	b := in.Body
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayAnnounced, touched{})
	if err != nil {
		return nil, err
	}
	err = o.Announced(ctx, queue.AnnouncedRequest{
		Meta: m, Ticket: b.Ticket, Counter: b.Counter, Zone: b.Zone, Readings: b.Readings, Reason: b.Reason, HeardAt: orZero(b.HeardAt),
	})
	return &answer[announcedBody]{b}, err
}

type cardJSON struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind" doc:"What it is given for"`
	Until time.Time `json:"until" doc:"Its last day"`
	Text  string    `json:"text" doc:"What its QR code says: letters, digits and dashes"`
}

func toCard(c queue.Card) *answer[cardJSON] {
	return &answer[cardJSON]{cardJSON{ID: c.ID, Kind: c.Kind, Until: c.Until.UTC(), Text: c.Text}}
}

func (j cardJSON) card() queue.Card {
	return queue.Card{ID: j.ID, Kind: j.Kind, Until: j.Until.UTC(), Text: j.Text}
}

type cardBody struct {
	Kind  string    `json:"kind" minLength:"1" maxLength:"32" pattern:"^[a-z0-9-]+$" example:"elderly" doc:"What it is given for: lower case letters, digits and dashes"`
	Until time.Time `json:"until" doc:"Its last day, in the office's time zone; within ten years"`
}

type cardIn struct {
	OfficePath
	KeyHeaders
	Body cardBody
}

func (s *Server) issueCard(ctx context.Context, in *cardIn) (*answer[cardJSON], error) {
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayCard, touched{})
	if err != nil {
		return nil, err
	}
	c, err := o.IssueCard(ctx, queue.CardRequest{Meta: m, Kind: in.Body.Kind, Until: in.Body.Until.UTC()})
	return toCard(c), err
}

type revokeIn struct {
	OfficePath
	Card string `path:"card" maxLength:"64" doc:"The card's id"`
	KeyHeaders
	Body *emptyBody
}

func (s *Server) revokeCard(ctx context.Context, in *revokeIn) (*answer[cardJSON], error) {
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayCard, touched{})
	if err != nil {
		return nil, err
	}
	c, err := o.RevokeCard(ctx, queue.RevokeRequest{Meta: m, ID: in.Card})
	return toCard(c), err
}
