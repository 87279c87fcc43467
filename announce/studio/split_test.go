package studio

import (
	"reflect"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

func TestSplitAndMatch(t *testing.T) {
	lines := []Line{{Target: "một trăm hai mươi lăm"}, {Target: "ba"}, {Target: "xin mời số hai mươi lăm, đến quầy số ba"}, {Target: "chín"}, {Target: "phía trước quý vị còn mười hai người, xin quý vị chờ, và nghe gọi số của mình"}}
	say := func(texts ...string) audio.PCM {
		p := room(500*time.Millisecond, -90)
		for _, text := range texts {
			s, _ := hum(text, 500*time.Millisecond, -14)
			p = audio.Append(p, s, 0)
		}
		return inRoom(p, -65)
	}
	all := []string{}
	for _, l := range lines {
		all = append(all, l.Target)
	}
	for name, c := range map[string]struct {
		texts []string
		want  []int
	}{
		"all":             {all, []int{0, 1, 2, 3, 4}},
		"only the first":  {all[:2], []int{0, 1}},
		"one forgotten":   {[]string{all[0], all[1], all[2], all[4]}, []int{0, 1, 2, 4}},
		"a false start":   {[]string{all[0], all[1], all[2], "xin mời số", all[3], all[4]}, []int{0, 1, 2, -1, 3, 4}},
		"nothing to read": {nil, []int{}},
	} {
		sounds := split(say(c.texts...))
		if len(sounds) != len(c.texts) {
			t.Errorf("%s: %d sounds of %d", name, len(sounds), len(c.texts))
			continue
		}
		if got := match(sounds, lines); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := match(split(say(all...)), nil); !reflect.DeepEqual(got, []int{-1, -1, -1, -1, -1}) {
		t.Errorf("without lines: %v", got)
	}
}

func TestAddLong(t *testing.T) {
	p, _ := newProject(t)
	if _, err := p.add(p.lines[1].ID, recorded(p.lines[1]), false); err != nil {
		t.Fatal(err)
	}
	var long audio.PCM
	long.Rate = audio.RatePA
	for _, i := range []int{0, 2, 3} {
		s, _ := hum(p.lines[i].Text(), 800*time.Millisecond, -14)
		long = audio.Append(long, s, 0)
	}
	kept, left, err := p.addLong(inRoom(long, -65), 0)
	if err != nil || left != 0 || len(kept) != 3 {
		t.Fatalf("%+v, %d left, %v", kept, left, err)
	}
	for i, want := range []int{0, 2, 3} { // The line that has a take already is passed over.
		if kept[i].Clip != p.lines[want].ID || !kept[i].Usable {
			t.Errorf("sound %d became %+v, want %s", i, kept[i], p.lines[want].ID)
		}
	}
	if _, _, err := p.addLong(room(time.Second, -65), 0); err == nil {
		t.Error("silence was split")
	}
}
