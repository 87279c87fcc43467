package sip

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// need skips a test whose peer is not installed.
func need(t *testing.T, program, pkg string) string {
	t.Helper()
	return peertest.Need(t, program, pkg)
}

// freePort finds a port that is free for UDP and TCP at this moment.
func freePort(t *testing.T) string {
	t.Helper()
	return strconv.Itoa(peertest.FreePort(t))
}

// sipp runs a scenario and returns when it is over.
func sipp(t *testing.T, scenario string, args ...string) error {
	t.Helper()
	return sippIn(t, t.TempDir(), scenario, args...)
}

// sippIn runs a scenario in a directory with what it plays.
func sippIn(t *testing.T, dir, scenario string, args ...string) error {
	t.Helper()
	return peertest.Sipp(t, dir, scenario, 40*time.Second, append([]string{"-m", "1", "-timeout", "30s"}, args...)...)()
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
			again(t, func(t *testing.T, _ int) error {
				port, mediaPort := freePort(t), freePort(t)
				if err := sipp(t, c.scenario, s.Addr().String(), "-s", "1022", "-t", c.transport, "-p", port, "-mp", mediaPort); err != nil {
					return err
				}
				if got := rec.call(t).Caller(); got != "+84987654321" {
					t.Errorf("caller %q", got)
				}
				if digits, why := rec.end(t); digits != c.digits || why != EndBye {
					return fmt.Errorf("heard %q, ended by %q; want %q, bye", digits, why, c.digits)
				}
				return nil
			})
		})
	}
}

func TestSippIsCalled(t *testing.T) {
	t.Parallel()
	need(t, "sipp", "sip-tester")
	again(t, func(t *testing.T, _ int) error {
		port, mediaPort := freePort(t), freePort(t)
		peer := make(chan error, 1)
		go func() { peer <- sipp(t, "callee.xml", "-p", port, "-mp", mediaPort) }()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c, err := Dial(ctx, DialConfig{URI: "sip:c@127.0.0.1:" + port, User: "office", Password: "secret"})
		if err != nil {
			return errors.Join(err, <-peer)
		}
		in := receive(t, c.Inputs(), "a key")
		if in.Kind != media.Digit || in.Digit != '1' {
			err = fmt.Errorf("got %v", in)
		}
		hangup(t, c)
		return errors.Join(err, receive(t, peer, "end of sipp"))
	})
}

// The caller gives up while it rings.
func TestSippIsCancelled(t *testing.T) {
	t.Parallel()
	need(t, "sipp", "sip-tester")
	again(t, func(t *testing.T, attempt int) error {
		port := freePort(t)
		peer := make(chan error, 1)
		go func() { peer <- sipp(t, "callee_cancelled.xml", "-p", port) }()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond<<(2*attempt)) // A busy machine may not have rung sooner.
		defer cancel()
		_, err := Dial(ctx, DialConfig{URI: "sip:c@127.0.0.1:" + port})
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		return errors.Join(err, receive(t, peer, "end of sipp"))
	})
}

// baresip is a telephone under the control of a test.
type baresip struct {
	*peertest.Baresip
	t *testing.T
}

// baresipTrust is whom it trusts by TLS, and its own certificate.
type baresipTrust struct{ cert, key string }

// lines are those of the configuration, with both files of its own in one.
func (b baresipTrust) lines(t *testing.T, dir string) []string {
	t.Helper()
	if b.cert == "" {
		return nil
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
	peertest.Write(t, own, string(both))
	return []string{"sip_cafile " + b.cert, "sip_certificate " + own}
}

// startBaresip starts it; account has further parameters of its account.
func startBaresip(t *testing.T, transport string, account ...string) *baresip {
	t.Helper()
	return startBaresipTrusting(t, transport, baresipTrust{}, account...)
}

func startBaresipTrusting(t *testing.T, transport string, trust baresipTrust, account ...string) *baresip {
	t.Helper()
	dir := t.TempDir()
	return &baresip{peertest.NewBaresip(t, peertest.BaresipConfig{Dir: dir, Transport: transport, Account: account, Lines: trust.lines(t, dir)}), t}
}

// do gives a command.
func (b *baresip) do(command, params string) { b.Tell(command, params) }

// heard gives the samples it wrote.
func (b *baresip) heard() []int16 {
	b.t.Helper()
	files := b.Recordings()
	if len(files) == 0 {
		b.t.Fatal("no recording")
	}
	data, err := os.ReadFile(files[len(files)-1]) // Their names tell the time.
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
