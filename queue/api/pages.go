package api

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// cookieRoles lists the roles that a browser may hold, the weaker first, so
// that what a page does is logged under the token made for it.
func cookieRoles() []queue.Role {
	return []queue.Role{queue.RoleKiosk, queue.RoleChannel, queue.RoleBoard, queue.RoleStaff, queue.RoleAdmin}
}

// cookieName names the cookie of a role; one browser may hold several.
func cookieName(role queue.Role) string { return "xinmoi_" + string(role) }

// cookieAge is the longest that browsers keep a cookie, in seconds
// (draft-ietf-httpbis-rfc6265bis section 5.5: 400 days). Tokens end by being
// withdrawn, not by time: a kiosk must survive a holiday.
const cookieAge = 400 * 24 * 60 * 60

// Exchange turns a token link, "/counter?token=…", into a cookie that scripts
// cannot read, and sends the browser on to the same address without the
// token. It does so for every page of next; the interface itself takes no
// tokens from addresses.
func (s *Server) Exchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("token")
		if token == "" || strings.HasPrefix(r.URL.Path, "/api/") ||
			(r.Method != http.MethodGet && r.Method != http.MethodHead) {
			next.ServeHTTP(w, r)
			return
		}
		g, ok, p := s.grant(r.Context(), token)
		if p == nil && !ok {
			p = s.wrongToken(clientIP(r), "the link's token is not known")
		}
		if p != nil {
			s.refusePage(w, r, p, "")
			return
		}
		http.SetCookie(w, &http.Cookie{
			Name: cookieName(g.Role), Value: token, Path: "/", MaxAge: cookieAge,
			HttpOnly: true, SameSite: http.SameSiteStrictMode,
			Secure: r.TLS != nil || s.cfg.SecureCookies,
		})
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Location", withoutToken(r.URL))
		w.WriteHeader(http.StatusSeeOther)
	})
}

// withoutToken gives the address on this server without its token. The path
// is cleaned: "//host/…" would lead to another server.
func withoutToken(u *url.URL) string {
	query := u.Query()
	query.Del("token")
	clean := url.URL{Path: path.Clean("/" + u.Path), RawQuery: query.Encode()}
	if strings.HasSuffix(u.Path, "/") && clean.Path != "/" {
		clean.Path += "/"
	}
	return clean.String()
}

// Guard lets a request through to a page if the browser holds a token of one
// of the roles, or of an administrator; or somebody has signed in who may what
// such a device may. Need is finer. GrantOf tells the page who came.
func (s *Server) Guard(roles ...queue.Role) func(http.Handler) http.Handler {
	roles = append(slices.Clone(roles), queue.RoleAdmin)
	return s.guard(roles[0], roleAdvice(roles), func(g queue.Grant) bool {
		if g.Person == "" || g.Role == queue.RoleAdmin {
			return slices.Contains(roles, g.Role)
		}
		return slices.Contains(roles, queue.RoleStaff) && s.allows(actorOf(g), SeeCounter)
	})
}

// Need lets a request through to a page if whoever sends it has a right, by a
// device's token or by having signed in. Anyone else is sent to sign in, or
// gets a page that says how to get in. page.CallerOf tells the page who came.
func (s *Server) Need(r Right) func(http.Handler) http.Handler {
	roles := s.rolesWith(r)
	if len(roles) == 0 {
		roles = []queue.Role{queue.RoleAdmin}
	}
	return s.guard(roles[0], roleAdvice(roles), func(g queue.Grant) bool { return s.allows(actorOf(g), r) })
}

// guard lets those through whose grant will do.
func (s *Server) guard(role queue.Role, who advice, will func(queue.Grant) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if s.cfg.Within != nil {
			next = s.cfg.Within(next)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, p := s.identify(r, "")
			if p != nil {
				s.refusePage(w, r, p, role)
				return
			}
			if i := slices.IndexFunc(id.grants, will); i >= 0 {
				next.ServeHTTP(w, r.WithContext(s.withCaller(r.Context(), id, id.grants[i])))
				return
			}
			switch {
			case id.person():
				p = newProblem(queue.CodeForbidden, "the account's role does not have this page").withAdvice(accountAdvice())
			case len(id.grants) > 0:
				p = newProblem(queue.CodeForbidden, "this page needs a token of role %s", role).withAdvice(who)
			default:
				p = newProblem(queue.CodeUnauthorized, "this page needs a token of role %s", role).withAdvice(who)
				if s.sessionOver(r) {
					p = p.withAdvice(sessionAdvice())
				}
			}
			s.refusePage(w, r, p, role)
		})
	}
}

// withCaller tells a page who asks for it.
func (s *Server) withCaller(ctx context.Context, id identity, g queue.Grant) context.Context {
	caller := page.Caller{ID: g.ID, Person: g.Person, Counters: g.Counters, May: func(r string) bool { return s.may(id, right(r)) }}
	return page.WithCaller(context.WithValue(ctx, grantKey{}, g), caller)
}

type grantKey struct{}

// GrantOf gives the grant by which a guard let a request through; ok is false
// for a request that no guard has seen.
func GrantOf(ctx context.Context) (g queue.Grant, ok bool) {
	g, ok = ctx.Value(grantKey{}).(queue.Grant)
	return g, ok
}

// refusePage answers a person with a page and a program with a problem.
func (s *Server) refusePage(w http.ResponseWriter, r *http.Request, p *Problem, role queue.Role) {
	w.Header().Set("Cache-Control", "no-store")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		writeProblem(w, r, p)
		return
	}
	again := arrivedFromElsewhere(r)
	if to := s.toSignIn(r, p); to != "" && !again {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(s.refusal(r, p, role, again)))
	}
}

// toSignIn is where a browser may sign in that nobody is signed in at; empty if
// that is not what it wants, or nobody can.
func (s *Server) toSignIn(r *http.Request, p *Problem) string {
	if s.cfg.LoginPage == nil || p.Code != queue.CodeUnauthorized || r.Method != http.MethodGet {
		return ""
	}
	return s.cfg.LoginPage(r)
}

// refusal is the page for whoever is not let in: where people have accounts,
// it speaks of these.
func (s *Server) refusal(r *http.Request, p *Problem, role queue.Role, again bool) string {
	if p.Code == queue.CodeForbidden && s.cfg.LoginPage != nil {
		if to := s.cfg.LoginPage(r); to != "" {
			return accountRefusal(p, to)
		}
	}
	return refusal(p, role, again)
}

// accountRefusal is for somebody who has signed in, or whose device has a token,
// for something else.
func accountRefusal(p *Problem, login string) string {
	k := kindOf(p.Code)
	return fmt.Sprintf(`<!doctype html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%[1]s – xinmoi</title>
<main>
<h1>%[1]s</h1>
<p>Tài khoản này không có quyền xem trang. Nhờ người quản trị cấp quyền, hoặc <a href="%[3]s">đăng nhập bằng tài khoản khác</a>.</p>
<p><a href="/account">Tài khoản của tôi</a> · <a href="/">Về trang đầu</a></p>
<section lang="en">
<h2>%[2]s</h2>
<p>This account may not see the page. Ask the administrator for the right, or <a href="%[3]s">sign in with another account</a>.</p>
<p><a href="/account">My account</a> · <a href="/">To the start page</a></p>
</section>
</main>
</html>
`, html.EscapeString(k.titleVI), html.EscapeString(k.title), html.EscapeString(login))
}

// arrivedFromElsewhere reports whether another site led the browser here
// (Fetch Metadata Request Headers, section 2.3). It then withholds
// SameSite=Strict cookies, and sends them when the page loads itself again.
func arrivedFromElsewhere(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "cross-site"
}

// refusal writes the page. It is plain on purpose: it must show in any
// browser, under the strictest policy.
func refusal(p *Problem, role queue.Role, again bool) string {
	if role == "" {
		role = queue.RoleStaff
	}
	refresh := ""
	if again {
		refresh = "<meta http-equiv=\"refresh\" content=\"0\">\n"
	}
	k := kindOf(p.Code)
	return fmt.Sprintf(`<!doctype html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
%[1]s<title>%[2]s – xinmoi</title>
<main>
<h1>%[2]s</h1>
<p>Trang này chỉ dành cho thiết bị hoặc nhân viên đã được cấp quyền. Nhờ người quản trị chạy lệnh
<code>xinmoi token -role %[4]s</code> trên máy chủ, rồi mở liên kết của trang kèm mã vừa nhận:
<code>?token=MÃ</code></p>
<p>Mới cài đặt? Chương trình in sẵn các liên kết kèm mã khi khởi động: mở liên kết ở dòng “Quản trị”.</p>
<p><a href="/">Về trang đầu</a></p>
<section lang="en">
<h2>%[3]s</h2>
<p>This page is for devices and staff with a token. Ask the administrator to run
<code>xinmoi token -role %[4]s</code> on the server, then open this page's link with the token:
<code>?token=TOKEN</code></p>
<p>Just installed? The program prints links with tokens when it starts: open the one in the line “Admin”.</p>
<p><a href="/">To the start page</a></p>
</section>
</main>
</html>
`, refresh, html.EscapeString(k.titleVI), html.EscapeString(k.title), html.EscapeString(string(role)))
}

// Works reports whether a browser belongs to whoever serves citizens here: a
// device of the office, or somebody who has signed in.
func (s *Server) Works(r *http.Request) bool {
	id, p := s.identify(r, "")
	return p == nil && s.may(id, SeeCounter)
}
