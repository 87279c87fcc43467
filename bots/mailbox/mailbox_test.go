package mailbox

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("MAILBOX_TEST_WRITER"); path != "" {
		writeForEver(path)
	}
	goleak.VerifyTestMain(m)
}

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *Box {
	t.Helper()
	b, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func temporary(t testing.TB) *Box {
	b := open(t, filepath.Join(t.TempDir(), "chat.db"))
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func post(t testing.TB, b *Box, p Parcel) {
	t.Helper()
	if p.Channel == "" {
		p.Channel = "telegram"
	}
	if p.Expires.IsZero() {
		p.Expires = start.Add(time.Hour)
	}
	must(t, b.Update(context.Background(), func(tx *Tx) error { return tx.Post(p, start) }))
}

func due(t testing.TB, b *Box, at time.Time) (all []string) {
	t.Helper()
	got, err := b.Due(context.Background(), "telegram", at, 100)
	must(t, err)
	for _, p := range got {
		all = append(all, p.Dedupe)
	}
	return all
}

func find(t testing.TB, b *Box, dedupe string) (id int64, state State) {
	t.Helper()
	must(t, b.db.QueryRow("SELECT id, state FROM outbox WHERE dedupe = ?", dedupe).Scan(&id, &state))
	return id, state
}

func sending(t testing.TB, b *Box, dedupe string) int64 {
	t.Helper()
	id, _ := find(t, b, dedupe)
	marked, err := b.MarkSending(context.Background(), []int64{id})
	must(t, err)
	if len(marked) != 1 {
		t.Fatalf("%s could not be marked", dedupe)
	}
	return id
}

func TestReceiveKeepsOneOfEach(t *testing.T) {
	b, ctx := temporary(t), context.Background()
	l := Letter{Channel: "telegram", ExtID: "1:5", Chat: "7", Body: []byte("x"), At: start}
	for want := range 3 {
		n, err := b.Receive(ctx, []Letter{l, l}, "poll", fmt.Sprint(want))
		must(t, err)
		if (want == 0) != (n == 1) {
			t.Errorf("round %d added %d", want, n)
		}
	}
	if c, _ := b.Cursor(ctx, "poll"); c != "2" {
		t.Errorf("cursor = %q", c)
	}
	if c, _ := b.Cursor(ctx, "other"); c != "" {
		t.Errorf("unknown cursor = %q", c)
	}
	got, err := b.Unread(ctx, start, 10)
	must(t, err)
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Read(got[0].Seq) }))
	if n, err := b.Receive(ctx, []Letter{l}, "poll", "3"); n != 0 || err != nil {
		t.Errorf("a replay after reading added %d, %v", n, err)
	}
}

func TestUnreadIsOnePerChatInOrder(t *testing.T) {
	b, ctx := temporary(t), context.Background()
	var letters []Letter
	for i, chat := range []string{"a", "a", "b", "a", "c"} {
		letters = append(letters, Letter{Channel: "telegram", ExtID: fmt.Sprint(i), Chat: chat, At: start})
	}
	_, err := b.Receive(ctx, letters, "poll", "")
	must(t, err)
	order := func(at time.Time) (ids []string) {
		got, err := b.Unread(ctx, at, 10)
		must(t, err)
		for _, l := range got {
			ids = append(ids, l.ExtID)
		}
		return ids
	}
	if got := order(start); !slices.Equal(got, []string{"0", "2", "4"}) {
		t.Errorf("unread = %v", got)
	}
	// A postponed letter holds up its chat, no other.
	must(t, b.Postpone(ctx, 1, start.Add(time.Minute)))
	if got := order(start); !slices.Equal(got, []string{"2", "4"}) {
		t.Errorf("unread = %v", got)
	}
	if at, ok, err := b.NextUnread(ctx, start); !ok || err != nil || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("next = %v %v %v", at, ok, err)
	}
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Read(1) }))
	if got := order(start); !slices.Equal(got, []string{"1", "2", "4"}) {
		t.Errorf("unread = %v", got)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	b, ctx := temporary(t), context.Background()
	err := b.Update(ctx, func(tx *Tx) error {
		if err := tx.SetCursor("x", "1"); err != nil {
			return err
		}
		return fmt.Errorf("stop")
	})
	if c, _ := b.Cursor(ctx, "x"); err == nil || c != "" {
		t.Errorf("cursor = %q after %v", c, err)
	}
}

func TestDueKeepsOrderWithinChat(t *testing.T) {
	b := temporary(t)
	post(t, b, Parcel{Chat: "a", Dedupe: "a1", Priority: 2})
	post(t, b, Parcel{Chat: "a", Dedupe: "a2", Priority: 0})
	post(t, b, Parcel{Chat: "a", Dedupe: "edit", Priority: 3, Aside: true})
	post(t, b, Parcel{Chat: "b", Dedupe: "b1", Priority: 0})
	post(t, b, Parcel{Chat: "a", Dedupe: "a1", Priority: 0}) // The same once more.
	if got := due(t, b, start); !slices.Equal(got, []string{"b1", "a1", "edit"}) {
		t.Errorf("due = %v", got)
	}
	id := sending(t, b, "a1")
	if got := due(t, b, start); !slices.Equal(got, []string{"b1", "edit"}) {
		t.Errorf("due while a1 is on its way = %v", got)
	}
	must(t, b.Update(context.Background(), func(tx *Tx) error { return tx.Settle(id, Sent, "", start, start) }))
	if got := due(t, b, start); !slices.Equal(got, []string{"a2", "b1", "edit"}) {
		t.Errorf("due after a1 = %v", got)
	}
}

func TestRetryAndSupersede(t *testing.T) {
	b, ctx := temporary(t), context.Background()
	post(t, b, Parcel{Chat: "a", Ticket: "7", Kind: "nearly", Dedupe: "n1"})
	post(t, b, Parcel{Chat: "a", Ticket: "7", Kind: "nearly", Dedupe: "n2"})
	id := sending(t, b, "n1")
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Supersede("7", start, "nearly") }))
	if _, s := find(t, b, "n2"); s != Dropped {
		t.Errorf("n2 is %s", s)
	}
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Retry(id, "timeout", start, start) }))
	if _, s := find(t, b, "n1"); s != Dropped {
		t.Errorf("n1 is %s after its retry", s)
	}
	post(t, b, Parcel{Chat: "a", Ticket: "7", Kind: "called", Dedupe: "c1"})
	id = sending(t, b, "c1")
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Retry(id, "timeout", start, start.Add(time.Minute)) }))
	if got := due(t, b, start); got != nil {
		t.Errorf("due = %v", got)
	}
	if at, ok, _ := b.NextDue(ctx, "telegram", start); !ok || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("next due = %v %v", at, ok)
	}
	if got := due(t, b, start.Add(time.Minute)); !slices.Equal(got, []string{"c1"}) {
		t.Errorf("due = %v", got)
	}
}

func TestAsideGoesOutOnceMoreWhenPostedMeanwhile(t *testing.T) {
	b, ctx := temporary(t), context.Background()
	edit := Parcel{Chat: "a", Dedupe: "edit", Aside: true}
	post(t, b, edit)
	post(t, b, edit)
	id := sending(t, b, "edit")
	post(t, b, edit)
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Settle(id, Sent, "", start, start.Add(5*time.Second)) }))
	if got := due(t, b, start); got != nil {
		t.Errorf("due = %v, want nothing for five seconds", got)
	}
	if got := due(t, b, start.Add(5*time.Second)); !slices.Equal(got, []string{"edit"}) {
		t.Errorf("due = %v", got)
	}
	id = sending(t, b, "edit")
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Settle(id, Sent, "", start, start) }))
	var rows int
	must(t, b.db.QueryRow("SELECT count(*) FROM outbox").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d rows of an edit remain", rows)
	}
}

func TestRecoverSortsWhatWasOnItsWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	b, ctx := open(t, path), context.Background()
	post(t, b, Parcel{Chat: "a", Dedupe: "call", Resend: true})
	post(t, b, Parcel{Chat: "b", Dedupe: "menu"})
	post(t, b, Parcel{Chat: "c", Dedupe: "void", Resend: true, Ticket: "7", Kind: "nearly"})
	post(t, b, Parcel{Chat: "d", Dedupe: "number", Confirm: true})
	for _, d := range []string{"call", "menu", "void", "number"} {
		sending(t, b, d)
	}
	id, _ := find(t, b, "number")
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.MarkDelivered(id) }))
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Supersede("7", start, "nearly") }))
	must(t, b.Close())
	b = open(t, path)
	defer func() { must(t, b.Close()) }()
	resent, unknown, err := b.RecoverInFlight(ctx, start)
	must(t, err)
	if resent != 1 || unknown != 1 {
		t.Errorf("resent %d, unknown %d", resent, unknown)
	}
	for dedupe, want := range map[string]State{"call": Ready, "menu": Unknown, "void": Dropped, "number": Delivered} {
		if _, s := find(t, b, dedupe); s != want {
			t.Errorf("%s is %s, want %s", dedupe, s, want)
		}
	}
}

func TestSettledRowsAndForgottenChatsHoldNoPersonalData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	b, ctx := open(t, path), context.Background()
	const chat = "chat-55512345"
	_, err := b.Receive(ctx, []Letter{{Channel: "telegram", ExtID: "1", Chat: chat, Body: []byte(chat), At: start}}, "poll", "1")
	must(t, err)
	post(t, b, Parcel{Chat: chat, Dedupe: "x", Body: []byte(chat)})
	post(t, b, Parcel{Chat: chat, Dedupe: "y", Body: []byte(chat)})
	id := sending(t, b, "x")
	must(t, b.Update(ctx, func(tx *Tx) error {
		must(t, tx.Bind(Binding{Channel: "telegram", Chat: chat, Ticket: "7", Service: "A", At: start}))
		must(t, tx.SaveChat(Chat{Channel: "telegram", ID: chat, Seen: start}))
		must(t, tx.Settle(id, Sent, "", start, start))
		return tx.Read(1)
	}))
	must(t, b.Update(ctx, func(tx *Tx) error { return tx.Forget("telegram", chat, start) }))
	must(t, b.Scrub(ctx))
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(path + suffix)
		must(t, err)
		if strings.Contains(string(raw), chat) {
			t.Errorf("the file%s holds the chat", suffix)
		}
	}
	must(t, b.Close())
}

func TestEraseByAge(t *testing.T) {
	b, ctx := temporary(t), context.Background()
	keep := Retention{Bindings: 6 * time.Hour, Stray: 48 * time.Hour, Chats: 6 * time.Hour, Traces: 48 * time.Hour}
	must(t, b.Update(ctx, func(tx *Tx) error {
		for i, ticket := range []string{"ended", "open"} {
			must(t, tx.Bind(Binding{Channel: "telegram", Chat: ticket, Ticket: ticket, Service: "A", At: start.Add(time.Duration(i))}))
			must(t, tx.SaveChat(Chat{Channel: "telegram", ID: ticket, Seen: start}))
		}
		return tx.EndBindings("ended", start)
	}))
	left := func(at time.Time) (tickets []string) {
		_, err := b.Erase(ctx, keep, at)
		must(t, err)
		for _, ticket := range []string{"ended", "open"} {
			v, err := b.BindingsOfTicket(ctx, ticket)
			must(t, err)
			c, err := b.Chat(ctx, "telegram", ticket)
			must(t, err)
			if len(v) > 0 != (c.Seen.Equal(start)) {
				t.Errorf("%s: binding %v, chat %+v", ticket, v, c)
			}
			if len(v) > 0 {
				tickets = append(tickets, ticket)
			}
		}
		return tickets
	}
	for _, c := range []struct {
		after time.Duration
		want  []string
	}{{6*time.Hour - 1e6, []string{"ended", "open"}}, {6 * time.Hour, []string{"open"}}, {48*time.Hour - 1e6, []string{"open"}}, {48 * time.Hour, nil}} {
		if got := left(start.Add(c.after)); !slices.Equal(got, c.want) {
			t.Errorf("after %s: %v, want %v", c.after, got, c.want)
		}
	}
}

func TestOpenRefusesNewerFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#.db") // Awkward, and still this very file.
	must(t, open(t, path).Close())
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(filepath.Dir(path), "new.db"))
	must(t, err)
	_, err = db.Exec("PRAGMA user_version = 99")
	must(t, err)
	must(t, db.Close())
	if _, err := Open(context.Background(), filepath.Join(filepath.Dir(path), "new.db")); err == nil || !strings.Contains(err.Error(), "99") {
		t.Errorf("a newer file opens: %v", err)
	}
	if _, err := Open(context.Background(), filepath.Join(t.TempDir(), "no", "such", "dir.db")); err == nil {
		t.Error("a missing folder opens")
	}
}

// writeForEver is the child process of TestKill: it receives letters and
// prints each one that is durable, until it is killed.
func writeForEver(path string) {
	b, err := Open(context.Background(), path)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	c, _ := b.Count(context.Background(), "telegram")
	for i := c.Unread; ; i++ {
		id := fmt.Sprint(i)
		_, err := b.Receive(context.Background(), []Letter{{Channel: "telegram", ExtID: id, Chat: id, At: start}}, "poll", id)
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(id)
	}
}

// TestKill kills a writing process again and again: what it had acknowledged
// is there, and the cursor fits what is there.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	for round := range 12 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), "MAILBOX_TEST_WRITER="+path)
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		last, lines := "", bufio.NewScanner(out)
		for range 5 + 7*round {
			if !lines.Scan() {
				t.Fatal("the child stopped by itself")
			}
			last = lines.Text()
		}
		must(t, child.Process.Kill())
		for lines.Scan() {
			last = lines.Text()
		}
		_ = child.Wait() // Killed.
		b := open(t, path)
		c, err := b.Count(context.Background(), "telegram")
		must(t, err)
		cursor, err := b.Cursor(context.Background(), "poll")
		must(t, err)
		var acked int
		if _, err := fmt.Sscan(last, &acked); err != nil {
			t.Fatalf("the child said %q", last)
		}
		if c.Unread < acked+1 || cursor != fmt.Sprint(c.Unread-1) {
			t.Errorf("round %d: acknowledged up to %d, %d are there, cursor %s", round, acked, c.Unread, cursor)
		}
		must(t, b.Close())
	}
}

// A file of the version before is brought up to date with all it holds.
func TestOpenUpgradesOlderFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	b := open(t, path)
	must(t, b.Update(t.Context(), func(tx *Tx) error {
		return tx.Bind(Binding{Channel: "sms", Chat: "1", Ticket: "7", Service: "A", At: start})
	}))
	must(t, b.Close())
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	_, err = db.Exec("ALTER TABLE binding DROP COLUMN travel; DROP TABLE menu; " +
		"ALTER TABLE binding DROP COLUMN heard; ALTER TABLE binding DROP COLUMN ahead; UPDATE binding SET told = 1; " +
		"ALTER TABLE chat DROP COLUMN phone; ALTER TABLE chat DROP COLUMN needs; ALTER TABLE chat DROP COLUMN consent; ALTER TABLE chat DROP COLUMN consent_at; " +
		"DROP TABLE letter; DROP TABLE spent; DROP INDEX inbox_chat; DROP INDEX outbox_next; DROP INDEX outbox_dead; DROP INDEX binding_open; " +
		"DROP INDEX outbox_mark; DROP INDEX outbox_receipt; ALTER TABLE outbox DROP COLUMN mark; ALTER TABLE outbox DROP COLUMN receipt; ALTER TABLE outbox DROP COLUMN doubts; PRAGMA user_version = 1")
	must(t, err)
	must(t, db.Close())
	b = open(t, path)
	defer b.Close()
	must(t, b.Update(t.Context(), func(tx *Tx) error { return tx.Remind("sms", "1", "7", 25) }))
	v, err := b.BindingsOfTicket(t.Context(), "7")
	if err != nil || len(v) != 1 || v[0].Travel != 25 || v[0].Service != "A" || v[0].Heard != "nearly" {
		t.Errorf("%+v, %v", v, err)
	}
	services, err := b.RemindServices(t.Context())
	if err != nil || !slices.Equal(services, []string{"A"}) {
		t.Errorf("%v, %v", services, err)
	}
}

// Who is to be told when to set out is looked at however many are before him.
func TestOpenBindingsFarDown(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "x.db"))
	defer b.Close()
	must(t, b.Update(t.Context(), func(tx *Tx) error {
		for i := range 9 {
			if err := tx.Bind(Binding{Channel: "sms", Chat: "1", Ticket: fmt.Sprint(i), Service: "A", At: start}); err != nil {
				return err
			}
		}
		return errors.Join(tx.Remind("sms", "1", "1", 30), tx.Remind("sms", "1", "7", 30))
	}))
	v, err := b.OpenBindings(t.Context(), "A", 3)
	var got []string
	for _, one := range v {
		got = append(got, one.Ticket)
	}
	if err != nil || !slices.Equal(got, []string{"0", "1", "2", "7"}) {
		t.Errorf("%v, %v", got, err)
	}
}
