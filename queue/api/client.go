package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Client is an office on another machine.
//
// Its requests do not wait longer than 15 seconds; when the network fails the
// error has queue.CodeUnavailable and wraps the cause. Request keys go
// through, so that a command may then be repeated with the same key.
type Client struct {
	base   string // Address of the office.
	office string
	token  string
	http   http.Client
}

var _ queue.Management = (*Client)(nil)

const (
	requestTimeout = 15 * time.Second
	maxAnswer      = 2 * maxSetup // Bytes of an answer; only a setup comes near.
)

// NewClient makes a client of the office with this id on the server at
// baseURL ("http://192.168.1.10:8080"), with the rights of a device token.
// hc carries the requests; nil means one of its own. Redirects are not
// followed, so that the token goes nowhere else.
func NewClient(baseURL, office, token string, hc *http.Client) *Client {
	c := &Client{
		base:   strings.TrimRight(baseURL, "/") + Prefix + "/offices/" + url.PathEscape(office),
		office: office, token: token,
	}
	if hc != nil {
		c.http = *hc
	}
	c.http.Timeout = 0 // It would cut event streams; requests have a deadline of their own.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Info implements queue.Office.
func (c *Client) Info(ctx context.Context) (queue.Info, error) {
	var j officeJSON
	err := c.get(ctx, "", &j)
	return j.info(), err
}

// Services implements queue.Office.
func (c *Client) Services(ctx context.Context) ([]queue.ServiceView, error) {
	return listFrom(ctx, c, "/services", func(j serviceJSON) (queue.ServiceView, error) { return j.view(), nil })
}

// Procedures implements queue.Office.
func (c *Client) Procedures(ctx context.Context) ([]queue.Procedure, error) {
	return listFrom(ctx, c, "/procedures", func(j procedureJSON) (queue.Procedure, error) { return j.procedure(), nil })
}

// Counters implements queue.Office.
func (c *Client) Counters(ctx context.Context) ([]queue.CounterView, error) {
	return listFrom(ctx, c, "/counters", counterJSON.view)
}

// Kiosk implements queue.Office.
func (c *Client) Kiosk(ctx context.Context) (k queue.KioskSetup, err error) {
	err = c.get(ctx, "/kiosk", &k)
	return k, err
}

// Phone implements queue.Office.
func (c *Client) Phone(ctx context.Context) (p queue.PhoneSetup, err error) {
	err = c.get(ctx, "/phone", &p)
	return p, err
}

// Telephone tells what whoever answers the telephone must know of the setup:
// what callers hear, the hours and the rules. All else in it is missing.
func (c *Client) Telephone(ctx context.Context) (queue.Setup, error) {
	var p phoneJSON
	err := c.get(ctx, "/phone", &p)
	return queue.Setup{Office: c.office, Phone: p.PhoneSetup, Hours: p.Hours, Days: p.Days, Rules: p.Rules}, err
}

// Demand tells how many numbers of each service were taken in the past weeks, by
// which a telephone's menu is ordered; nil while that is not known.
func (c *Client) Demand(ctx context.Context) (map[string]int, error) {
	var p phoneJSON
	err := c.get(ctx, "/phone", &p)
	return p.Demand, err
}

// Board implements queue.Office.
func (c *Client) Board(ctx context.Context) (queue.Board, error) {
	var j boardJSON
	if err := c.get(ctx, "/board", &j); err != nil {
		return queue.Board{}, err
	}
	b, err := j.board()
	return b, misunderstood(err)
}

// Take implements queue.Office.
func (c *Client) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	return c.postTicket(ctx, "/tickets", r.Meta, takeBody{
		Service: r.Service, Procedure: r.Procedure, Channel: string(r.Channel), Class: string(r.Class),
		Language: r.Language, Needs: r.Needs, Person: r.Person, Hold: r.Hold, Reserve: r.Reserve,
		Slot: knownTime(r.Slot), Card: r.Card, Dossiers: r.Dossiers, Aged: r.Aged,
	})
}

// Ticket implements queue.Office.
func (c *Client) Ticket(ctx context.Context, ref string) (queue.Ticket, error) {
	segment, err := segment(ref, queue.CodeUnknownTicket)
	if err != nil {
		return queue.Ticket{}, err
	}
	var j ticketJSON
	if err := c.get(ctx, "/tickets"+segment, &j); err != nil {
		return queue.Ticket{}, err
	}
	t, err := j.ticket()
	return t, misunderstood(err)
}

// Mine implements queue.Office.
func (c *Client) Mine(ctx context.Context, person string) ([]queue.Ticket, error) {
	return c.mine(ctx, mineBody{Person: person})
}

// Unrated lists the tickets that a person took today, that were served and
// that nobody has rated yet, as queue.Engine does.
func (c *Client) Unrated(ctx context.Context, person string) ([]queue.Ticket, error) {
	return c.mine(ctx, mineBody{Person: person, Unrated: true})
}

func (c *Client) mine(ctx context.Context, b mineBody) ([]queue.Ticket, error) {
	var list []ticketJSON
	if err := c.post(ctx, "/mine", queue.Meta{}, b, &list); err != nil {
		return nil, err
	}
	return listOfAll(list, ticketJSON.ticket)
}

// Belongs implements queue.Office.
func (c *Client) Belongs(ctx context.Context, ref, ending string) (queue.Ticket, error) {
	unknown := queue.Errorf(queue.CodeUnknownTicket, "no ticket was taken by a telephone number ending with %q", ending)
	segment, err := segment(ref, queue.CodeUnknownTicket)
	if err != nil {
		return queue.Ticket{}, err
	}
	t, err := c.postTicket(ctx, "/tickets"+segment+"/belongs", queue.Meta{}, belongsBody{ending})
	if queue.ErrorCode(err) == queue.CodeBadRequest { // Not four digits.
		return queue.Ticket{}, unknown
	}
	return t, err
}

// Act implements queue.Office.
func (c *Client) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	ticket, err := segment(r.Ticket, queue.CodeUnknownTicket)
	if err != nil {
		return queue.Ticket{}, err
	}
	action, err := segment(string(r.Action), queue.CodeUnknownAction)
	if err != nil {
		return queue.Ticket{}, err
	}
	return c.postTicket(ctx, "/tickets"+ticket+action, r.Meta, bodyOf(r))
}

// Next implements queue.Office.
func (c *Client) Next(ctx context.Context, r queue.CounterRequest) (queue.Ticket, error) {
	counter, err := segment(r.Counter, queue.CodeUnknownCounter)
	if err != nil {
		return queue.Ticket{}, err
	}
	return c.postTicket(ctx, "/counters"+counter+"/next", r.Meta, emptyBody{})
}

// Call implements queue.Office.
func (c *Client) Call(ctx context.Context, r queue.CallRequest) (queue.Ticket, error) {
	counter, err := segment(r.Counter, queue.CodeUnknownCounter)
	if err != nil {
		return queue.Ticket{}, err
	}
	return c.postTicket(ctx, "/counters"+counter+"/call", r.Meta, callBody{Ticket: r.Ticket, Reason: r.Reason})
}

// SetCounter implements queue.Office.
func (c *Client) SetCounter(ctx context.Context, r queue.SetCounterRequest) (queue.CounterView, error) {
	counter, err := segment(r.Counter, queue.CodeUnknownCounter)
	if err != nil {
		return queue.CounterView{}, err
	}
	for _, a := range counterActions() {
		if a.state != r.State {
			continue
		}
		body, err := counterBody(r)
		if err != nil {
			return queue.CounterView{}, err
		}
		var j counterJSON
		if err := c.post(ctx, "/counters"+counter+"/"+a.name, r.Meta, body, &j); err != nil {
			return queue.CounterView{}, err
		}
		v, err := j.view()
		return v, misunderstood(err)
	}
	return queue.CounterView{}, queue.Errorf(queue.CodeUnknownAction, "unknown counter state %q", r.State)
}

// counterBody is the body for a request. Only a counter that closes can leave
// a ticket.
func counterBody(r queue.SetCounterRequest) (any, error) {
	if r.State != queue.Closed {
		return setBody{Reason: r.Reason}, nil
	}
	if r.InHand != "" && !slices.Contains(leaveWays(), r.InHand) {
		return nil, queue.Errorf(queue.CodeUnknownAction, "a ticket in hand cannot be left with %q", r.InHand)
	}
	return closeBody{InHand: string(r.InHand), Reason: r.Reason}, nil
}

// listFrom reads a bare array.
func listFrom[J, T any](ctx context.Context, c *Client, path string, convert func(J) (T, error)) ([]T, error) {
	var list []J
	if err := c.get(ctx, path, &list); err != nil {
		return nil, err
	}
	return listOfAll(list, convert)
}

// listOfAll converts every item of an answered list.
func listOfAll[J, T any](list []J, convert func(J) (T, error)) ([]T, error) {
	out := make([]T, len(list))
	for i, j := range list {
		var err error
		if out[i], err = convert(j); err != nil {
			return nil, misunderstood(err)
		}
	}
	return out, nil
}

// segment makes a name part of a path. Names that a path cannot carry are
// known to nobody.
func segment(name string, unknown queue.Code) (string, error) {
	if name == "" || name == "." || name == ".." {
		return "", queue.Errorf(unknown, "%q names nothing", name)
	}
	return "/" + url.PathEscape(name), nil
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, queue.Meta{}, nil, out)
}

func (c *Client) post(ctx context.Context, path string, m queue.Meta, in, out any) error {
	return c.send(ctx, http.MethodPost, path, m, in, out)
}

func (c *Client) send(ctx context.Context, method, path string, m queue.Meta, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return queue.Errorf(queue.CodeBadRequest, "write request: %w", err)
	}
	return c.do(ctx, method, path, m, body, out)
}

func (c *Client) postTicket(ctx context.Context, path string, m queue.Meta, in any) (queue.Ticket, error) {
	var j ticketJSON
	if err := c.post(ctx, path, m, in, &j); err != nil {
		return queue.Ticket{}, err
	}
	t, err := j.ticket()
	return t, misunderstood(err)
}

// do sends one request and reads its answer into out.
func (c *Client) do(ctx context.Context, method, path string, m queue.Meta, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := setMeta(req.Header, m); err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return unavailable(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return unavailable(err)
	}
	if len(answer) > maxAnswer {
		return misunderstood(fmt.Errorf("the answer has more than %d bytes", maxAnswer))
	}
	switch {
	case res.StatusCode == http.StatusNoContent:
		return queue.Errorf(queue.CodeNobodyWaiting, "nobody waits for this counter")
	case res.StatusCode < 200 || res.StatusCode > 299:
		return fromProblem(res.StatusCode, answer)
	}
	return misunderstood(json.Unmarshal(answer, out))
}

func (c *Client) request(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, queue.Errorf(queue.CodeBadRequest, "address of the office: %w", err)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// setMeta sends the request key and who asks. A caller's name that a header
// cannot carry is escaped.
func setMeta(h http.Header, m queue.Meta) error {
	if m.Key != "" {
		if !visible(m.Key, maxKey) {
			return queue.Errorf(queue.CodeBadRequest,
				"a request key must be 1 to %d visible ASCII characters, this one has %d bytes", maxKey, len(m.Key))
		}
		h.Set(keyHeader, m.Key)
	}
	if m.Caller == "" {
		return nil
	}
	caller := m.Caller
	if !visible(caller, maxCaller) {
		caller = url.PathEscape(caller)
	}
	if !visible(caller, maxCaller) {
		return queue.Errorf(queue.CodeBadRequest, "a caller's name of %d bytes is too long", len(m.Caller))
	}
	h.Set(callerHeader, caller)
	return nil
}

// unavailable leaves out the address: it may have a ticket's lookup code, and
// errors are logged.
func unavailable(err error) error {
	if asked := (*url.Error)(nil); errors.As(err, &asked) {
		err = asked.Err
	}
	return queue.Errorf(queue.CodeUnavailable, "the office cannot be reached: %w", err)
}

// misunderstood reports an answer that was not what the contract says. The
// command may well have been done, and may be repeated with its key.
func misunderstood(err error) error {
	if err == nil {
		return nil
	}
	return queue.Errorf(queue.CodeUnavailable, "the office's answer cannot be read: %w", err)
}

// fromProblem turns a failure on the wire back into the error that it was. A
// code that package queue does not know, or an answer from something between
// here and the office, is told by its status.
func fromProblem(status int, body []byte) error {
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
		return queue.Errorf(codeOf(status), "the office answered %d %s", status, http.StatusText(status))
	}
	message := p.Detail
	if message == "" {
		message = p.Title
	}
	t, err := fromTicketPtr(p.Ticket)
	if err != nil {
		return misunderstood(err)
	}
	code := p.Code
	switch code {
	case CodeNotFound, CodeMethodNotAllowed, CodeTooLarge, CodeUnsupportedMedia, CodeTimeout:
		code = codeOf(status)
	}
	return &queue.Error{Code: code, Message: message, Opens: orZero(p.Opens), Ticket: t}
}

func codeOf(status int) queue.Code {
	switch {
	case status == http.StatusUnauthorized:
		return queue.CodeUnauthorized
	case status == http.StatusForbidden:
		return queue.CodeForbidden
	case status == http.StatusTooManyRequests:
		return queue.CodeRateLimited
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return queue.CodeBadRequest
	default:
		return queue.CodeUnavailable
	}
}
