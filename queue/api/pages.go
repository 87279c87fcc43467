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
// of the roles, or of an administrator. Anyone else gets a page that says how
// to get in. GrantOf tells the page who came.
func (s *Server) Guard(roles ...queue.Role) func(http.Handler) http.Handler {
	roles = append(slices.Clone(roles), queue.RoleAdmin)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, p := s.identify(r, "")
			if p != nil {
				s.refusePage(w, r, p, roles[0])
				return
			}
			for _, g := range id.grants {
				if slices.Contains(roles, g.Role) {
					next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, g)))
					return
				}
			}
			code := queue.CodeUnauthorized
			if len(id.grants) > 0 {
				code = queue.CodeForbidden
			}
			p = newProblem(code, "this page needs a token of role %s", roles[0])
			s.refusePage(w, r, p.withAdvice(roleAdvice(roles)), roles[0])
		})
	}
}

type grantKey struct{}

// GrantOf gives the grant by which Guard let a request through; ok is false
// for a request that no Guard has seen.
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
		_, _ = w.Write([]byte(refusal(p, role, arrivedFromElsewhere(r))))
	}
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
<p><a href="/">Về trang đầu</a></p>
<section lang="en">
<h2>%[3]s</h2>
<p>This page is for devices and staff with a token. Ask the administrator to run
<code>xinmoi token -role %[4]s</code> on the server, then open this page's link with the token:
<code>?token=TOKEN</code></p>
<p><a href="/">To the start page</a></p>
</section>
</main>
</html>
`, refresh, html.EscapeString(k.titleVI), html.EscapeString(k.title), html.EscapeString(string(role)))
}
