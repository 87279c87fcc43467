//go:build e2e

package e2e

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestBrowser takes a number at the kiosk, reads the paper, calls the number
// and watches board and ticket page, all in a real browser. Every page is
// checked for accessibility on the way.
func TestBrowser(t *testing.T) {
	t.Parallel()
	browsing(t, "zbarimg", "tesseract")
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	link := func(path, role string) string { return "http://" + s.http + path + "?token=" + s.token(role) }
	steps := browse(t, s, "browser.mjs", map[string]any{
		"home": "http://" + s.http + "/", "kiosk": link("/kiosk", "kiosk"), "counter": link("/counter", "staff"), "board": link("/board", "board"),
		"admin": link("/admin", "admin"), "paper": link("/kiosk/paper", "kiosk"),
	}, func(st step) any { return fulfil(t, s, st) }, "kiosk", "ticket", "called", "heard", "day", "restarted", "told the hall")
	if k := steps["kiosk"]; k.Number != "A001" || k.Tile < 55 {
		t.Errorf("the kiosk gave %q; its smallest tile is %.0f px, want at least 55 (20 mm on a 32\" screen)", k.Number, k.Tile)
	}
	if steps["ticket"].Number != steps["kiosk"].Number {
		t.Errorf("the paper leads to %s", steps["ticket"].Number)
	}
}

// fulfil does what the browser asks for.
func fulfil(t *testing.T, s *server, st step) map[string]string {
	state := func(want string) {
		s.await(st.Number+" "+want, 10*time.Second, func() bool {
			var tk struct {
				State     string
				CallCount int `json:"call_count"`
			}
			s.must(http.StatusOK, "GET", base+"/tickets/"+st.Number, "staff", nil, &tk)
			return tk.State == want || want == "called twice" && tk.CallCount == 2 || want == "called again" && tk.State == "called"
		})
	}
	switch st.Need {
	case "paper":
		return map[string]string{"url": readPaper(t, s, st.Number)}
	case "called", "called again", "called twice", "parked", "serving", "completed":
		state(st.Need)
	case "restart and call":
		s.kill()
		s.run()
		s.take("D")
		s.must(http.StatusOK, "POST", base+"/counters/4/open", "staff", nil, nil)
		s.must(http.StatusOK, "POST", base+"/counters/4/next", "staff", nil, nil)
	case "":
	default:
		t.Errorf("the browser needs %q", st.Need)
	}
	return nil
}

// readPaper reads the printed ticket with the eyes of strangers: the QR code
// with zbar, the text with tesseract.
func readPaper(t *testing.T, s *server, number string) (url string) {
	t.Helper()
	papers, err := filepath.Glob(filepath.Join(s.data, "papers", "*.png"))
	if err != nil || len(papers) != 1 {
		t.Errorf("papers %v, %v", papers, err)
		return ""
	}
	qr, err := exec.Command("zbarimg", "-q", "--raw", papers[0]).Output()
	if err != nil {
		t.Errorf("no QR code on the paper: %v", err)
	}
	url = strings.TrimSpace(string(qr))
	if !strings.HasPrefix(url, "http://"+s.http+"/t/") {
		t.Errorf("the QR code says %q", url)
	}
	text, err := exec.Command("tesseract", papers[0], "-", "-l", "vie", "--psm", "4", "--dpi", "203").Output()
	if err != nil {
		t.Errorf("tesseract: %v", err)
	}
	for _, want := range []string{"SỐ THỨ TỰ", "Đăng ký khai sinh"} {
		if !regexp.MustCompile(`(?i)` + regexp.QuoteMeta(want)).Match(text) {
			t.Errorf("the paper does not say %q but\n%s", want, text)
		}
	}
	var tk ticket
	s.must(http.StatusOK, "GET", base+"/tickets/"+number, "kiosk", nil, &tk)
	if tk.URL != url {
		t.Errorf("the paper's link is %q, the ticket's %q", url, tk.URL)
	}
	return url
}
