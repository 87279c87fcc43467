//go:build e2e

package e2e

import (
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// The tones by which caller and operator are told apart.
const (
	callerTone   = 500.0
	operatorTone = 800.0
)

// humming is a softphone that hums one tone in place of a person.
func humming(t *testing.T, s *server, hz float64) soft {
	t.Helper()
	p := softphone(t, s, "")
	pcm := audio.Silence(8000, 120*time.Second)
	for i := range pcm.Samples {
		pcm.Samples[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	write(t, filepath.Join(p.dir, "microphone.wav"), string(audio.EncodeWAV(pcm))) // Read when a call begins.
	return p
}

func (p soft) talks() bool { return strings.Contains(p.ctl("listcalls", ""), "ESTABLISHED") }
func (p soft) rings() bool { return strings.Contains(p.ctl("listcalls", ""), "INCOMING") }

// hears reports how loud a tone is in what the softphone has heard.
func (p soft) hears(t *testing.T, hz float64) (loudest float64) {
	t.Helper()
	for _, d := range peertest.Recordings(t, p.dir) {
		level, _ := audio.LoudestTone(readWAV(t, d).PCM, hz, time.Second)
		loudest = max(loudest, level)
	}
	return loudest
}

// answeredBy makes a softphone the office's operator.
func (s *server) answeredBy(p soft) {
	s.decide(func(setup map[string]any) { setup["phone"] = body{"operator": "sip:" + p.addr} })
}

// TestOperatorBridge puts a caller through to a person whose telephone we ring
// ourselves: the two hear each other although they speak different codecs, and
// whoever hangs up ends both calls.
func TestOperatorBridge(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	for _, who := range []string{"caller", "operator"} {
		t.Run("hung up by the "+who, func(t *testing.T) {
			t.Parallel()
			s := telephone(t, "[sip]\noperator_mode = \"bridge\"\n")
			operator, citizen := humming(t, s, operatorTone), humming(t, s, callerTone)
			s.answeredBy(operator)
			citizen.ctl("uanew", "<sip:mu@127.0.0.1;transport=udp>;regint=0;audio_codecs=PCMU/8000/1;dtmfmode=rtpevent")
			citizen.ctl("uafind", "sip:mu@127.0.0.1")
			citizen.ctl("dial", "sip:1022@"+s.sip)
			s.await("the call to be up", 60*time.Second, citizen.talks)
			citizen.ctl("sndcode", "0")
			s.await("the operator's telephone to ring", 90*time.Second, operator.rings)
			operator.ctl("accept", "")
			s.await("the operator to answer", 60*time.Second, operator.talks)
			wait(t, 5*time.Second)
			if !citizen.talks() || !operator.talks() || s.figure("xinmoi_operator_talking") != 1 {
				t.Fatalf("caller: %s\noperator: %s", citizen.ctl("listcalls", ""), operator.ctl("listcalls", ""))
			}
			one, other := citizen, operator
			if who == "operator" {
				one, other = operator, citizen
			}
			one.ctl("hangup", "")
			s.await("the other call to end", 60*time.Second, func() bool { return !other.talks() })
			s.await("nobody to talk", 60*time.Second, func() bool { return s.figure("xinmoi_operator_talking") == 0 })
			for _, side := range []struct {
				name         string
				p            soft
				hears, speak float64
			}{{"caller", citizen, operatorTone, callerTone}, {"operator", operator, callerTone, operatorTone}} {
				got, echo := side.p.hears(t, side.hears), side.p.hears(t, side.speak)
				t.Logf("%s: hears the other at %.3f, itself at %.3f of full scale", side.name, got, echo)
				if got < 0.2 || echo > 0.05 {
					t.Errorf("%s hears the other at %.3f and itself at %.3f of full scale", side.name, got, echo)
				}
			}
		})
	}
}

// TestOperatorTransferRefused calls with a telephone that answers a REFER with
// 405, as many trunks do: the operator is rung all the same.
func TestOperatorTransferRefused(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	s := telephone(t, "")
	operator := humming(t, s, operatorTone)
	s.answeredBy(operator)
	wav := filepath.Join(t.TempDir(), "heard.wav")
	citizen := exec.Command(binary(t), "phone", "-press", "0", "-record", wav, "sip:"+s.sip)
	out := &syncBuffer{}
	citizen.Stdout, citizen.Stderr = out, out
	if err := citizen.Start(); err != nil {
		t.Fatal(err)
	}
	s.await("the operator's telephone to ring", 90*time.Second, operator.rings)
	operator.ctl("accept", "")
	s.await("the operator to answer", 60*time.Second, operator.talks)
	wait(t, 4*time.Second)
	operator.ctl("hangup", "")
	if err := citizen.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if level, _ := audio.LoudestTone(readWAV(t, wav).PCM, operatorTone, time.Second); level < 0.2 {
		t.Errorf("the caller hears the operator at %.3f of full scale\n%s", level, out)
	}
}

// TestOperatorDeclines leads a caller whose operator does not take the call back
// to the menu, and to a number.
func TestOperatorDeclines(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	s := telephone(t, "")
	operator := humming(t, s, operatorTone)
	s.answeredBy(operator)
	citizen := dialled(t, s, "0912345678", "wait speech", "press 0", hear(t, "vi", "operator-busy"), "wait speech", "press 1", hear(t, "vi", "your-number"))
	s.await("the operator's telephone to ring", 90*time.Second, operator.rings)
	operator.ctl("hangup", "") // Declines.
	if err := citizen.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, citizen.out)
	}
}
