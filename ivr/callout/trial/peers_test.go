package trial_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// need skips a test whose peer is not installed.
func need(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (apt-get install %s)", program, pkg)
	}
	if testing.Short() {
		t.Skip("real peers are left out of short tests")
	}
	return path
}

// freePort finds a port that is free for UDP and TCP at this moment.
func freePort(t *testing.T) uint16 {
	t.Helper()
	for range 20 {
		udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		port := udp.LocalAddr().(*net.UDPAddr).Port
		tcp, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		_ = udp.Close()
		if err == nil {
			_ = tcp.Close()
			return uint16(port)
		}
	}
	t.Fatal("no free port")
	return 0
}

func loopback(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

// baresip starts a softphone that answers by itself and gives a function that
// commands it.
func baresip(t *testing.T, dir string) (at netip.AddrPort, command func(name, params string)) {
	t.Helper()
	bin := need(t, "baresip", "baresip-core")
	modules, err := filepath.Glob("/usr/lib*/baresip/modules")
	if err != nil || len(modules) == 0 {
		t.Skip("baresip has no modules here")
	}
	sipPort, ctlPort := freePort(t), freePort(t)
	write(t, filepath.Join(dir, "accounts"), fmt.Sprintf("<sip:0912345678@127.0.0.1:%d;transport=udp>;regint=0;answermode=auto;audio_codecs=PCMA/8000/1;dtmfmode=rtpevent\n", sipPort))
	write(t, filepath.Join(dir, "contacts"), "")
	write(t, filepath.Join(dir, "config"), strings.Join([]string{
		"poll_method epoll", fmt.Sprintf("sip_listen 127.0.0.1:%d", sipPort), "audio_path " + dir,
		"audio_player aubridge,nobody", "audio_source aufile," + dir + "/quiet.wav", "audio_alert aufile," + dir + "/quiet.wav",
		"ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1",
		"jitter_buffer_delay 1-10", "module_path " + modules[0],
		"module g711.so", "module aufile.so", "module aubridge.so", "module sndfile.so", "module uuid.so",
		"module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so",
		"snd_path " + dir, fmt.Sprintf("ctrl_tcp_listen 127.0.0.1:%d", ctlPort), "",
	}, "\n"))
	if err := audio.Save(filepath.Join(dir, "quiet.wav"), audio.EncodeWAV(audio.FromInt16(rate, make([]int16, 180*rate)))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-f", dir, "-4")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // It may have ended by itself.
		_ = cmd.Wait()
	})
	var conn net.Conn
	await(t, "baresip", func() bool {
		conn, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ctlPort))
		return err == nil
	})
	t.Cleanup(func() { conn.Close() })
	return loopback(sipPort), func(name, params string) {
		text, err := json.Marshal(map[string]string{"command": name, "params": params, "token": "t"})
		if err == nil {
			_, err = fmt.Fprintf(conn, "%d:%s,", len(text), text)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBaresip calls a softphone that knows nothing of us; it presses 1, and
// what it recorded is what was said.
func TestBaresip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at, command := baresip(t, dir)
	h := opened(t, at, rustled, callout.Rules{})
	mine := h.wish(0)
	await(t, "the message to be heard", func() bool {
		list, err := h.book.Attempts(t.Context(), mine.ID)
		return err == nil && len(list) > 0 && list[0].Progress == book.Heard
	})
	command("sndcode", "1")
	if a := h.attempts(mine.ID, 1)[0]; a.Outcome != book.Pressed || a.Pressed != "1" {
		t.Errorf("the call went %+v", a)
	}
	var dumps []string
	await(t, "the recording", func() bool {
		dumps, _ = filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
		return len(dumps) == 1
	})
	b, err := os.ReadFile(dumps[0])
	if err != nil {
		t.Fatal(err)
	}
	heard, err := audio.DecodeWAV(b)
	if err != nil {
		t.Fatal(err)
	}
	s := ivr.SpeechIn("vi", queue.Info{}, queue.PhoneSetup{})
	thanks, over := s.Last(s.Say("call-thanks", "kept", "be-there")), s.Last(s.Say("state-over"))
	if yes, no := match(t, heard, h.rendered(thanks)), match(t, heard, h.rendered(over)); yes < 0.8 || no > 0.5 {
		t.Errorf("thanks were heard with %.2f, what was not said with %.2f", yes, no)
	}
	if w, _, err := h.book.WishFor(t.Context(), mine.ID); err != nil || w.Result != book.Told || w.Telephone != "" {
		t.Errorf("wish %+v, %v", w, err)
	}
}

// sipp plays a telephone by a scenario and gives where it is.
func sipp(t *testing.T, scenario string, calls int, args ...string) netip.AddrPort {
	t.Helper()
	bin := need(t, "sipp", "sip-tester")
	if os.Geteuid() != 0 {
		t.Skip("sipp sends its keys through a raw socket, which needs root")
	}
	file, err := filepath.Abs(filepath.Join("testdata", scenario))
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	args = append([]string{"-sf", file, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", fmt.Sprint(port), "-m", fmt.Sprint(calls), "-nostdin", "-trace_err"}, args...)
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir = t.TempDir()
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		if err := cmd.Wait(); err != nil {
			logs, _ := filepath.Glob(filepath.Join(cmd.Dir, "*errors.log"))
			for _, l := range logs {
				b, _ := os.ReadFile(l)
				out.Write(b)
			}
			t.Errorf("sipp: %v\n%s", err, out.String()[max(0, out.Len()-2000):])
		}
	})
	return loopback(port)
}

// TestSippPressesTheKey calls a telephone that presses 1 while it is told.
func TestSippPressesTheKey(t *testing.T) {
	t.Parallel()
	h := opened(t, sipp(t, "presses.xml", 1), rustled, callout.Rules{})
	mine := h.wish(0)
	if a := h.attempts(mine.ID, 1)[0]; a.Outcome != book.Pressed || a.Pressed != "1" {
		t.Errorf("the call went %+v", a)
	}
}

// TestSippRefuses calls a telephone that declines.
func TestSippRefuses(t *testing.T) {
	t.Parallel()
	h := opened(t, sipp(t, "refuses.xml", 1), rustled, callout.Rules{Pause: time.Second})
	mine := h.wish(0)
	if a := h.attempts(mine.ID, 1)[0]; a.Outcome != book.Declined || a.Code != 603 {
		t.Errorf("the call went %+v", a)
	}
	if w, _, err := h.book.WishFor(t.Context(), mine.ID); err != nil || w.Result != book.Failed || w.Telephone != "" {
		t.Errorf("wish %+v, %v", w, err)
	}
}

// TestSippCancelled calls a telephone that only rings: the ringing is ended
// by CANCEL.
func TestSippCancelled(t *testing.T) {
	t.Parallel()
	h := opened(t, sipp(t, "rings.xml", 2), rustled, callout.Rules{Ring: 2 * time.Second, Pause: time.Second})
	mine := h.wish(0)
	for i, a := range h.attempts(mine.ID, 2) {
		if a.Outcome != book.NoAnswer {
			t.Errorf("attempt %d: %+v", i+1, a)
		}
	}
}
