package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/xinmoi/xinmoi/bots/zalooa"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Where the owner of a Zalo Official Account gives the consent, and where Zalo
// sends the owner's browser back to. The latter is for everybody: who comes from
// another site brings no cookie, and what counts is a word that only Zalo can know.
const (
	ConsentPath = Prefix + "/zalo"
	BackPath    = "/bots/zalo-consent"
)

// Consenting is an account whose owner gives the consent here; *zalooa.Adapter is
// one.
type Consenting interface {
	Permission(redirect string) string
	Consented(ctx context.Context, back url.Values) error
	Connection() zalooa.Connection
	Who(ctx context.Context) (string, error)
}

// consent is what the page shows.
type consent struct {
	State       string
	Level       page.Level
	Callback    string // What has to be registered at Zalo.
	Link        string // Where the owner goes; empty = not asked for yet.
	Done, Wrong string
}

// routeConsent adds the page for the account's owner, if there is such an account.
func (d *Desk) routeConsent(mux *http.ServeMux) {
	if d.Consent == nil {
		return
	}
	mux.HandleFunc("GET "+ConsentPath, func(w http.ResponseWriter, r *http.Request) { d.showConsent(w, r, "") })
	mux.HandleFunc("POST "+ConsentPath, func(w http.ResponseWriter, r *http.Request) {
		d.showConsent(w, r, d.Consent.Permission(d.Base+BackPath))
	})
}

func (d *Desk) showConsent(w http.ResponseWriter, r *http.Request, link string) {
	l := page.Language(r)
	c := consent{Callback: d.Base + BackPath, Link: link}
	row := d.consentRow()
	_, c.State = row.Words(l)
	c.Level = row.Level
	w.Header().Set("Cache-Control", "no-store")
	d.kit.Render(w, r, http.StatusOK, "consent", page.View{Lang: l, Title: l.T("Kết nối Zalo OA", "Connect the Zalo Official Account"), Home: Prefix, Data: c})
}

// consentRow tells how the account stands, and leads to the page.
func (d *Desk) consentRow() page.Row {
	row := page.Row{Label: "Zalo OA", LabelEN: "Zalo Official Account", Href: ConsentPath}
	switch d.Consent.Connection() {
	case zalooa.Connected:
		row.Value, row.ValueEN, row.Level = "đã kết nối", "connected", page.OK
	case zalooa.Expired:
		row.Value, row.ValueEN, row.Level = "Zalo không còn nhận quyền đã cấp: bấm “Kết nối Zalo OA” để chủ tài khoản đồng ý lại", "Zalo no longer takes the consent: press “Connect” and let the account's owner agree again", page.Fail
	default:
		row.Value, row.ValueEN, row.Level = "chưa kết nối: bấm “Kết nối Zalo OA” để chủ tài khoản đồng ý", "not connected yet: press “Connect” and let the account's owner agree", page.Fail
	}
	return row
}

// Back serves the page that Zalo sends the owner's browser to.
func (d *Desk) Back() http.Handler {
	return page.Guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := page.Language(r)
		c, status := consent{}, http.StatusOK
		if d.Consent == nil || r.Method != http.MethodGet {
			http.NotFound(w, r)
			return
		}
		switch err := d.Consent.Consented(r.Context(), r.URL.Query()); {
		case err == nil:
			c.Done = l.T("Đã kết nối Zalo OA", "The Zalo Official Account is connected")
			if who, err := d.Consent.Who(r.Context()); err == nil && who != "" {
				c.Done += ": " + who
			}
			c.Done += "."
		default:
			c.Wrong, status = consentWords(err).in(l), http.StatusUnprocessableEntity
			if !errors.Is(err, zalooa.ErrConsentOver) { // Strangers can ask for that as often as they like.
				d.kit.Logger.Warn("no consent for the Zalo account", "err", err)
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer") // The address held the code.
		d.kit.Render(w, r, status, "consent", page.View{Lang: l, Title: l.T("Kết nối Zalo OA", "Connect the Zalo Official Account"), Home: ConsentPath, Data: c})
	}))
}

// said is one sentence in both languages.
type said [2]string

func (s said) in(l page.Lang) string { return l.T(s[0], s[1]) }

// consentWords tells what went wrong and what to do.
func consentWords(err error) said {
	switch {
	case errors.Is(err, zalooa.ErrConsentOver):
		return said{"Đường dẫn này đã dùng rồi hoặc đã quá 10 phút. Xin bấm “Kết nối Zalo OA” lại trong trang quản trị.", "This link was used already or is older than 10 minutes. Please press “Connect” again on the administrator's page."}
	case errors.Is(err, zalooa.ErrConsentRefused):
		return said{"Zalo chưa cấp quyền: chủ tài khoản chưa đồng ý, hoặc mã ứng dụng và khóa bí mật không khớp. Xin xem lại zalo_oa.app_id và app_secret_file, rồi bấm “Kết nối Zalo OA” lại.", "Zalo gave no access: the owner did not agree, or the application's id and secret do not match. Please check zalo_oa.app_id and app_secret_file, then press “Connect” again."}
	case errors.Is(err, zalooa.ErrConsentUnwritten):
		return said{"Đã kết nối, nhưng không ghi được xuống đĩa: sẽ mất khi chương trình dừng. Xin giải phóng chỗ trên đĩa rồi bấm “Kết nối Zalo OA” lại.", "It is connected, but cannot be written to the disk and is lost when the program stops. Please make room on the disk, then press “Connect” again."}
	default:
		return said{"Không liên lạc được với Zalo. Xin kiểm tra đường ra internet của máy chủ rồi bấm “Kết nối Zalo OA” lại.", "Zalo cannot be reached. Please check the server's way to the internet, then press “Connect” again."}
	}
}
