package bots

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// What an office has decided goes to another machine and back unchanged; what
// cannot be meant is refused there as here.
func TestSettingsTravel(t *testing.T) {
	want := Settings{Quiet: notice.Quiet{From: "21:00", To: "06:30"}, Month: map[queue.Channel]int{queue.Zalo: 3000, queue.SMS: 0}, NoFallback: true}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadSettings(text); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "[]", `{"token":"x"}`, `{"month":{"zalo":-1}}`, `{"quiet":{"from":"25:00","to":"06:00"}}`} {
		if got, err := ReadSettings([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}
