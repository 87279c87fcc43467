package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xinmoi/xinmoi/announce"
)

func TestStanding(t *testing.T) {
	dir := t.TempDir()
	if got, err := readStanding(dir); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	want := []announce.Message{
		{Text: "Cháy ở tầng 2", Emergency: true, Zones: []string{"tang-2"}, Times: 5},
		{Text: "Mời mọi người ra ngoài", Emergency: true},
	}
	for _, list := range [][]announce.Message{want, {}, want[:1]} {
		if err := writeStanding(dir, list); err != nil {
			t.Fatal(err)
		}
		got, err := readStanding(dir)
		if diff := cmp.Diff(list, got, cmpopts.IgnoreUnexported(announce.Message{})); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, standingFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readStanding(dir); err == nil {
		t.Error("half a file is read")
	}
}
