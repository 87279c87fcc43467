//go:build e2e

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// TestMostUsedFirst starts the program on an office where people asked for D
// most on an earlier day, then for C: those are keys 1 and 2 today, for callers and on
// the page where the menu is arranged, and stay so however often A is taken.
func TestMostUsedFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	earlier := earlierDay()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db, Now: func() time.Time { return earlier }})
	if err != nil {
		t.Fatal(err)
	}
	for service, n := range map[string]int{"A": 20, "C": 60, "D": 120} {
		for range n {
			for _, a := range e.Together(t.Context(), queue.TakeRequest{Service: service, Channel: queue.Kiosk}) {
				if a.Err != nil {
					t.Fatal(a.Err)
				}
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir, voiceConfig(t, ""))
	for range 150 {
		s.take("A")
	}
	const want = "Làm thủ tục đăng ký kinh doanh, trả kết quả, bấm phím một. Chính sách xã hội, bảo hiểm, phím hai. Hộ tịch, chứng thực, phím ba."
	s.await("the most used to come first", 60*time.Second, func() bool { return strings.Contains(s.admin("/admin/phone"), want) })
	out, err := exec.Command(binary(t), "phone", "-press", "1", "-record", filepath.Join(t.TempDir(), "heard.wav"), "sip:"+s.sip).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	phoneTicket(s, "D001")
}
