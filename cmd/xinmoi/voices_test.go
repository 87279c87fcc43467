package main

import (
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// What a voice lacked is told once for all zones, with what to do.
func TestInsteadRows(t *testing.T) {
	rows := insteadRows([]announce.Status{
		{Behind: []string{"quầy số", "xin mời"}}, {Behind: []string{"quầy số"}, Synthesised: []string{"bông hoa"}},
	})
	if len(rows) != 2 || !strings.HasPrefix(rows[0].Value, "2 câu") || !strings.HasSuffix(rows[0].ValueEN, "record them: quầy số; xin mời") ||
		!strings.Contains(rows[1].Value, "espeak-ng: bông hoa") || rows[0].Level != page.Warn {
		t.Errorf("%+v", rows)
	}
	if rows := insteadRows([]announce.Status{{}}); len(rows) != 0 {
		t.Errorf("nothing was lacking: %+v", rows)
	}
	row := renderRow(announce.RenderStats{Hits: 7, Rendered: 3, Cached: 2, CachedBytes: 5 << 20, Clips: 9, ClipBytes: 1 << 20})
	if row.ValueEN != "3; used again 7 (kept ready: 2 calls, 9 clips, 6 MB)" {
		t.Errorf("%+v", row)
	}
}
