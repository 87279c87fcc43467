package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/operator"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// The example of a trunk, with its comment signs taken away, is a configuration.
func TestExampleTrunk(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "trunk")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	within := false
	for line := range strings.SplitSeq(string(exampleConfig), "\n") {
		if line == "# [[sip.trunk]]" {
			within = true
		}
		if within && strings.HasPrefix(line, "# ") {
			line = strings.Replace(line[2:], "/etc/xinmoi/trunk", secret, 1)
		} else if within {
			within = false
		}
		text.WriteString(line + "\n")
	}
	path := filepath.Join(t.TempDir(), "xinmoi.toml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.SIP.Trunks) != 1 || c.SIP.Trunks[0].Name != "viettel" || !c.SIP.Trunks[0].Register {
		t.Errorf("%+v", c.SIP.Trunks)
	}
	var line sip.Config
	if m, err := c.SIP.fill(&line, trunk.Options{}); err != nil || m == nil || line.Door == nil {
		t.Errorf("%v %v", m, err)
	}
}

func TestLineConfig(t *testing.T) {
	for text, want := range map[string]string{
		`public_address = "x"`: "public_address", `rtp_ports = "1-2"`: "rtp_ports", `rtp_ports = "20000"`: "rtp_ports", `rtp_ports = "20000-20000"`: "rtp_ports",
		`allow = ["x"]`: "allow", `trust = ["x"]`: "sip.trust", `operator_mode = "x"`: "operator_mode", `operator_calls = 0`: "operator_calls", `operator_minutes = 999`: "operator_minutes",
		"[[sip.trunk]]\nname = \"a\"\nserver = \"192.0.2.1\"\noperator_mode = \"x\"": "operator_mode",
		`tls_listen = "x"`: "tls_listen", `tls_listen = "127.0.0.1:0"`: "tls_cert_file",
		"[[sip.trunk]]\nname = \"a\"": "server", "[[sip.trunk]]\nnme = \"a\"": "nme",
	} {
		path := filepath.Join(t.TempDir(), "xinmoi.toml")
		if err := os.WriteFile(path, []byte("[sip]\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadConfig(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var open sipConfig
	var line sip.Config
	if m, err := open.fill(&line, trunk.Options{}); err != nil || m != nil || line.Door != nil {
		t.Errorf("without trunks everybody may call: %v %v", m, err)
	}
}

// Checking a configuration says who is believed about who calls.
func TestStrangersWord(t *testing.T) {
	const trunkText = "[[sip.trunk]]\nname = \"a\"\nserver = \"192.0.2.1\"\n"
	for text, want := range map[string]string{
		"": "", "trust = [\"10.0.0.1\"]\n": "matters once there is a trunk", trunkText: "by the trunks only", "trust = [\"10.0.0.0/8\"]\n" + trunkText: "",
	} {
		path := filepath.Join(t.TempDir(), "xinmoi.toml")
		if err := os.WriteFile(path, []byte("[sip]\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"config", "check", path}, streams{&out, &errs}); code != exitOK {
			t.Fatalf("%q: %d %s", text, code, &errs)
		}
		said := strings.Count(out.String(), "\n") > 1
		if said != (want != "") || !strings.Contains(out.String(), want) {
			t.Errorf("%q: %s", text, &out)
		}
	}
}

// Who puts callers through, by trunk.
func TestOperatorConfig(t *testing.T) {
	c := sipConfig{OperatorMode: "refer", OperatorCalls: 3, OperatorMinutes: 20, Trunks: []trunk.Config{{Name: "a", OperatorMode: "bridge"}, {Name: "b"}}}
	o := c.operators(nil, nil)
	if o.Mode("a") != operator.Bridge || o.Mode("b") != operator.Refer || o.Mode("") != operator.Refer || o.AtOnce != 3 || o.Longest != 20*time.Minute {
		t.Errorf("%+v", o)
	}
}

func TestTrunkWords(t *testing.T) {
	for state, want := range map[trunk.State]page.Level{trunk.Registered: page.OK, trunk.Ready: page.OK, trunk.Refused: page.Fail, trunk.Trying: page.Fail, trunk.Stopped: page.Warn} {
		vi, en, level := trunkWords(trunk.Status{State: state})
		if level != want || vi == "" || en == "" || vi == en {
			t.Errorf("%s: %q %q %s", state, vi, en, level)
		}
	}
}

func TestTrunkCommand(t *testing.T) {
	for _, args := range [][]string{{}, {"cure"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), append([]string{"trunk"}, args...), streams{&out, &errs}); code != exitUsage {
			t.Errorf("%v: %d", args, code)
		}
	}
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"trunk", "doctor"}, streams{&out, &errs}); code != exitFailed || !strings.Contains(errs.String(), "config example") {
		t.Errorf("%d %s", code, &errs)
	}
}
