package sms

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/bots/sms/smstest"
	"github.com/xinmoi/xinmoi/queue"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// A real gateway, both ways, in Vietnamese with its marks: a number is taken
// and called, and another telephone asks about it.
func TestKannel(t *testing.T) {
	t.Parallel()
	port := smstest.FreePort(t)
	s, err := New(Config{Driver: Kannel, URL: smstest.SendURL(port), User: "office", Secret: "s3cret", Marks: true})
	if err != nil {
		t.Fatal(err)
	}
	w := converse(t, s, Receiving{Secret: "kannel-knows-it"})
	g := smstest.NewKannel(t, port, "office", "s3cret", w.hook+"/bots/sms?secret=kannel-knows-it")
	t.Run("a visit", func(t *testing.T) { // The centre serves one telephone at a time.
		got := g.Says(t, 1, "84901234567 1900 data "+url.QueryEscape("Lấy số A"))
		smstest.Await(t, got, "84901234567", "Số của anh/chị: A001. Anh/chị là người kế tiếp.")
		w.waitState("A001", queue.Waiting)
		if _, err := w.office.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
			t.Fatal(err)
		}
		smstest.Await(t, got, "84901234567", "Mời số A001 đến quầy 1")
	})
	t.Run("a stranger", func(t *testing.T) {
		got := g.Says(t, 1, "84987654321 1900 text XH A001")
		smstest.Await(t, got, "84987654321", "Số A001: Mời đến quầy 1")

		wrong, err := New(Config{Driver: Kannel, URL: smstest.SendURL(port), User: "office", Secret: "wrong"})
		if err != nil {
			t.Fatal(err)
		}
		if class := classOf(t, wrong.Text(t.Context(), number, "x")); class != "auth" {
			t.Errorf("a wrong password: %q", class)
		}
		plain, err := New(Config{Driver: Kannel, URL: smstest.SendURL(port), User: "office", Secret: "s3cret"})
		if err != nil {
			t.Fatal(err)
		}
		if err := plain.Text(t.Context(), number, "Mời số A012 đến quầy 4"); err != nil {
			t.Fatal(err)
		}
		smstest.Await(t, got, "Moi so A012 den quay 4")
	})
	w.waitReceipts("the network to tell that messages arrived", func(r mailbox.Receipts) bool { return r.Arrived >= 3 && r.Awaited == 0 })

	// Of one whose network refuses everything: the call is not taken for heard.
	lost := strings.TrimPrefix(smstest.Nobody, "+") + "000001"
	g.Says(t, 1, lost+" 1900 data "+url.QueryEscape("Lấy số A"))
	w.waitState("A002", queue.Waiting)
	if _, err := w.office.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "2", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.office.Next(t.Context(), queue.CounterRequest{Counter: "2"}); err != nil {
		t.Fatal(err)
	}
	w.waitReceipts("the network to tell that it refuses", func(r mailbox.Receipts) bool {
		letters, err := w.bots.Letters(t.Context(), 9)
		return err == nil && r.Failed >= 2 && len(letters) == 1 && letters[0].Number == "A002" && strings.Contains(letters[0].Reason, "did not arrive: kannel: 16")
	})
	if s := w.log.String(); strings.Contains(s, lost) || strings.Contains(s, "kannel-knows-it") {
		t.Error("a telephone number or the secret is in the log")
	}
}

// waitReceipts waits until what the gateway told is as wanted.
func (w *world) waitReceipts(what string, wanted func(r mailbox.Receipts) bool) {
	w.Helper()
	deadline := time.After(time.Minute)
	for look := time.NewTicker(50 * time.Millisecond); ; {
		r := w.bots.Status(w.Context())[0].Receipts
		if wanted(r) {
			return
		}
		select {
		case <-look.C:
		case <-deadline:
			letters, err := w.bots.Letters(w.Context(), 9)
			w.Fatalf("waited for %s: %+v, %+v, %v\n%s", what, r, letters, err, w.log)
		}
	}
}

// modem is a gammu-smsd with its dummy telephone.
type modem struct {
	*world
	dir string
}

// newModem runs gammu-smsd and the office that reads its inbox.
func newModem(t *testing.T) *modem {
	t.Helper()
	smstest.Need(t, "gammu-smsd", "gammu-smsd-inject")
	dir := t.TempDir()
	for _, d := range []string{"in", "out", "sent", "error", "phone/sms/1"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	conf := write(t, filepath.Join(dir, "smsdrc"), strings.ReplaceAll(`[gammu]
connection = none
model = dummy
device = @/phone

[smsd]
service = files
inboxformat = unicode
inboxpath = @/in/
outboxpath = @/out/
sentsmspath = @/sent/
errorsmspath = @/error/
CheckSecurity = 0
CheckNetwork = 0
CheckSignal = 0
CheckBattery = 0
commtimeout = 1
loopsleep = 1
receivefrequency = 1
logfile = @/log
`, "@", dir))
	s, err := New(Config{Driver: Gammu, File: conf, Marks: true})
	if err != nil {
		t.Fatal(err)
	}
	m := &modem{converse(t, s, Receiving{}), dir}
	smstest.Begin(t, dir, "gammu-smsd", "-c", conf)
	return m
}

// comes puts a message into the telephone, as one that has just arrived.
func (m *modem) comes(t *testing.T, place int, from, text string) {
	t.Helper()
	units := utf16.Encode([]rune(text))
	var figures strings.Builder
	for _, u := range units {
		fmt.Fprintf(&figures, "%04X", u)
	}
	whole := write(t, filepath.Join(m.dir, "arriving"), fmt.Sprintf(`[SMSBackup000]
SMSC = "+84900000000"
DateTime = %s
State = UnRead
Number = "%s"
Coding = Unicode_No_Compression
Folder = 1
Length = %d
Class = -1
ReplySMSC = False
RejectDuplicates = False
ReplaceMessage = 0
MessageReference = 0
Text00 = %s
`, time.Now().Format("20060102T150405"), from, len(units), figures.String()))
	if err := os.Rename(whole, filepath.Join(m.dir, "phone", "sms", "1", fmt.Sprint(place))); err != nil { // No half of it is read.
		t.Fatal(err)
	}
}

// awaitSent waits until the modem has sent a message with these words.
func (m *modem) awaitSent(t *testing.T, to, words string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for look := time.NewTicker(100 * time.Millisecond); ; {
		sent, err := filepath.Glob(filepath.Join(m.dir, "sent", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range sent {
			if text, number := readSent(t, file); number == to && strings.Contains(text, words) {
				return
			}
		}
		select {
		case <-look.C:
		case <-deadline:
			log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
			t.Fatalf("%q was not sent to %s; sent: %q\n%s\n%s", words, to, sent, m.log, log)
		}
	}
}

// hexText is the text of a part in gammu's own form, in UCS-2.
var hexText = regexp.MustCompile(`(?m)^Text[0-9]+ = ([0-9A-F]+)`)

func readSent(t *testing.T, file string) (text, to string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range hexText.FindAllStringSubmatch(string(body), -1) {
		raw, err := hex.DecodeString(m[1])
		if err != nil {
			t.Fatal(err)
		}
		text += wide(raw)
	}
	if m := regexp.MustCompile(`Number = "([^"]*)"`).FindStringSubmatch(string(body)); m != nil {
		to = m[1]
	}
	return text, to
}

// A modem that is none, both ways, in Vietnamese with its marks.
func TestGammu(t *testing.T) {
	t.Parallel()
	m := newModem(t)
	m.comes(t, 1, "+84901234567", "Lấy số A")
	m.awaitSent(t, "+84901234567", "Số của anh/chị: A001. Anh/chị là người kế tiếp.")
	m.waitState("A001", queue.Waiting)
	m.comes(t, 1, "0987654321", "XH A001")
	m.awaitSent(t, "+84987654321", "Số A001: Anh/chị là người kế tiếp.")
	if _, err := m.office.Ticket(t.Context(), "A002"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
		t.Errorf("a message was read twice: %v", err)
	}
	m.waitReceipts("the modem to have sent", func(r mailbox.Receipts) bool { return r.Arrived >= 2 })
}
