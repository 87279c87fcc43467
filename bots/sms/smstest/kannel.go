package smstest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"github.com/xinmoi/xinmoi/queue/porttest"
)

// Need skips a test where a peer is not installed.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is missing: apt install kannel kannel-extras gammu-smsd", p)
		}
	}
}

// FreePort finds a port of the loopback for a peer, and keeps it for this process.
func FreePort(t testing.TB) int { t.Helper(); return porttest.Free(t) }

// Begin runs a peer until the test ends and gives what it prints, line by line.
func Begin(t testing.TB, dir, program string, args ...string) <-chan string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 10_000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			select {
			case lines <- in.Text():
			default: // Nobody reads: a log.
			}
		}
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-done
		_ = cmd.Wait()
	})
	return lines
}

// Await waits for a line that holds all words.
func Await(t testing.TB, lines <-chan string, words ...string) {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the peer ended before a line with %q", words)
			}
			found := true
			for _, w := range words {
				found = found && strings.Contains(line, w)
			}
			if found {
				return
			}
		case <-timeout:
			t.Fatalf("no line with %q", words)
		}
	}
}

// awaitPort waits until somebody listens.
func awaitPort(t testing.TB, port int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for pause := time.NewTicker(50 * time.Millisecond); ; {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("nobody listens at %d: %v", port, err)
		case <-pause.C:
		}
	}
}

// inWide is what Kannel's centre prints of a message in UCS-2, whole or in parts.
var inWide = regexp.MustCompile(`^(.*) (?:ucs-2|udh \S+ data) (\S+)>$`)

// readable writes what a centre received in UCS-2 as text.
func readable(lines <-chan string) <-chan string {
	out := make(chan string, cap(lines))
	go func() {
		defer close(out)
		for line := range lines {
			if m := inWide.FindStringSubmatch(line); m != nil {
				if raw, err := url.QueryUnescape(m[2]); err == nil {
					text, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder().String(raw)
					line = m[1] + " " + text
				}
			}
			out <- line
		}
	}()
	return out
}

// Kannel is a gateway whose message centre is Kannel's own, for trials.
type Kannel struct {
	dir  string
	smsc int
}

// Nobody is how telephone numbers begin which the network of NewKannel refuses.
const Nobody = "+84999"

// refusing runs a network that takes no message, and gives its port.
func refusing(t testing.TB) int {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("refused: absent subscriber")) // Kannel asks again if it hangs up.
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).Port
}

const fakeCentre = "/usr/lib/kannel/test/fakesmsc"

// SendURL is where a Kannel with this port takes messages.
func SendURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/sendsms", port) }

// NewKannel runs bearerbox and smsbox, which takes messages of one user at a
// port, until the test ends. They ask hook, an address with its secret, for
// every message that comes. What goes to Nobody is refused.
func NewKannel(t testing.TB, port int, user, password, hook string) *Kannel {
	t.Helper()
	Need(t, "bearerbox", "smsbox", fakeCentre)
	dir := t.TempDir()
	admin, box, smsc := FreePort(t), FreePort(t), FreePort(t)
	k := &Kannel{dir: dir, smsc: smsc}
	conf := filepath.Join(dir, "kannel.conf")
	text := fmt.Sprintf(`group = core
admin-port = %d
smsbox-port = %d
admin-password = a
status-password = s
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "%s/store"

group = smsc
smsc = fake
smsc-id = fake1
port = %d
connect-allow-ip = 127.0.0.1
denied-prefix = "%s"

group = smsc
smsc = http
smsc-id = nobody
system-type = generic
port = %d
connect-allow-ip = 127.0.0.1
allowed-prefix = "%s"
send-url = "http://127.0.0.1:%d/?to=%%p"
status-success-regex = "taken"
status-permfail-regex = "refused"

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = %d
sendsms-port = %d
global-sender = 1900
mo-recode = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "%s&from=%%p&text=%%a&id=%%I&ts=%%T&charset=%%C"

group = sendsms-user
username = %s
password = %s
max-messages = 3
concatenation = true
`, admin, box, dir, smsc, Nobody, FreePort(t), Nobody, refusing(t), box, port, hook, user, password)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	Begin(t, dir, "bearerbox", conf)
	awaitPort(t, smsc)
	Begin(t, dir, "smsbox", conf)
	awaitPort(t, port)
	return k
}

// Says has a telephone say something some times ("84901234567 1900 text XH A001",
// or "data" with the text escaped), and gives, as text, what the centre then
// receives until the test ends. The centre serves one telephone at a time.
func (k *Kannel) Says(t testing.TB, times int, message string) <-chan string {
	t.Helper()
	return readable(Begin(t, k.dir, fakeCentre, "-H", "127.0.0.1", "-r", fmt.Sprint(k.smsc), "-i", "0", "-m", fmt.Sprint(times), message))
}
