// Package api lets other machines, pages and people's own programs use an
// office over HTTP: the JSON interface under /api/v1, its event stream, its
// access rules, and the Client that makes a distant office look like a near
// one.
//
// The server side is Server: it turns requests into calls of queue.Management
// and adds nothing to the office's decisions. Who may do what is one literal
// (rights.go), which tokens keep to one agency another file (agency.go), what a
// failure looks like a third (problem.go), and the JSON shapes are in one place
// each (wire.go for answers, actions.go for what a ticket action may say,
// manage.go and why.go for what supervisors do and ask), used by server and
// client alike. A setup's shape is queue.Setup's own.
//
// Errors are problem documents (RFC 9457) with a stable member "code" and a
// member "hint" that names the next step, in Vietnamese or English as the
// request's Accept-Language prefers.
package api
