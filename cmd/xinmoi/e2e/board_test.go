//go:build e2e

package e2e

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// film is two seconds of colour bars.
//
//go:embed film.webm
var film []byte

// boardCalls is how many calls a board shows in the test of its memory;
// XINMOI_BOARD_CALLS asks for more (make boards).
func boardCalls(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("XINMOI_BOARD_CALLS"))
	if err != nil {
		return 600
	}
	return n
}

// TestBoards looks at the boards of an office on every screen, in every state
// and both languages; all are checked for accessibility, for the height of their
// digits, and for what is cut off.
func TestBoards(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	s.arrange(t, func(map[string]any) {})
	steps := browse(t, s, "board.mjs", map[string]any{
		"base": "http://" + s.http, "token": s.token("board"), "admin": s.token("admin"), "calls": boardCalls(t),
	}, func(st step) any { s.hall(t, st.Need); return nil },
		"lost", "voice leads", "playlist", "renewed", "offline", "online", "pages", "steady", "board-forty-4k-vi", "axe boards-desk")
	checkSteady(t, steps["steady"].Words)
}

// TestBoardForever is the long form of the test of a board's memory.
func TestBoardForever(t *testing.T) {
	if os.Getenv("XINMOI_BOARD_CALLS") == "" {
		t.Skip("XINMOI_BOARD_CALLS does not say how many calls; run make boards")
	}
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	s.arrange(t, func(map[string]any) {})
	s.hall(t, "burst")
	steps := browse(t, s, "board.mjs", map[string]any{"base": "http://" + s.http, "token": s.token("board"), "steady": true, "calls": boardCalls(t)}, nil, "steady")
	checkSteady(t, steps["steady"].Words)
}

// checkSteady fails if a board has grown with the calls that it showed.
func checkSteady(t *testing.T, words string) {
	t.Helper()
	var m struct {
		Last, Want                   string
		Heap, Nodes, Listeners, Size float64
	}
	if err := json.Unmarshal([]byte(words), &m); err != nil {
		t.Fatalf("%v in %q", err, words)
	}
	t.Logf("after the calls the heap is %.0f KB, %+.0f KB, %+.0f nodes, %+.0f listeners", m.Size/1024, m.Heap/1024, m.Nodes, m.Listeners)
	if m.Last != m.Want {
		t.Errorf("the board ends with %s, want %s", m.Last, m.Want)
	}
	if m.Heap > 300<<10 || m.Nodes > 500 || m.Listeners > 10 {
		t.Errorf("the board has grown: %s", words)
	}
}

// arrange changes the office's setup and gives it a board with a playlist.
func (s *server) arrange(t *testing.T, change func(setup map[string]any)) {
	t.Helper()
	s.configure(func(setup map[string]any) {
		if setup["boards"] == nil {
			setup["boards"] = []any{map[string]any{
				"id": "sanh", "name": "Sảnh tầng 1", "distance": 20, "diagonal": 55, "directions": map[string]string{"1": "left", "2": "left", "3": "right", "4": "ahead"},
				"ticker": []string{"Xin giữ trật tự và theo dõi số của mình.", "Wi-Fi miễn phí: BinhAn-PVHCC"}, "ticker_en": []string{"Please keep quiet and watch for your number."},
				"playlist": []any{map[string]any{"file": s.uploadMedium(t, "Sơ đồ tầng 1.png", picture(t)), "seconds": 3}, map[string]any{"file": s.uploadMedium(t, "film.webm", film)}},
			}}
		}
		change(setup)
	})
}

// hall does in the office what the browser needs.
func (s *server) hall(t *testing.T, need string) {
	t.Helper()
	switch need {
	case "", "kill":
		if need == "kill" {
			s.kill()
		}
	case "run":
		s.run()
	case "burst":
		for i := range 12 {
			s.take(string(rune('A' + i%4)))
		}
		for _, c := range []string{"1", "2", "3", "4"} {
			s.must(http.StatusOK, "POST", base+"/counters/"+c+"/open", "staff", nil, nil)
			s.must(http.StatusOK, "POST", base+"/counters/"+c+"/next", "staff", nil, nil)
		}
	case "ticker":
		s.arrange(t, func(setup map[string]any) {
			setup["boards"].([]any)[0].(map[string]any)["ticker"] = []string{"Câu này vừa đổi."}
		})
	case "emergency", "all clear":
		s.emergency(t, need == "emergency")
	case "forty":
		s.forty(t)
	default:
		t.Errorf("the browser needs %q", need)
	}
}

// forty makes an office with forty counters, all of them busy.
func (s *server) forty(t *testing.T) {
	t.Helper()
	s.arrange(t, func(setup map[string]any) {
		counters := setup["counters"].([]any)
		for i := 5; i <= 40; i++ {
			counters = append(counters, map[string]any{
				"id": strconv.Itoa(i), "name": fmt.Sprintf("Quầy số %d", i), "services": []string{"A", "B", "C", "D"},
				"place": map[string]string{"floor": strconv.Itoa(1 + i/14), "direction": []string{"left", "right", "ahead", "back"}[i%4]},
			})
		}
		setup["counters"] = counters
	})
	for i := 5; i <= 40; i++ {
		s.take(string(rune('A' + i%4)))
		s.must(http.StatusOK, "POST", fmt.Sprintf("%s/counters/%d/open", base, i), "staff", nil, nil)
		s.must(http.StatusOK, "POST", fmt.Sprintf("%s/counters/%d/next", base, i), "staff", nil, nil)
	}
}

// emergency puts one onto the boards, or takes it back, as staff do on the
// loudspeakers' page.
func (s *server) emergency(t *testing.T, on bool) {
	t.Helper()
	const desk, kind = "/admin/sound", "application/x-www-form-urlencoded"
	if on {
		s.post(t, desk+"/message", kind, "staff", strings.NewReader(url.Values{"text": {"Mời mọi người ra khỏi tòa nhà"}, "emergency": {"yes"}}.Encode()))
		return
	}
	for _, m := range regexp.MustCompile(`name="id" value="([^"]+)"`).FindAllStringSubmatch(s.page(desk, "staff"), -1) {
		s.post(t, desk+"/withdraw", kind, "staff", strings.NewReader(url.Values{"id": {m[1]}}.Encode()))
	}
}

// post sends a form as a page with a role's token does and gives where it leads.
func (s *server) post(t *testing.T, path, kind, role string, body io.Reader) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.http+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.AddCookie(&http.Cookie{Name: "xinmoi_" + role, Value: s.token(role)})
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("POST %s: %d %v: %s", path, res.StatusCode, err, text)
	}
	return res.Header.Get("Location")
}

// uploadMedium sends a picture or a video as an administrator does and gives its id.
func (s *server) uploadMedium(t *testing.T, name string, content []byte) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	before := s.media(t)
	s.post(t, "/admin/boards/upload", form.FormDataContentType(), "admin", &body)
	for _, id := range s.media(t) {
		if !slices.Contains(before, id) {
			return id
		}
	}
	t.Fatalf("%s did not arrive", name)
	return ""
}

// media lists the ids of what was uploaded.
func (s *server) media(t *testing.T) []string {
	t.Helper()
	text := s.page("/admin/boards", "admin")
	var ids []string
	for _, m := range regexp.MustCompile(`/board/media/([0-9a-f]+)\.`).FindAllStringSubmatch(text, -1) {
		if id := m[1]; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for x := range 640 {
		img.Set(x, x*360/640, color.RGBA{200, 0, 0, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBoardScriptsAreOld: every script that a board loads is one that a TV of
// 2015 can read; a real parser says so.
func TestBoardScriptsAreOld(t *testing.T) {
	t.Parallel()
	need(t, "node")
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	page := s.page("/board", "board")
	if regexp.MustCompile(`type="module"|nomodule`).MatchString(page) {
		t.Errorf("the board has modules:\n%s", page)
	}
	var files []string
	parsed := func(script string) {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.js", len(files)))
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, m := range regexp.MustCompile(`<script>([^<]*)</script>`).FindAllStringSubmatch(page, -1) {
		parsed(m[1])
	}
	if len(files) != 1 {
		t.Errorf("%d scripts stand within the board, want the one that loads it again:\n%s", len(files), page)
	}
	for _, m := range regexp.MustCompile(`<script[^>]* src="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		parsed(s.page(m[1], "board"))
	}
	if len(files) != 4 {
		t.Errorf("the board loads %d scripts, want 3", len(files)-1)
	}
	modern := filepath.Join(t.TempDir(), "modern.js") // The parser can say no.
	if err := os.WriteFile(modern, []byte("async function f() { await 1; }"), 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := json.Marshal(append(files, modern))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "parse.mjs", string(names)).Output()
	if err != nil {
		t.Fatalf("%v: run npm ci in this folder", err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	for i, line := range lines {
		var st step
		if err := json.Unmarshal(line, &st); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if last := i == len(lines)-1; (st.Error != "") != last {
			t.Errorf("%s: %q", st.Step, st.Error)
		}
	}
	if len(lines) != len(files)+1 {
		t.Errorf("%d scripts were parsed", len(lines))
	}
}
