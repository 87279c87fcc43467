package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/xinmoi/xinmoi/queue"
)

// Setup implements queue.Management.
func (c *Client) Setup(ctx context.Context) (queue.SetupView, error) {
	var j setupViewJSON
	err := c.get(ctx, "/setup", &j)
	return queue.SetupView{Setup: j.Setup, Version: j.Version}, err
}

// Configure implements queue.Management.
func (c *Client) Configure(ctx context.Context, r queue.ConfigureRequest) (queue.SetupView, error) {
	var j setupViewJSON
	err := c.send(ctx, http.MethodPut, "/setup", r.Meta, setupBody{Version: r.Version, Setup: r.Setup}, &j)
	return queue.SetupView{Setup: j.Setup, Version: j.Version}, err
}

// SetIssuing implements queue.Management.
func (c *Client) SetIssuing(ctx context.Context, r queue.IssuingRequest) ([]queue.ServiceView, error) {
	var list []serviceJSON
	if err := c.post(ctx, "/issuing", r.Meta, issuingBody{Service: r.Service, Stopped: r.Stopped, Reason: r.Reason}, &list); err != nil {
		return nil, err
	}
	return shapeAll(list, serviceJSON.view), nil
}

// Announced implements queue.Witness.
func (c *Client) Announced(ctx context.Context, r queue.AnnouncedRequest) error {
	in := announcedBody{Ticket: r.Ticket, Counter: r.Counter, Zone: r.Zone, Readings: r.Readings, Reason: r.Reason}
	if !r.HeardAt.IsZero() {
		at := r.HeardAt.UTC()
		in.HeardAt = &at
	}
	var told announcedBody
	return c.post(ctx, "/announcements", r.Meta, in, &told)
}

// IssueCard implements queue.Management.
func (c *Client) IssueCard(ctx context.Context, r queue.CardRequest) (queue.Card, error) {
	return c.postCard(ctx, "/cards", r.Meta, cardBody{Kind: r.Kind, Until: r.Until.UTC()})
}

// RevokeCard implements queue.Management.
func (c *Client) RevokeCard(ctx context.Context, r queue.RevokeRequest) (queue.Card, error) {
	card, err := segment(r.ID, queue.CodeCardInvalid)
	if err != nil {
		return queue.Card{}, err
	}
	return c.postCard(ctx, "/cards"+card+"/revoke", r.Meta, emptyBody{})
}

func (c *Client) postCard(ctx context.Context, path string, m queue.Meta, in any) (queue.Card, error) {
	var j cardJSON
	if err := c.post(ctx, path, m, in, &j); err != nil {
		return queue.Card{}, err
	}
	return j.card(), nil
}

// Explain implements queue.Management. Of the others' tickets only the numbers
// come over the network.
func (c *Client) Explain(ctx context.Context, ticket, of string) (queue.Explanation, error) {
	path, err := segment(ticket, queue.CodeUnknownTicket)
	if err != nil {
		return queue.Explanation{}, err
	}
	path = "/tickets" + path + "/why"
	if of != "" {
		path += "?of=" + url.QueryEscape(of)
	}
	var j whyJSON
	if err := c.get(ctx, path, &j); err != nil {
		return queue.Explanation{}, err
	}
	x, err := j.explanation()
	return x, misunderstood(err)
}
