package peertest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// BaresipConfig is how a softphone is set up; the zero value will do.
type BaresipConfig struct {
	Dir       string   // Of its files; empty = one of its own.
	User      string   // Of its address; empty = "0912345678".
	Transport string   // "udp", "tcp" or "tls"; empty = "udp".
	Account   []string // Further parameters of its account, ";answermode=auto".
	Lines     []string // Further lines of its configuration.
	SIPPort   int      // 0 = a free one.
	Control   int      // The port on which it is commanded; 0 = a free one.
}

// Baresip is a telephone of somebody else under the control of a test. Its
// microphone hears silence, and what it hears is written to a file.
type Baresip struct {
	Dir string
	URI string // Where it is called, with its transport.

	t    testing.TB
	conn net.Conn
	said buffer // To commands, and what happened.

	asked atomic.Int64 // Commands whose answer was waited for.
}

const (
	silence = 180 * time.Second // In its microphone.
	keyTime = 300 * time.Millisecond
	takeOff = 60 * time.Second // Until it takes commands and answers them: other tests run beside.
)

// NewBaresip starts a softphone that ends with the test, and skips the test
// where baresip is not installed.
func NewBaresip(t testing.TB, c BaresipConfig) *Baresip {
	t.Helper()
	bin := Need(t, "baresip", "baresip-core")
	modules, err := filepath.Glob("/usr/lib*/baresip/modules")
	if err != nil || len(modules) == 0 {
		t.Skip("baresip has no modules here")
	}
	c = c.withDefaults(t)
	c.write(t, modules[0])
	cmd := exec.Command(bin, "-f", c.Dir, "-4")
	cmd.Dir = c.Dir
	Start(t, cmd)
	b := &Baresip{Dir: c.Dir, URI: fmt.Sprintf("sip:%s@127.0.0.1:%d;transport=%s", c.User, c.SIPPort, c.Transport), t: t}
	Eventually(t, takeOff, "baresip takes commands", func() bool {
		b.conn, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", c.Control))
		return err == nil
	})
	t.Cleanup(func() { _ = b.conn.Close() })
	go func() { _, _ = io.Copy(&b.said, b.conn) }() // Until it is closed.
	return b
}

func (c BaresipConfig) withDefaults(t testing.TB) BaresipConfig {
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.User == "" {
		c.User = "0912345678"
	}
	if c.Transport == "" {
		c.Transport = "udp"
	}
	if c.SIPPort == 0 {
		c.SIPPort = FreePort(t)
	}
	if c.Control == 0 {
		c.Control = FreePort(t)
	}
	return c
}

// write makes its files: it plays silence, and writes what it hears.
func (c BaresipConfig) write(t testing.TB, modules string) {
	t.Helper()
	Write(t, filepath.Join(c.Dir, "accounts"), fmt.Sprintf("<sip:%s@127.0.0.1:%d;transport=%s>;regint=0;audio_codecs=PCMA/8000/1;dtmfmode=rtpevent%s\n",
		c.User, c.SIPPort, c.Transport, strings.Join(c.Account, "")))
	Write(t, filepath.Join(c.Dir, "contacts"), "")
	Write(t, filepath.Join(c.Dir, "config"), strings.Join(append([]string{
		"poll_method epoll", fmt.Sprintf("sip_listen 127.0.0.1:%d", c.SIPPort), "audio_path " + c.Dir,
		"audio_player aubridge,nobody", "audio_source aufile," + c.Dir + "/microphone.wav", "audio_alert aubridge,nothing",
		"ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1",
		"rtp_ports 10000-19998", "rtcp_mux no", "jitter_buffer_delay 5-10", "module_path " + modules,
		"module g711.so", "module srtp.so", "module aufile.so", "module aubridge.so", "module sndfile.so", "module uuid.so",
		"module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so",
		"snd_path " + c.Dir, fmt.Sprintf("ctrl_tcp_listen 127.0.0.1:%d", c.Control),
	}, append(c.Lines, "")...), "\n"))
	quiet := audio.FromInt16(audio.RatePhone, make([]int16, int(silence.Seconds())*audio.RatePhone))
	if err := audio.Save(filepath.Join(c.Dir, "microphone.wav"), audio.EncodeWAV(quiet)); err != nil {
		t.Fatal(err)
	}
}

// Tell gives a command, such as "dial" with an address.
func (b *Baresip) Tell(command, params string) {
	b.t.Helper()
	b.tell(command, params, "")
}

func (b *Baresip) tell(command, params, token string) {
	b.t.Helper()
	text, err := json.Marshal(map[string]string{"command": command, "params": params, "token": token})
	if err == nil {
		_, err = fmt.Fprintf(b.conn, "%d:%s,", len(text), text) // A netstring.
	}
	if err != nil {
		b.t.Errorf("baresip: %s %s: %v", command, params, err)
	}
}

// Ask gives a command and what comes back until it is answered, events
// included. It takes a moment in any case, so that keys do not overlap.
func (b *Baresip) Ask(command, params string) string {
	b.t.Helper()
	before, token := len(b.said.String()), fmt.Sprintf("%s-%d", command, b.asked.Add(1))
	b.tell(command, params, token)
	<-time.After(keyTime)
	var reply string
	Eventually(b.t, takeOff, "baresip answers "+command, func() bool {
		reply = b.said.String()[before:]
		return strings.Contains(reply, `"`+token+`"`)
	})
	return reply
}

// Recordings gives the files of what it heard.
func (b *Baresip) Recordings() []string {
	b.t.Helper()
	return Recordings(b.t, b.Dir)
}

// Recordings gives the files of what the softphone of a directory heard, as
// soon as there is one and all are whole: they have no length before the
// softphone closes them, which is a moment after the call's end.
func Recordings(t testing.TB, dir string) (files []string) {
	t.Helper()
	Eventually(t, takeOff, "the recording is whole", func() bool {
		files, _ = filepath.Glob(filepath.Join(dir, "dump-*-dec.wav")) // Fixed, so well formed.
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				return false
			}
			if pcm, err := audio.DecodeWAV(b); err != nil || len(pcm.Samples) == 0 {
				return false
			}
		}
		return len(files) > 0
	})
	return files
}
