package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// People who have signed in come by the same way as devices: a session is one
// more kind of grant.

// identifyPerson adds the grants of whoever is signed in to who sends a request.
func (s *Server) identifyPerson(r *http.Request, id *identity) *Problem {
	if s.cfg.SignedIn == nil {
		return nil
	}
	grants, err := s.cfg.SignedIn(r)
	if err != nil {
		s.log.Error("api: sessions cannot be read", "error", err)
		return newProblem(queue.CodeUnavailable, "sessions cannot be read now")
	}
	at := id.office
	if at == "" && len(s.ids) == 1 { // A page, which is the only office's.
		at = s.ids[0]
	}
	for _, g := range grants {
		if g.Person != "" && (g.Office == "" || at == "" || g.Office == at) {
			id.grants = append(id.grants, g)
		}
	}
	return nil
}

// sessionCookie is the cookie of whoever has signed in; Config.SignedIn reads it.
const sessionCookie = "xinmoi_session"

// sessionOver reports whether a browser was signed in, and is not any more.
func (s *Server) sessionOver(r *http.Request) bool {
	_, err := r.Cookie(sessionCookie)
	return err == nil && s.cfg.SignedIn != nil
}

// sessionAdvice is for somebody who was signed in: at a counter left for the
// night, say.
func sessionAdvice() advice {
	return advice{
		"The session has ended: sign in again at /login, then do it once more.",
		"Phiên đăng nhập đã hết: đăng nhập lại ở trang /login rồi làm lại thao tác này.",
	}
}

// person reports whether somebody has signed in.
func (id identity) person() bool {
	return slices.ContainsFunc(id.grants, func(g queue.Grant) bool { return g.Person != "" })
}

// overlooked reports whether a browser's cookie of a role does not count: where
// somebody has signed in, what staff may is what that person may, and stands in
// the log under that name.
func overlooked(role queue.Role, id identity) bool {
	return id.person() && (role == queue.RoleStaff || role == queue.RoleAdmin)
}

// bind refuses what a person bound to some counters may not touch: other
// counters, but to transfer a ticket there; tickets that these have in hand; and
// what would put a ticket into another counter's hand.
func (s *Server) bind(ctx context.Context, o queue.Management, g queue.Grant, m queue.Meta, t touched) error {
	if len(g.Counters) == 0 {
		return nil
	}
	if t.counter != "" && t.action != queue.Transfer && !slices.Contains(g.Counters, t.counter) {
		return boundTo(g, t.counter)
	}
	if t.ticket == "" {
		return nil
	}
	known, err := o.Ticket(ctx, t.ticket)
	if queue.ErrorCode(err) == queue.CodeUnknownTicket {
		return nil // Which the office says itself.
	}
	if err != nil {
		return err
	}
	// Without a counter, resume and undo lead back to where the ticket was.
	back := t.action == queue.Undo || t.action == queue.Resume && t.counter == ""
	if known.Counter == "" || slices.Contains(g.Counters, known.Counter) || s.didIt(m, t, known) {
		return nil
	}
	if known.State.InHand() || back {
		return boundTo(g, known.Counter)
	}
	return nil
}

func boundTo(g queue.Grant, counter string) error {
	own := strings.Join(g.Counters, ", ")
	return newProblem(queue.CodeForbidden, "counter %s is not one of those of %s", counter, g.ID).withAdvice(advice{
		"Your account is for counter " + own + ": work there, or ask the administrator to add counter " + counter + ".",
		"Tài khoản của quý vị dùng cho quầy " + own + ": làm việc tại quầy đó, hoặc nhờ người quản trị thêm quầy " + counter + ".",
	})
}

// personAdvice is for somebody whose role does not have a right.
func personAdvice(r right) advice {
	var en, vi []string
	for i, role := range columns() {
		for _, row := range peopleTable() {
			if row.right == r && row.roles[i] != '-' {
				en, vi = append(en, string(role)), append(vi, personRoleVI(role))
			}
		}
	}
	if len(en) == 0 {
		return advice{"No account may do this; it is for devices and citizens.", "Không tài khoản nào làm được việc này; việc này dành cho thiết bị và người dân."}
	}
	return advice{
		"Your account may not do this. It is for: " + strings.Join(en, ", ") + ". Ask the administrator for that role, or sign in with another account.",
		"Tài khoản của quý vị không có quyền này. Quyền này dành cho: " + strings.Join(vi, ", ") + ". Nhờ người quản trị cấp quyền, hoặc đăng nhập bằng tài khoản khác.",
	}
}

// accountAdvice is for somebody whose role does not have a page.
func accountAdvice() advice {
	return advice{
		"Your account may not see this page: ask the administrator for the right, or sign in with another account.",
		"Tài khoản của quý vị không có quyền xem trang này: nhờ người quản trị cấp quyền, hoặc đăng nhập bằng tài khoản khác.",
	}
}

// personRoleVI is what a role of people is called.
func personRoleVI(r queue.Role) string {
	switch r {
	case queue.RoleAgent:
		return "cán bộ quầy"
	case queue.RoleSupervisor:
		return "trưởng ca"
	case queue.RoleLeader:
		return "lãnh đạo"
	case queue.RoleAuditor:
		return "kiểm tra"
	default:
		return "quản trị"
	}
}
