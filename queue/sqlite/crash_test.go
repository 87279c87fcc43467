package sqlite_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// The test starts itself again as a child that takes tickets as fast as it
// can and says each number that was acknowledged, and kills it with SIGKILL.

const (
	childDir  = "XINMOI_CRASH_CHILD" // Directory of the store: this process is the child.
	childLife = "XINMOI_CRASH_LIFE"  // Which of the child's lives this is; part of its request keys.
	kills     = "XINMOI_CRASH_KILLS" // How many kills; the default is small.
)

// ack is one line of the child: key, id and number of an acknowledged ticket.
type ack struct{ key, id, number string }

// TestCrashChild is the child's body; in an ordinary run it does nothing.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("only as a child of TestKill9")
	}
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = e.Run(context.Background()) }()
	life := os.Getenv(childLife)
	var takers sync.WaitGroup
	for g := range 8 {
		takers.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("%s.%d.%d", life, g, n)
				got, err := e.Take(context.Background(), queue.TakeRequest{Meta: queue.Meta{Key: key}, Service: "A", Channel: queue.Kiosk})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(3)
				}
				if n%3 == 0 { // Other events in between.
					_, _ = e.Act(context.Background(), queue.ActRequest{Ticket: got.ID, Action: queue.Cancel})
				}
				fmt.Fprintf(os.Stdout, "ack %s %s %s\n", key, got.ID, got.Number)
			}
		})
	}
	takers.Wait()
}

// live runs a child until it is killed and gives what it acknowledged.
func live(t *testing.T, dir string, life int, span time.Duration) (acks []ack) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), childDir+"="+dir, childLife+"="+strconv.Itoa(life))
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var kill *time.Timer
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // A line cut short by the kill was not acknowledged to anybody.
			break
		}
		var a ack
		if _, err := fmt.Sscanf(line, "ack %s %s %s", &a.key, &a.id, &a.number); err != nil {
			continue
		}
		acks = append(acks, a)
		if kill == nil { // The clock starts when tickets flow.
			kill = time.AfterFunc(span, func() { _ = child.Process.Kill() })
		}
	}
	if kill == nil {
		_ = child.Process.Kill()
	}
	if err := child.Wait(); err == nil || child.ProcessState.ExitCode() > 0 || len(acks) == 0 {
		t.Fatalf("life %d ended by itself or took nothing: %v %s", life, err, complaints.String())
	}
	return acks
}

func TestKill9(t *testing.T) {
	n := 10
	if s := os.Getenv(kills); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatalf("%s=%q: %v", kills, s, err)
		}
	}
	if testing.Short() {
		n = 2
	}
	dir := t.TempDir()
	var all []ack
	for life := range n {
		all = append(all, live(t, dir, life, time.Duration(5+rand.IntN(150))*time.Millisecond)...)
	}
	db := open(t, dir)
	checkLog(t, db, all)
	checkKeys(t, db, all[max(0, len(all)-50):])
	t.Logf("%d kills, %d acknowledged tickets, none lost", n, len(all))
}

// checkLog: everything acknowledged is there, no number twice and none left
// out, and the chain of hashes is whole over all the restarts.
func checkLog(t *testing.T, db *sqlite.DB, acks []ack) {
	t.Helper()
	events, err := db.Read(t.Context(), queue.CommuneCentre().Office, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	tickets, last, hash := map[string]string{}, map[string]int{}, ""
	for i, e := range events {
		body, err := e.Body()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(append([]byte(hash), body...))
		if hash = hex.EncodeToString(sum[:]); hash != e.Hash {
			t.Fatalf("the chain is broken at event %d", e.Seq)
		}
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has seq %d", i, e.Seq)
		}
		if e.Kind == queue.TicketIssued {
			tickets[e.Ticket.ID] = e.Ticket.Number.String()
			if last[e.Ticket.Day]++; e.Ticket.Number.N != last[e.Ticket.Day] {
				t.Fatalf("%s is number %d of %s", e.Ticket.Number, last[e.Ticket.Day], e.Ticket.Day)
			}
		}
	}
	for _, a := range acks {
		if tickets[a.id] != a.number {
			t.Errorf("%s (id %s) was acknowledged; the log has %q", a.number, a.id, tickets[a.id])
		}
	}
}

// checkKeys: the keys of acknowledged requests still give their ticket.
func checkKeys(t *testing.T, db *sqlite.DB, acks []ack) {
	t.Helper()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	for _, a := range acks {
		got, err := e.Take(ctx, queue.TakeRequest{Meta: queue.Meta{Key: a.key}, Service: "A", Channel: queue.Kiosk})
		if err != nil || got.ID != a.id || got.Number.String() != a.number {
			t.Errorf("key %s gives %s, %v; it was acknowledged with %s", a.key, got.Number, err, a.number)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestSyncChild takes some tickets one after the other, for counting flushes.
func TestSyncChild(t *testing.T) {
	dir := os.Getenv(syncDir)
	if dir == "" {
		t.Skip("only as a child of TestEveryCommitIsFlushed")
	}
	db := open(t, dir)
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	for range syncTakes {
		if _, err := e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

const (
	syncDir   = "XINMOI_SYNC_CHILD"
	syncTakes = 200
)

// Nothing but counting proves that commits reach the disk: the driver's
// default would flush once in fifty.
func TestEveryCommitIsFlushed(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: flushes are not counted")
	}
	trace := t.TempDir() + "/trace"
	child := exec.Command(strace, "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-o", trace, os.Args[0], "-test.run=^TestSyncChild$")
	child.Env = append(os.Environ(), syncDir+"="+t.TempDir())
	if out, err := child.CombinedOutput(); err != nil {
		if _, statErr := os.Stat(trace); statErr != nil || strings.Contains(string(out), "ptrace") {
			t.Skipf("strace does not work here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	flushes := countFlushes(t, trace)
	t.Logf("%d flushes for %d commits", flushes, syncTakes)
	const founding = 60 // Creating the file, the schema, the office; checkpoints.
	if flushes < syncTakes || flushes > syncTakes*105/100+founding {
		t.Errorf("%d flushes for %d commits", flushes, syncTakes)
	}
}

func countFlushes(t *testing.T, trace string) (n int) {
	t.Helper()
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(all)) {
		if strings.Contains(line, "sync(") && !strings.Contains(line, "resumed") {
			n++
		}
	}
	return n
}
