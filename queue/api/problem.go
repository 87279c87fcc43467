package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"github.com/xinmoi/xinmoi/queue"
)

// Codes that only HTTP can cause; the others are package queue's.
const (
	CodeNotFound         queue.Code = "not_found"              // No such address.
	CodeMethodNotAllowed queue.Code = "method_not_allowed"     // The address knows other methods; see Allow.
	CodeTooLarge         queue.Code = "too_large"              // The body exceeds MaxBody.
	CodeUnsupportedMedia queue.Code = "unsupported_media_type" // The body is not JSON.
	CodeTimeout          queue.Code = "request_timeout"        // The body came too slowly.
)

// Problem is a failure as the wire carries it (RFC 9457).
type Problem struct {
	Type   string      `json:"type" doc:"Name of the kind of problem: urn:xinmoi:problem:CODE"`
	Title  string      `json:"title" doc:"What went wrong, for people; Vietnamese or English by Accept-Language"`
	Status int         `json:"status" doc:"The HTTP status"`
	Detail string      `json:"detail,omitempty" doc:"What exactly went wrong this time, for developers"`
	Code   queue.Code  `json:"code" doc:"Stable name of the kind of problem; programs decide by this"`
	Hint   string      `json:"hint" doc:"What to do next, for people; Vietnamese or English by Accept-Language"`
	Opens  *time.Time  `json:"opens,omitempty" doc:"When numbers are given again, for refusals that time heals"`
	Ticket *ticketJSON `json:"ticket,omitempty" doc:"counter_busy: the ticket in hand; wrong_state, stale_version: the ticket as it stands"`

	advice advice      // If not zero, instead of the hint of the code.
	known  string      // The actions that exist, for unknown_action.
	header http.Header // To be sent along.
}

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.HeadersError      = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

const problemType = "application/problem+json"

// newProblem makes a problem; format and args tell its detail.
func newProblem(code queue.Code, format string, args ...any) *Problem {
	k := kindOf(code)
	p := &Problem{
		Type: "urn:xinmoi:problem:" + string(code), Title: k.title, Status: k.status,
		Code: code, Hint: k.hint, Detail: fmt.Sprintf(format, args...), header: http.Header{},
	}
	switch {
	case k.status == http.StatusUnauthorized: // RFC 6750 section 3.
		p.header.Set("WWW-Authenticate", `Bearer realm="xinmoi"`)
	case code == queue.CodeClockWrong: // Somebody has to come and set it.
		p.header.Set("Retry-After", "60")
	case k.status == http.StatusServiceUnavailable, k.status == http.StatusTooManyRequests:
		p.header.Set("Retry-After", "1")
	}
	return p
}

// withHeader adds a response header.
func (p *Problem) withHeader(name, value string) *Problem {
	p.header.Set(name, value)
	return p
}

// withAdvice puts a next step in place of the code's own.
func (p *Problem) withAdvice(a advice) *Problem {
	p.advice = a
	return p
}

// Error implements error.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// in gives the problem in the language that an Accept-Language header
// prefers: Vietnamese if it says so, else English.
func (p *Problem) in(acceptLanguage string) *Problem {
	local := *p
	k := kindOf(p.Code)
	if p.advice != (advice{}) {
		k.hint, k.hintVI = p.advice.hint, p.advice.hintVI
	}
	local.Title, local.Hint = k.title, k.hint
	if prefersVietnamese(acceptLanguage) {
		local.Title, local.Hint = k.titleVI, k.hintVI
	}
	if p.known != "" {
		local.Hint += " " + p.known
	}
	return &local
}

// prefersVietnamese reports whether Vietnamese stands before English in an
// Accept-Language header (RFC 9110 section 12.5.4).
func prefersVietnamese(header string) bool {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return false
	}
	for _, tag := range tags {
		switch base, _ := tag.Base(); base.String() {
		case "vi":
			return true
		case "en":
			return false
		}
	}
	return false
}

// writeProblem answers a request that no operation handles.
func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	body, err := json.Marshal(p.in(r.Header.Get("Accept-Language")))
	if err != nil {
		http.Error(w, string(p.Code), p.Status)
		return
	}
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // The caller may be gone; nothing is lost.
}

// frameworkContext gives the embedded field a name beside the method Context.
type frameworkContext = huma.Context

// statusContext lets the table of kinds decide the status of the framework's
// own errors, too.
type statusContext struct {
	frameworkContext
	status int // If not 0, instead of what the framework says.
}

// SetStatus implements huma.Context.
func (c *statusContext) SetStatus(status int) {
	if c.status != 0 {
		status = c.status
	}
	c.frameworkContext.SetStatus(status)
}

// Unwrap lets the router's adapter find its own context.
func (c *statusContext) Unwrap() huma.Context { return c.frameworkContext }

// transform puts every problem into the caller's language and the
// framework's errors into our shape.
func transform(ctx huma.Context, _ string, v any) (any, error) {
	switch e := v.(type) {
	case *huma.ErrorModel:
		p := fromFramework(e)
		if sc, ok := ctx.(*statusContext); ok {
			sc.status = p.Status
		}
		return p.in(ctx.Header("Accept-Language")), nil
	case *Problem:
		return e.in(ctx.Header("Accept-Language")), nil
	default:
		return v, nil
	}
}

// fromFramework turns an error of request parsing and validation into a
// problem. The offending values are left out: they may be personal.
func fromFramework(e *huma.ErrorModel) *Problem {
	detail := e.Detail
	for i, d := range e.Errors {
		if i == 5 {
			break
		}
		detail += fmt.Sprintf("; %s: %s", d.Location, d.Message)
	}
	code := queue.CodeBadRequest
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		code = CodeTooLarge
	case http.StatusUnsupportedMediaType:
		code = CodeUnsupportedMedia
	case http.StatusRequestTimeout:
		code = CodeTimeout
	case http.StatusInternalServerError:
		code = queue.CodeInternal
	}
	return newProblem(code, "%s", detail)
}
