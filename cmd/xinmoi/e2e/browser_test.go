//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
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
	for _, p := range []string{"chromium", "node", "zbarimg", "tesseract"} {
		need(t, p)
	}
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	shots := os.Getenv("XINMOI_SHOTS") // A directory for pictures, if one wants to look.
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	link := func(path, role string) string { return "http://" + s.http + path + "?token=" + s.token(role) }
	args, err := json.Marshal(map[string]string{
		"chromium": chromium, "shots": shots, "home": "http://" + s.http + "/",
		"kiosk": link("/kiosk", "kiosk"), "counter": link("/counter", "staff"), "board": link("/board", "board"),
		"admin": link("/admin", "admin"), "paper": link("/kiosk/paper", "kiosk"),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "browser.mjs", string(args))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	walk(t, s, in, bufio.NewScanner(out))
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// step is one line from the browser.
type step struct {
	Step, Need, Number, Error string
	Violations                []string
	Tile                      float64
	Sounds                    int
}

// walk follows the browser, checks what it reports and does what it needs.
func walk(t *testing.T, s *server, in io.Writer, lines *bufio.Scanner) {
	steps := map[string]step{}
	for lines.Scan() {
		var st step
		if err := json.Unmarshal(lines.Bytes(), &st); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		if st.Error != "" {
			t.Errorf("%s: %s", st.Step, st.Error)
		}
		for _, v := range st.Violations {
			t.Errorf("%s: %s", st.Step, v)
		}
		steps[st.Step] = st
		if st.Need != "" {
			answer, err := json.Marshal(fulfil(t, s, st))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(in, "%s\n", answer)
		}
	}
	for _, wanted := range []string{"kiosk", "ticket", "called", "heard", "day", "restarted", "told the hall", "done"} {
		if _, ok := steps[wanted]; !ok {
			t.Errorf("the browser never came to %q\n%s", wanted, s.output)
		}
	}
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
