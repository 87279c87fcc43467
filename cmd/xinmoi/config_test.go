package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlagsWinOverFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "xinmoi.toml")
	if err := os.WriteFile(path, []byte("data = \"there\"\n[http]\nlisten = \"127.0.0.1:1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(path)
	if err != nil || c.Data != "there" || c.HTTP.Listen != "127.0.0.1:1" {
		t.Fatalf("%+v, %v", c, err)
	}
	if c.SIP.Listen != "127.0.0.1:5060" || c.Printer.Width != 576 {
		t.Errorf("what the file leaves out is not the default: %+v", c)
	}
}

// Whatever the file says, reading it is an error or a usable configuration.
func FuzzConfig(f *testing.F) {
	f.Add(string(exampleConfig))
	f.Add("[sip]\nmax_calls = 0\n")
	f.Add("data = [1]\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := defaultConfig()
		if err != nil {
			t.Fatal(err)
		}
		if decodeConfig([]byte(text), &c) == nil && c.check() == nil && c.Data == "" {
			t.Errorf("%q leaves no data directory", text)
		}
	})
}

func TestTelegramToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	c := config{}
	if token, err := c.telegramToken(); token != "" || err != nil {
		t.Errorf("without a file: %q, %v", token, err)
	}
	c.Telegram.TokenFile = path
	if _, err := c.telegramToken(); err == nil {
		t.Error("a missing file is not noticed")
	}
	if err := os.WriteFile(path, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.telegramToken(); err == nil || !strings.Contains(err.Error(), "BotFather") {
		t.Errorf("an empty file: %v", err)
	}
}

func TestReachable(t *testing.T) {
	if got := reachable(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}); got != "127.0.0.1:80" {
		t.Error(got)
	}
	if got := reachable(&net.TCPAddr{IP: net.IPv4zero, Port: 80}); strings.HasPrefix(got, "0.0.0.0") {
		t.Errorf("links would lead to %s", got)
	}
}

// A second server on the same data is refused, and a failed start removes
// only what it made itself.
func TestDataDir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	first, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openDataDir(path); err == nil || !strings.Contains(err.Error(), "another xinmoi") {
		t.Errorf("a second one: %v", err)
	}
	if err := first.close(true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the directory it made is left")
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	again, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.close(true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("a directory that was there before is gone")
	}
}
