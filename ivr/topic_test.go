package ivr

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/queue"
)

// dossiers is a part of the program that knows how dossiers stand, as the
// telephone sees it: one type, plugged in by one line of Config.
type dossiers struct{}

func (dossiers) Kind() Kind {
	return Kind{Name: "dossier", About: [2]string{"Tra cứu hồ sơ", "How a dossier stands"}}
}

func (dossiers) Offer(language string) string {
	if language == "en" {
		return "To ask how your dossier stands, press"
	}
	return "Để tra cứu hồ sơ, bấm phím"
}

func (dossiers) Turn(_ context.Context, t Turn) (Reply, error) {
	switch {
	case t.State == "":
		return Reply{Say: t.Speech.Phrase("Xin nhập ba số cuối của mã hồ sơ, rồi bấm phím thăng."), Digits: 3, State: "code"}, nil
	case t.State == "again" && t.Keys != "1":
		return Reply{Say: t.Speech.Say("call-in-hours")}, nil
	case t.Keys == "110":
		return Reply{}, errors.New("the book of dossiers is shut")
	case t.Keys == "101":
		return Reply{Say: t.Speech.Phrase("Hồ sơ của quý vị đã có kết quả. Xin mời quý vị đến nhận.")}, nil
	}
	return Reply{Say: t.Speech.Phrase("Không tìm thấy hồ sơ này. Để nhập lại, bấm phím một."), Digits: 1, State: "again"}, nil
}

func topicStarted() Started {
	in := morning()
	in.Topics = []Topic{dossiers{}}
	in.Setup.Phone.Languages = nil
	in.Setup.Phone.Menu = []queue.PhoneOption{{Key: "1", Kind: queue.PhoneService, Service: "A"}, {Key: "2", Kind: "dossier"}, {Key: "6", Kind: kindMine}}
	return in
}

// A topic that another part plugs in is offered, led turn by turn, and left
// again, in every way.
func TestTopic(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []Input
		want string // The beginning of the last sentence.
	}{
		"is offered":         {nil, "Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. Làm việc đến 5 giờ chiều. Làm thủ tục hộ tịch, chứng thực, bấm phím một. Để tra cứu hồ sơ, bấm phím hai. Đã có số"},
		"asks":               {with(nil, Key{'2'}, consulted(1, "", "")), "Xin nhập ba số cuối của mã hồ sơ"},
		"answers":            {with(nil, Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'0'}, Key{'1'}, consulted(2, "code", "101")), "Hồ sơ của quý vị đã có kết quả. Xin mời quý vị đến nhận. Làm thủ tục"},
		"ends an entry by #": {with(nil, Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'#'}, consulted(2, "code", "1")), "Không tìm thấy hồ sơ này. Để nhập lại, bấm phím một."},
		"fails":              {with(nil, Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'1'}, Key{'0'}, Consulted{N: 2, Err: errors.New("shut")}), "Xin lỗi, việc này chưa làm được"},
		"is left by *":       {with(nil, Key{'2'}, consulted(1, "", ""), Key{'*'}), "Làm thủ tục"},
		"begins again by *":  {with(nil, Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'*'}), "Xin nhập ba số cuối"},
		"repeats by 9":       {with(nil, Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'#'}, consulted(2, "code", "1"), Key{'9'}), "Không tìm thấy hồ sơ này."},
		"leads to a person":  {with(nil, Key{'2'}, consulted(1, "", ""), Key{'1'}, Key{'#'}, consulted(2, "code", "1"), Key{'0'}), "Xin quý vị chờ, chúng tôi nối máy"},
		"asks the silent":    {with(nil, Key{'2'}, consulted(1, "", ""), Played{}, Silence{}), "Xin lỗi, chúng tôi chưa nhận được lựa chọn của quý vị. Xin nhập ba số cuối"},
		"never answers":      {with(nil, Key{'2'}, Silence{}), "Xin quý vị chờ trong giây lát."},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := talk(t, topicStarted())
			_, actions := talk(t, append([]Input{topicStarted()}, tt.in...)...)
			if len(actions) == 0 || !strings.HasPrefix(brief(actions[0]), tt.want) {
				t.Errorf("from %s: %q, want %q", d.Where(), briefs(actions), tt.want)
			}
		})
	}
}

// consulted is what dossiers answer in a state to some keys.
func consulted(n int, state, keys string) Input {
	reply, err := dossiers{}.Turn(context.Background(), Turn{Language: "vi", Speech: SpeechIn("vi", testInfo(), queue.PhoneSetup{}), State: state, Keys: keys})
	return Consulted{N: n, Reply: reply, Err: err}
}

// A topic that goes on asking for ever is ended by the telephone, and what a
// caller types there is nobody's business.
func TestTopicIsBounded(t *testing.T) {
	d, _ := talk(t, topicStarted(), Key{'2'})
	asked := 0
	for range 100 {
		if d.stage != consulting {
			break
		}
		asked++
		d, _ = d.Step(consulted(asked, "", ""))
		if d.stage == topical && !d.Secret() {
			t.Error("the keys of a code are not kept from the trace")
		}
		for _, k := range "123" {
			d, _ = d.Step(Key{k})
		}
	}
	if asked > usualLimits().topics || d.stage == topical {
		t.Errorf("asked %d times, now in %s", asked, d.Where())
	}
}

// One line of Config is all: a call reaches the topic, which hears who calls.
func TestTopicIsPluggedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.config.Topics = []Topic{dossiers{}}
		b.config.Setup = func(context.Context) (queue.Setup, error) {
			return queue.Setup{Phone: queue.PhoneSetup{Menu: []queue.PhoneOption{{Key: "1", Kind: queue.PhoneService, Service: "A"}, {Key: "2", Kind: "dossier"}}}}, nil
		}
		b.line.script[hello] = press("2")
		b.line.script["Xin nhập ba số cuối"] = press("101")
		b.line.script["Hồ sơ của quý vị đã có kết quả."] = leave
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "press 2", "say Xin nhập ba số cuối", "press 1", "press 0", "press 1", "say Hồ sơ của quý vị đã có kết quả.", "leaves")
	})
	for _, k := range Kinds(dossiers{}) {
		if k.Name == "dossier" {
			return
		}
	}
	t.Error("whoever arranges menus is not told of it")
}
