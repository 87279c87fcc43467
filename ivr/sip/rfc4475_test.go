package sip

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// What becomes of a message that is not answered with a status.
const (
	taken   = 0  // A proper request, or response.
	ignored = -1 // Dropped before the parser, or by it.
)

// tortures says what is owed to every message of RFC 4475, by its name there;
// where the RFC leaves a choice, any of it.
func tortures() map[string][]int {
	return map[string][]int{
		"badaspec": {400, ignored}, "badbranch": {taken, 400}, "baddate": {taken, 400}, "baddn": {400, ignored, taken}, "badinv01": {400, ignored}, "badvers": {505},
		"bcast": {taken, ignored}, "bext01": {420}, "bigcode": {ignored, taken}, "clerr": {400, ignored}, "cparam01": {405}, "cparam02": {405}, "dblreq": {405},
		"esc01": {taken}, "esc02": {405, 501}, "escnull": {405}, "escruri": {400, ignored, taken}, "insuf": {400, ignored}, "intmeth": {405, 501}, "inv2543": {taken},
		"invut": {415}, "longreq": {taken}, "ltgtruri": {400, ignored}, "lwsdisp": {taken}, "lwsruri": {400, ignored}, "lwsstart": {400, ignored}, "mcl01": {400, ignored},
		"mismatch01": {400}, "mismatch02": {400, 405, 501}, "mpart01": {405}, "multi01": {400}, "ncl": {400, ignored}, "noreason": {taken}, "novelsc": {416, ignored},
		"quotbal": {400, ignored}, "regaut01": {405, 400}, "regbadct": {405, 400}, "regescrt": {405, 400}, "scalar02": {400, ignored}, "scalarlg": {ignored, taken},
		"sdp01": {taken, 406}, "semiuri": {taken}, "test": {taken, 400, 405, ignored}, "transports": {taken}, "trws": {400, ignored, taken}, "unkscm": {416},
		"unksm2": {405, 400}, "unreason": {taken}, "wsinv": {taken}, "zeromf": {483, taken},
	}
}

// tortureFiles finds the messages of the RFC, which the SIP library keeps for
// its own tests.
func tortureFiles(t *testing.T) map[string][]byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	if err != nil {
		t.Skipf("the SIP library's own files were not found: %v", err)
	}
	files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "sip", "testdata", "torture", "*", "*.dat"))
	if len(files) == 0 {
		t.Skip("the SIP library came without the messages of RFC 4475")
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(f), ".dat")] = b
	}
	return all
}

func verdict(t *testing.T, data []byte) int {
	t.Helper()
	if !plausible(data) || !parses(data) {
		return ignored
	}
	if r := judge(t, data); r != nil {
		return r.code
	}
	return taken
}

func TestRFC4475(t *testing.T) {
	all := tortureFiles(t)
	want := tortures()
	for name, data := range all {
		got, ok := verdict(t, data), false
		for _, w := range want[name] {
			ok = ok || w == got
		}
		if !ok {
			t.Errorf("%s: %d, want %v\n%s", name, got, want[name], data[:min(len(data), 400)])
		}
	}
	if len(all) < 49 {
		t.Errorf("%d messages, the RFC has 49", len(all))
	}
}

// All of them again through the sockets, with everything between parser and
// call: no panic, nobody gets a conversation, and a call in progress hears and
// is heard.
func TestRFC4475DuringACall(t *testing.T) {
	t.Parallel()
	all := tortureFiles(t)
	rec := newRecorder(sine(1000, 20*time.Second))
	s := serve(t, Config{Answer: rec.answer})
	heard := &peertest.Tape{}
	c := dialHearing(t, s, "udp", heard.Tap)
	rec.call(t)
	r := newRaw(t, s)
	for round := range 3 {
		for _, data := range all {
			r.send(string(data))
			if round == 0 {
				conn := connect(t, s)
				_, _ = conn.Write(data)
			}
		}
	}
	if err := c.SendDigit(t.Context(), '8'); err != nil {
		t.Fatal(err)
	}
	for {
		if in := receive(t, rec.inputs, "the key"); in.Kind == media.Digit && in.Digit == '8' {
			break
		}
	}
	if clear, all := blocks(heard.Samples(), 1000); clear < all*9/10 {
		t.Errorf("the call hears the prompt in %d of %d pieces", clear, all)
	}
	select {
	case other := <-rec.calls:
		t.Errorf("a conversation began with %q", other.Caller())
	default:
	}
	eventually(t, "only the call is left", func() bool { return s.Calls() == 1 })
}

// blocks counts the pieces of 50 ms with any sound, and those with one
// frequency alone.
func blocks(samples []int16, hz float64) (clear, all int) {
	const piece = 400
	for at := 0; at+piece <= len(samples); at += piece {
		switch share, power := peertest.Share(samples[at:at+piece], hz); {
		case power < 10000:
		case share > 0.8:
			clear++
			all++
		default:
			all++
		}
	}
	return clear, all
}
