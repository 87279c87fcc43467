package appointment

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// The test starts itself again as a child that books as fast as it can and says
// each code that was answered, and kills it with SIGKILL.
const (
	crashFile = "XINMOI_BOOKING_CRASH_CHILD" // Path of the file: this process is the child.
	crashLife = "XINMOI_BOOKING_CRASH_LIFE"  // Which of its lives this is.
	crashMost = "XINMOI_BOOKING_CRASH_KILLS" // How many kills; the default is small.
)

func openPlain(ctx context.Context, path string) (*Book, error) {
	setup := queue.CommuneCentre()
	return Open(ctx, path, Config{Setup: func(context.Context) (queue.Setup, error) { return setup, nil }, Office: struct{ queue.Office }{}, Secret: []byte("s")})
}

// TestCrashChild is the child's body; in an ordinary run it does nothing.
func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashFile)
	if path == "" {
		t.Skip("only as a child of TestKill9")
	}
	book, err := openPlain(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	noon, _ := NewCalendar(queue.CommuneCentre()).Date(NewCalendar(queue.CommuneCentre()).Day(time.Now().AddDate(0, 0, 3)))
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for n := 0; n < 10_000; n++ {
				key := fmt.Sprintf("%s.%d.%d", os.Getenv(crashLife), g, n)
				b, err := book.Book(context.Background(), Request{Meta: queue.Meta{Key: key, Caller: "c"}, Service: "A", Start: noon.Add(time.Duration(n%20) * SlotLength), Contact: fmt.Sprintf("tel:09%d%07d", g, n)})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(3)
				}
				state := Requested
				if n%3 == 0 {
					if _, err := book.Act(context.Background(), ActRequest{Ref: b.ID, Action: Cancel}); err == nil {
						state = Cancelled
					}
				}
				fmt.Printf("ack %s %s %s\n", key, b.Code, state)
			}
		})
	}
	all.Wait()
}

// What was answered is there after every kill, in the state that was answered,
// with exactly the place it has; and its key still gives the same booking.
func TestKill9(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	book, err := openPlain(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := Settings{PersonMost: 50, Services: map[string]Service{"A": {Places: placesMost}}}
	if err := book.SetSettings(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := book.do(t.Context(), `UPDATE settings SET body = json_set(body, '$.person_most', 1000000)`); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	times := 2
	if n, err := strconv.Atoi(os.Getenv(crashMost)); err == nil {
		times = n
	}
	for life := range times {
		checkAcks(t, path, liveUntilKilled(t, path, life))
	}
}

func liveUntilKilled(t *testing.T, path string, life int) (acks [][]string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashFile+"="+path, crashLife+"="+strconv.Itoa(life))
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 4 && words[0] == "ack" {
			acks = append(acks, words[1:])
		}
		if len(acks) == 40+7*life {
			_ = child.Process.Kill() // What still comes was answered as well.
		}
	}
	_ = child.Wait()
	if len(acks) < 40 {
		t.Fatalf("%d answers, then: %s", len(acks), complaints.String())
	}
	return acks
}

func checkAcks(t *testing.T, path string, acks [][]string) {
	t.Helper()
	book, err := openPlain(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, a := range acks {
		b, err := book.Find(t.Context(), a[1])
		if err != nil || b.State != State(a[2]) {
			t.Fatalf("%v: %s, %v", a, b.State, err)
		}
		var held, keyed int
		if err := book.file.QueryRow("SELECT (SELECT count(*) FROM held WHERE booking = ?), (SELECT count(*) FROM request WHERE key = ? AND booking = ?)", b.ID, a[0], b.ID).Scan(&held, &keyed); err != nil {
			t.Fatal(err)
		}
		if keyed != 1 || (held == 1) != b.State.HasPlace() {
			t.Fatalf("%v: holds %d, %d keys", a, held, keyed)
		}
	}
}
