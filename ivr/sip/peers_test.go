package sip

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr/media"
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
func freePort(t *testing.T) string {
	t.Helper()
	udp, tcp, err := bind("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	defer udp.Close()
	return strconv.Itoa(udp.LocalAddr().(*net.UDPAddr).Port)
}

// sipp runs a scenario and returns when it is over.
func sipp(t *testing.T, scenario string, args ...string) error {
	t.Helper()
	return sippIn(t, t.TempDir(), scenario, args...)
}

// sippIn runs a scenario in a directory with what it plays.
func sippIn(t *testing.T, dir, scenario string, args ...string) error {
	t.Helper()
	bin := need(t, "sipp", "sip-tester")
	if os.Geteuid() != 0 {
		t.Skip("sipp plays recorded packets through a raw socket, which needs root")
	}
	if _, err := os.Stat("/usr/share/sip-tester/dtmf_2833_1.pcap"); err != nil {
		t.Skip("the recorded keys of sip-tester are missing")
	}
	file, err := filepath.Abs(filepath.Join("testdata", scenario))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	args = append([]string{"-sf", file, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-m", "1", "-nostdin", "-trace_err", "-timeout", "30s"}, args...)
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*errors.log"))
	for _, l := range logs {
		b, _ := os.ReadFile(l)
		out = append(out, b...)
	}
	return fmt.Errorf("sipp: %w\n%s", err, out[max(0, len(out)-3000):])
}

func TestSippCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scenario, transport, digits string }{
		{"caller_pcap.xml", "u1", "1#5"},
		{"caller_pcap.xml", "t1", "1#5"},
		{"caller_generated.xml", "u1", "12#5"},
	} {
		t.Run(c.scenario+" "+c.transport, func(t *testing.T) {
			t.Parallel()
			need(t, "sipp", "sip-tester")
			rec := newRecorder(sine(1000, 20*time.Second))
			s := serve(t, Config{Answer: rec.answer})
			port, mediaPort := freePort(t), freePort(t)
			if err := sipp(t, c.scenario, s.Addr().String(), "-s", "1022", "-t", c.transport, "-p", port, "-mp", mediaPort); err != nil {
				t.Fatal(err)
			}
			if got := rec.call(t).Caller(); got != "+84987654321" {
				t.Errorf("caller %q", got)
			}
			if digits, why := rec.end(t); digits != c.digits || why != EndBye {
				t.Errorf("heard %q, ended by %q; want %q, bye", digits, why, c.digits)
			}
		})
	}
}

func TestSippIsCalled(t *testing.T) {
	t.Parallel()
	need(t, "sipp", "sip-tester")
	port, mediaPort := freePort(t), freePort(t)
	peer := make(chan error, 1)
	go func() { peer <- sipp(t, "callee.xml", "-p", port, "-mp", mediaPort) }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := Dial(ctx, DialConfig{URI: "sip:c@127.0.0.1:" + port, User: "office", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	in := receive(t, c.Inputs(), "a key")
	if in.Kind != media.Digit || in.Digit != '1' {
		t.Errorf("got %v", in)
	}
	hangup(t, c)
	if err := receive(t, peer, "end of sipp"); err != nil {
		t.Error(err)
	}
}

func TestSippIsCancelled(t *testing.T) {
	t.Parallel()
	need(t, "sipp", "sip-tester")
	port := freePort(t)
	peer := make(chan error, 1)
	go func() { peer <- sipp(t, "callee_cancelled.xml", "-p", port) }()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	_, err := Dial(ctx, DialConfig{URI: "sip:c@127.0.0.1:" + port})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := receive(t, peer, "end of sipp"); err != nil {
		t.Error(err)
	}
}

// baresip is a telephone under the control of a test.
type baresip struct {
	t    *testing.T
	dir  string
	uri  string // Where it is called.
	conn net.Conn
}

// baresipConfig makes it play a tone as microphone and write what it hears.
const baresipConfig = `poll_method epoll
sip_listen 127.0.0.1:%[1]s
audio_player aubridge,nobody
audio_source aufile,%[2]s/microphone.wav
audio_alert aubridge,nothing
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports %[4]s
rtcp_mux no
jitter_buffer_delay 5-10
module_path /usr/lib/baresip/modules
module g711.so
module srtp.so
module aufile.so
module aubridge.so
module sndfile.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
snd_path %[2]s
ctrl_tcp_listen 127.0.0.1:%[3]s
`

// baresipTrust is whom it trusts by TLS, and its own certificate.
type baresipTrust struct{ cert, key string }

func (b baresipTrust) config(t *testing.T, dir string) string {
	t.Helper()
	if b.cert == "" {
		return ""
	}
	own := filepath.Join(dir, "own.pem") // Certificate and key in one file.
	var both []byte
	for _, path := range []string{b.cert, b.key} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	if err := os.WriteFile(own, both, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sip_cafile " + b.cert + "\nsip_certificate " + own + "\n"
}

// startBaresip starts it; account has further parameters of its account.
func startBaresip(t *testing.T, transport string, account ...string) *baresip {
	t.Helper()
	return startBaresipTrusting(t, transport, baresipTrust{}, account...)
}

func startBaresipTrusting(t *testing.T, transport string, trust baresipTrust, account ...string) *baresip {
	t.Helper()
	bin := need(t, "baresip", "baresip-core")
	b := &baresip{t: t, dir: t.TempDir()}
	sipPort, control := freePort(t), freePort(t)
	first, _ := strconv.Atoi(freePort(t))
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config", fmt.Sprintf(baresipConfig, sipPort, b.dir, control, fmt.Sprintf("%d-%d", first&^1, min(first&^1+50, 65534)))+trust.config(t, b.dir))
	write("accounts", "<sip:0912345678@127.0.0.1:"+sipPort+";transport="+transport+">;regint=0;audio_codecs=PCMA/8000/1;dtmfmode=rtpevent"+strings.Join(account, "")+"\n")
	b.uri = "sip:0912345678@127.0.0.1:" + sipPort + ";transport=" + transport
	write("microphone.wav", wavOf(make([]int16, 8000*20)))
	cmd := exec.Command(bin, "-f", b.dir, "-4")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, "baresip takes commands", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+control)
		b.conn = c
		return err == nil
	})
	t.Cleanup(func() { _ = b.conn.Close() })
	go func() { // Its events are not needed, but must be taken.
		buf := make([]byte, 4096)
		for {
			if _, err := b.conn.Read(buf); err != nil {
				return
			}
		}
	}()
	return b
}

// do gives a command as netstring of JSON.
func (b *baresip) do(command, params string) {
	b.t.Helper()
	j, err := json.Marshal(map[string]string{"command": command, "params": params, "token": "t"})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(j), j); err != nil {
		b.t.Fatal(err)
	}
}

// heard gives the samples it wrote.
func (b *baresip) heard() []int16 {
	b.t.Helper()
	files, _ := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if len(files) != 1 {
		b.t.Fatalf("%d recordings", len(files))
	}
	data, err := os.ReadFile(files[0])
	if err != nil || len(data) < 44 {
		b.t.Fatalf("recording of %d bytes: %v", len(data), err)
	}
	return samplesOf(data)
}

// samplesOf reads a WAV file of one channel and 16 bits behind its header.
func samplesOf(wav []byte) (out []int16) {
	for i := 44; i+1 < len(wav); i += 2 {
		out = append(out, int16(binary.LittleEndian.Uint16(wav[i:])))
	}
	return out
}

func wavOf(samples []int16) string {
	var b strings.Builder
	b.WriteString("RIFF")
	le := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	le(uint32(36 + 2*len(samples)))
	b.WriteString("WAVEfmt ")
	le(uint32(16))
	le([]uint16{1, 1})
	le([]uint32{8000, 16000})
	le([]uint16{2, 16})
	b.WriteString("data")
	le(uint32(2 * len(samples)))
	le(samples)
	return b.String()
}

// baresip calls, hears the very prompt, presses keys, holds, resumes, hangs up.
func TestBaresipCalls(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			pair, _, cert, key := certificate(t)
			b := startBaresipTrusting(t, transport, baresipTrust{cert, key})
			rec := newRecorder(sine(1000, 1500*time.Millisecond))
			s := serve(t, Config{Answer: rec.answer, TLS: &tls.Config{Certificates: []tls.Certificate{pair}}})
			at := s.Addr()
			if transport == "tls" {
				at = s.TLSAddr()
			}
			b.do("dial", "sip:1022@"+at.String()+";transport="+transport)
			call := rec.call(t)
			if in := receive(t, rec.inputs, "end of the prompt"); in.Kind != media.Played {
				t.Fatalf("got %v", in)
			}
			for _, key := range []string{"1", "2", "2", "#"} {
				b.do("sndcode", key)
				eventually(t, "key "+key, func() bool { return len(rec.inputs) > 0 })
				if in := <-rec.inputs; in.Kind != media.Digit || string(in.Digit) != key || in.Source != media.SourceEvent {
					t.Errorf("pressed %s, got %v", key, in)
				}
				b.do("sndcode", "\x04") // Releases the key.
			}
			b.do("hold", "")
			held := func() (h bool) {
				got := make(chan bool, 1)
				call.post(letter{act: func() { got <- call.leg.held }})
				select {
				case h = <-got:
				case <-call.Done():
				}
				return h
			}
			eventually(t, "hold", held)
			b.do("resume", "")
			eventually(t, "end of hold", func() bool { return !held() })
			if s.Calls() != 1 {
				t.Errorf("%d calls", s.Calls())
			}
			b.do("hangup", "")
			if _, why := rec.end(t); why != EndBye {
				t.Errorf("ended by %q", why)
			}
			prompt := audio.DecodeALaw(nil, audio.EncodeALaw(nil, sineSamples(1000, 1500*time.Millisecond)))
			if match := correlate(b.heard(), prompt); match < 0.95 {
				t.Errorf("what baresip heard matches the prompt by %.3f", match)
			}
		})
	}
}
