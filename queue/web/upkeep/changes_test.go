package upkeep

import (
	"reflect"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/officefile"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Every setting has a name that people know, in both languages, but those of the
// telephone's menu, which has pages of its own words.
func TestEverySettingIsNamed(t *testing.T) {
	known := settingNames()
	var look func(typ reflect.Type, path string)
	look = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer:
			look(typ.Elem(), path)
		case reflect.Struct:
			for i := range typ.NumField() {
				key, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if key == "" || key == "-" {
					continue
				}
				if words := known[key]; words[0] == "" || words[1] == "" {
					t.Errorf("%s › %s has no name", path, key)
				}
				if key != "phone" {
					look(typ.Field(i).Type, path+" › "+key)
				}
			}
		}
	}
	look(reflect.TypeFor[queue.Setup](), "setup")
}

func TestChangesAreWorded(t *testing.T) {
	changes := []officefile.Change{
		{Path: "services › A › name", Old: "Hộ tịch", New: "Tư pháp"}, {Path: "zones › name › volume", New: "-3"}, {Path: "rules › check_in", New: "true"},
		{Path: "services ↕", Old: "A, B", New: "B, A"}, {Path: "time_zone"}, {Path: "kiosk › texts › km › A"}, {Path: "phone › menu › new"},
	}
	for l, want := range map[page.Lang]string{
		page.Vietnamese: "Hàng đợi › A › Tên|Khu vực loa › name › Âm lượng|Quy định › Chỉ gọi sau khi báo đã đến|Hàng đợi › thứ tự|Múi giờ|Máy lấy số › Tên bằng tiếng khác › km › A|Điện thoại › menu › new",
		page.English:    "Services › A › Name|Loudspeaker zones › name › Volume|Rules › Called only after check-in|Services › order|Time zone|Kiosk › Names in other languages › km › A|Telephone › menu › new",
	} {
		got := worded(l, changes)
		for i, path := range strings.Split(want, "|") {
			if got[i].Path != path {
				t.Errorf("%q, want %q", got[i].Path, path)
			}
		}
		if got[2].New != l.T("có", "yes") || got[0].Old != "Hộ tịch" {
			t.Errorf("%+v", got)
		}
	}
	if changes[0].Path != "services › A › name" {
		t.Error("the changes themselves were changed")
	}
}
