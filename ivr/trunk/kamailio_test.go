package trunk

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// kamailio is a real proxy under the control of a test.
type kamailio struct {
	t         *testing.T
	dir       string
	port, tls string
	cmd       *exec.Cmd
	log       *bytes.Buffer
}

// needKamailio skips a test where it is not installed.
func needKamailio(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"kamailio", "/usr/sbin/kamailio"} {
		if path, err := exec.LookPath(p); err == nil {
			if testing.Short() {
				t.Skip("real peers are left out of short tests")
			}
			return path
		}
	}
	t.Skip("kamailio is not installed (apt-get install kamailio kamailio-tls-modules)")
	return ""
}

// freePort finds a port that is free for UDP and TCP at this moment.
func freePort(t *testing.T) string {
	t.Helper()
	return strconv.Itoa(peertest.FreePort(t))
}

// startKamailio runs a configuration of testdata, with values for its @NAMES@.
func startKamailio(t *testing.T, config string, values map[string]string, define ...string) *kamailio {
	t.Helper()
	needKamailio(t)
	k := &kamailio{t: t, dir: t.TempDir(), port: freePort(t), tls: freePort(t)}
	text, err := os.ReadFile(filepath.Join("testdata", config))
	if err != nil {
		t.Fatal(err)
	}
	pairs := []string{"@PORT@", k.port, "@TLSPORT@", k.tls}
	for name, v := range values {
		pairs = append(pairs, "@"+name+"@", v)
	}
	if err := os.WriteFile(filepath.Join(k.dir, "kamailio.cfg"), []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	k.start(define...)
	t.Cleanup(k.stop)
	return k
}

func (k *kamailio) start(define ...string) {
	k.t.Helper()
	args := []string{"-f", filepath.Join(k.dir, "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4", "-P", filepath.Join(k.dir, "pid"), "-Y", k.dir}
	for _, d := range define {
		args = append(args, "-A", d)
	}
	k.log = &bytes.Buffer{}
	k.cmd = exec.Command(needKamailio(k.t), args...)
	k.cmd.Stdout, k.cmd.Stderr = k.log, k.log
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Its children end with it.
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	eventually(k.t, "kamailio takes connections", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+k.port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (k *kamailio) stop() {
	if k.cmd == nil {
		return
	}
	_ = syscall.Kill(-k.cmd.Process.Pid, syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = k.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = syscall.Kill(-k.cmd.Process.Pid, syscall.SIGKILL)
		<-done
	}
	k.cmd = nil
	if k.t.Failed() {
		k.t.Logf("kamailio: %s", k.log)
	}
}

// certificateFiles writes a certificate for 127.0.0.1 by openssl.
func certificateFiles(t *testing.T) (cert, key string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed (apt-get install openssl)")
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	out, err := exec.Command(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=trunk.test",
		"-addext", "subjectAltName=DNS:trunk.test,IP:127.0.0.1", "-keyout", key, "-out", cert).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return cert, key
}

// Registered by digest at a real registrar and called through it, by every
// transport: the doctor finds nothing to complain of.
func TestDoctorAtKamailio(t *testing.T) {
	t.Parallel()
	needKamailio(t)
	cert, key := certificateFiles(t)
	k := startKamailio(t, "registrar.cfg", map[string]string{"CERT": cert, "KEY": key}, "WITH_TLS")
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			server := "127.0.0.1:" + k.port
			c := Config{Name: "kamailio", User: "0283800000" + map[string]string{"udp": "1", "tcp": "2", "tls": "3"}[transport], PasswordFile: secretFile(t, "secret"), Register: true, Transport: transport}
			if transport == "tls" {
				server, c.CAFile = "127.0.0.1:"+k.tls, cert
			}
			c.Server = server
			var ill []string
			for range 3 { // A switchboard that gets too little of the processor is late, and the doctor says so.
				r := examine(t, c)
				ill = nil
				for _, id := range []string{"register", "options", "call", "audio", "dtmf", "caller"} {
					if f, _ := r.Find(id); f.Level != Good {
						ill = append(ill, fmt.Sprintf("%s: %q", id, f.Level))
					}
				}
				if !r.Healthy() {
					ill = append(ill, "not healthy")
				}
				if len(ill) == 0 {
					return
				}
			}
			t.Error(ill)
		})
	}
}

// A registrar that is started anew knows nobody: over TCP that is noticed at
// once, and the office is registered again.
func TestRegistrarIsStartedAnew(t *testing.T) {
	t.Parallel()
	k := startKamailio(t, "registrar.cfg", nil)
	o := newOffice(t, nil, Config{Name: "k", Server: "127.0.0.1:" + k.port, Transport: "tcp", User: "0283800004", PasswordFile: secretFile(t, "secret"), Register: true, NoCalls: false})
	eventually(t, "registered", func() bool { return o.Status()[0].State == Registered })
	first := o.Status()[0].Expires
	k.stop()
	k.start()
	eventually(t, "registered anew", func() bool {
		s := o.Status()[0]
		return s.State == Registered && s.Expires.After(first) && s.Problem == ""
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l := o.lines[0]
	c, err := l.dialUser(ctx, l.inOrder(time.Now())[0], "0283800004", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Hangup(ctx); err != nil {
		t.Error(err)
	}
}
