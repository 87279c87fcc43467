package ivr

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// moments keeps what a Watcher is told.
type moments struct {
	mu   sync.Mutex
	list []Moment
}

func (m *moments) Call(id string, e Moment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, e)
}

func (m *moments) kinds() []string {
	var out []string
	for _, e := range m.list {
		out = append(out, e.Kind)
	}
	return out
}

// fakeCallbacks calls everybody back who asks for it.
type fakeCallbacks struct {
	wishes    []Wish
	known     bool
	forgotten []string
	err       error
}

func (f *fakeCallbacks) Knows(context.Context, string) (bool, error) { return f.known, nil }

func (f *fakeCallbacks) Forget(_ context.Context, number string) error {
	f.forgotten = append(f.forgotten, number)
	return f.err
}

func (f *fakeCallbacks) Offer(number string) bool { return number == "+84912345678" }

func (f *fakeCallbacks) Ask(_ context.Context, w Wish) error {
	f.wishes = append(f.wishes, w)
	return f.err
}

const greetingAgain = "Kính chào quý vị. Quý vị đang giữ số"

func TestCallerCancelsOwnTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting)}
		b.line.script[greetingAgain] = press("3")
		b.line.script["Quý vị muốn hủy số"] = press("1")
		b.line.script["Số này đã được hủy."] = leave
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+greetingAgain, "press 3", "say Quý vị muốn hủy số B, không, một, một", "press 1", "say Số này đã được hủy. Làm thủ tục", "leaves")
		if len(b.office.acts) != 1 || b.office.acts[0].Action != queue.Cancel || b.office.acts[0].Ticket != "11" || b.office.acts[0].Key == "" {
			t.Errorf("did %+v", b.office.acts)
		}
	})
}

// A caller without a number is nobody's neighbour: nothing is told.
func TestWithheldCallerHearsNoTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.who = "anonymous"
		b.office.mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting)}
		b.line.script[hello] = leave
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "leaves")
	})
}

// operatorSetup is an office with somebody on key 0.
func operatorSetup(context.Context) (queue.Setup, error) {
	return queue.Setup{Office: "tan-phu", Phone: queue.PhoneSetup{Operator: "sip:100@10.0.0.2"}}, nil
}

func TestTransferToOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.config.Setup = operatorSetup
		b.line.script[hello] = press("0")
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "press 0", "say Xin quý vị chờ, chúng tôi nối máy", "transfer sip:100@10.0.0.2", "hangup")
	})
}

func TestOperatorDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.config.Setup, b.line.operator = operatorSetup, errors.New("486 Busy Here")
		b.line.script[hello] = press("0")
		b.line.script["Nhân viên chưa nghe máy được"] = press("1")
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "press 0", "say Xin quý vị chờ, chúng tôi nối máy", "transfer", "say Nhân viên chưa nghe máy được", "press 1",
			"say "+number, "say "+again, "say "+bye, "hangup")
	})
}

func TestCallerWantsToBeCalled(t *testing.T) {
	for name, failed := range map[string]error{"Chúng tôi sẽ gọi cho quý vị": nil, "Xin lỗi, việc này chưa làm được": errors.New("disk full")} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			callbacks := &fakeCallbacks{err: failed}
			b.config.Callbacks = callbacks
			b.config.Setup = func(context.Context) (queue.Setup, error) {
				return queue.Setup{Phone: queue.PhoneSetup{Callback: queue.PhoneCallback{Ahead: 2}}}, nil
			}
			b.line.script[hello] = press("1")
			b.line.script[bye] = press("1") // Late, to keep the number: no consent.
			b.line.script["Để chúng tôi gọi lại"] = press("1")
			b.Answer(t.Context(), b.line)
			b.line.expect("say "+hello, "press 1", "say "+number, "say "+again, "say "+bye, "press 1", "say Để chúng tôi gọi lại khi sắp đến lượt, bấm phím một.", "press 1", "say "+name, "hangup")
			if w := callbacks.wishes; len(w) != 1 || w[0].Number != "+84912345678" || w[0].Ticket.ID != "7" || w[0].Language != "vi" {
				t.Errorf("wishes %+v", w)
			}
		})
	}
}

// Who is far away is called in time to set out, or told to set out now.
func TestCallerIsFarAway(t *testing.T) {
	for keys, want := range map[string]struct {
		travel int
		said   string
	}{
		"0":    {0, "Chúng tôi sẽ gọi cho quý vị khi sắp đến lượt."},
		"#":    {0, "Chúng tôi sẽ gọi cho quý vị khi sắp đến lượt."},
		"":     {0, "Chúng tôi sẽ gọi cho quý vị khi sắp đến lượt."}, // Says nothing.
		"40#":  {40, "Chúng tôi sẽ gọi cho quý vị khi đến lúc lên đường."},
		"5*40": {40, "Chúng tôi sẽ gọi cho quý vị khi đến lúc lên đường."},
		"80#":  {0, "Sắp đến lượt, xin quý vị đi ngay."},
		"999":  {0, "Sắp đến lượt, xin quý vị đi ngay."},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			callbacks := &fakeCallbacks{}
			b.config.Callbacks = callbacks
			b.office.mine = []queue.Ticket{minutes(ownTicket("11", 11, queue.Waiting), 17, 60, 80)}
			b.line.script[greetingAgain] = press("4")
			b.line.script["Nếu quý vị ở xa"] = press(keys)
			b.Answer(t.Context(), b.line)
			if w := callbacks.wishes; len(w) != 1 || w[0].Travel != want.travel || w[0].Ticket.ID != "11" {
				t.Errorf("%q: wishes %+v", keys, w)
			}
			if log := strings.Join(b.line.log, "\n"); !strings.Contains(log, "say "+want.said) {
				t.Errorf("%q: %q is not said:\n%s", keys, want.said, log)
			}
		})
	}
}

// fakeWriter writes to mobile numbers and keeps what it was asked for.
type fakeWriter struct{ wishes []Wish }

func (f *fakeWriter) Writes(number string) bool { return strings.HasPrefix(number, "+849") }
func (f *fakeWriter) Write(_ context.Context, w Wish) error {
	f.wishes = append(f.wishes, w)
	return nil
}

// The number comes as a message to who asks for it, and only to a telephone
// that can take one.
func TestCallerWantsAMessage(t *testing.T) {
	for caller, offered := range map[string]bool{"0912345678": true, "02838123456": false, "anonymous": false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			writer := &fakeWriter{}
			b.config.Writer, b.line.who = writer, caller
			b.line.script[hello] = press("1")
			b.line.script["Để nhận số này bằng tin nhắn"] = press("1")
			b.Answer(t.Context(), b.line)
			log := strings.Join(b.line.log, "\n")
			if len(writer.wishes) > 0 != offered || strings.Contains(log, "Tin nhắn sẽ được gửi") != offered {
				t.Errorf("%s: wrote %+v\n%s", caller, writer.wishes, log)
			}
			if offered && (writer.wishes[0].Number != "+84912345678" || writer.wishes[0].Ticket.ID != "7") {
				t.Errorf("wrote %+v", writer.wishes)
			}
		})
	}
}

// Who hangs up instead of telling the way is called all the same.
func TestCallerDoesNotTellTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		callbacks := &fakeCallbacks{}
		b.config.Callbacks = callbacks
		b.office.mine = []queue.Ticket{minutes(ownTicket("11", 11, queue.Waiting), 17, 60, 80)}
		b.line.script[greetingAgain] = press("4")
		b.line.script["Nếu quý vị ở xa"] = leave
		b.Answer(t.Context(), b.line)
		if w := callbacks.wishes; len(w) != 1 || w[0].Travel != 0 {
			t.Errorf("wishes %+v\n%s", w, strings.Join(b.line.log, "\n"))
		}
	})
}

// The way decides when to call as far as it is longer than what the office has set.
func TestWayInMinutes(t *testing.T) {
	for travel, want := range map[int]int{0: 0, -1: 0, 1: 11, 40: 50, 1000: 190} {
		if got := (Wish{Travel: travel}).Minutes(); got != want {
			t.Errorf("%d minutes: %d, want %d", travel, got, want)
		}
	}
}

// Who watches sees the way through the menu, but no code and no number.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		seen := &moments{}
		b.config.Watch = seen
		b.office.codes = map[string]queue.Ticket{"572400000": ownTicket("20", 20, queue.Waiting)}
		b.line.script[hello] = press("6")
		b.line.script["Xin nhập mã tra cứu"] = press("572400000#")
		b.line.script["Quý vị đang giữ số B, không, hai, không"] = press("5")
		b.line.script["Làm thủ tục"] = press("1")
		b.Answer(t.Context(), b.line)
		kinds := seen.kinds()
		for _, want := range []string{MomentAnswered, MomentSaid, MomentKey, MomentMenu, MomentTook, MomentKept, MomentEnded} {
			if !slices.Contains(kinds, want) {
				t.Errorf("no %s in %q", want, kinds)
			}
		}
		for _, e := range seen.list {
			if e.Kind == MomentKey && e.Menu == "code" && e.Digit != secretDigit && e.Digit != '#' {
				t.Errorf("a digit of a code was told: %+v", e)
			}
			if strings.Contains(e.Caller, "345") || e.At.IsZero() {
				t.Errorf("told %+v", e)
			}
		}
		if last := seen.list[len(seen.list)-1]; last.Kind != MomentEnded || last.Ticket.String() != "A012" {
			t.Errorf("told last %+v", last)
		}
		if len(b.office.takes) != 1 || b.office.takes[0].Language != "vi" {
			t.Errorf("took %+v", b.office.takes)
		}
	})
}

// However slow the office is, nobody who waits for it hears nothing for long.
func TestOwnTicketNeverSilentForLong(t *testing.T) {
	for _, delay := range []time.Duration{time.Second, 2 * time.Second, 8 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.office.mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting)}
			b.office.onAct = slowly(delay)
			b.line.script[greetingAgain] = press("1")
			b.line.script["Đã lùi lượt"] = leave
			b.line.script["Xin lỗi, việc này chưa làm được"] = leave
			b.Answer(t.Context(), b.line)
			if b.line.longest > 2*time.Second {
				t.Errorf("office of %v: silent for %v\n\t%s", delay, b.line.longest, strings.Join(b.line.log, "\n\t"))
			}
		})
	}
}

// A caller who was served today rates that by one key, once.
func TestCallerRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.served = []queue.Ticket{ownTicket("8", 8, queue.Completed)}
		b.line.script["Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. Để đánh giá lần phục vụ hôm nay, bấm phím tám."] = press("8")
		b.line.script["Quý vị hài lòng thế nào với lần phục vụ số B, không, không, tám."] = press("4")
		b.line.script["Cảm ơn quý vị đã đánh giá. Làm thủ tục"] = leave
		b.Answer(t.Context(), b.line)
		if len(b.office.acts) != 1 || b.office.acts[0].Action != queue.Rate || b.office.acts[0].Ticket != "8" || b.office.acts[0].Level != 4 {
			t.Errorf("did %+v\n\t%s", b.office.acts, strings.Join(b.line.log, "\n\t"))
		}
	})
}

// The office's own levels are read out by name, each with its key; what is noted
// is where they stand on the common scale.
func TestCallerRatesByTheOfficesLevels(t *testing.T) {
	levels := []queue.RatingLevel{{Level: 5, Name: "Hài lòng"}, {Level: 1, Name: "Chưa hài lòng"}, {Level: 3, Name: "Bình thường"}, {Level: 4, Name: "Khá"}}
	for _, tt := range []struct {
		levels []queue.RatingLevel
		key    string
		level  int
		says   string
	}{
		{levels[:2], "2", 5, "Chưa hài lòng, bấm phím một. Hài lòng, bấm phím hai. Để quay lại, bấm phím sao."},
		{levels[:3], "2", 3, "Chưa hài lòng, bấm phím một. Bình thường, bấm phím hai. Hài lòng, bấm phím ba."},
		{levels, "3", 4, "Bình thường, bấm phím hai. Khá, bấm phím ba. Hài lòng, bấm phím bốn."},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.office.served = []queue.Ticket{ownTicket("8", 8, queue.Completed)}
			b.office.rating = queue.RatingSetup{Levels: tt.levels}
			b.line.script["Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. Để đánh giá lần phục vụ hôm nay, bấm phím tám."] = press("8")
			b.line.script["Quý vị hài lòng thế nào với lần phục vụ số B, không, không, tám."] = press(tt.key)
			b.line.script["Cảm ơn quý vị đã đánh giá. Làm thủ tục"] = leave
			b.Answer(t.Context(), b.line)
			if len(b.office.acts) != 1 || b.office.acts[0].Action != queue.Rate || b.office.acts[0].Level != tt.level {
				t.Errorf("did %+v", b.office.acts)
			}
			if said := strings.Join(b.line.log, "\n\t"); !strings.Contains(said, tt.says) {
				t.Errorf("%q was not said\n\t%s", tt.says, said)
			}
		})
	}
}

// Nobody without a number of their own is asked: neither a withheld caller nor
// an extension of the house.
func TestOnlyTheHolderRates(t *testing.T) {
	for _, who := range []string{"anonymous", "100", ""} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.line.who = who
			b.office.served = []queue.Ticket{ownTicket("8", 8, queue.Completed)}
			b.line.script[hello] = leave
			b.Answer(t.Context(), b.line)
			b.line.expect("say "+hello, "leaves")
		})
	}
}

func TestCallerIsForgotten(t *testing.T) {
	for failed, said := range map[error]string{nil: "Đã xóa số điện thoại của quý vị.", errors.New("disk full"): "Xin lỗi, việc này chưa làm được"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			callbacks := &fakeCallbacks{known: true, err: failed}
			b.config.Callbacks = callbacks
			b.office.mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting)}
			b.line.script[greetingAgain] = press("7")
			b.line.script["Chúng tôi sẽ xóa số điện thoại này"] = press("1")
			b.line.script[said] = leave
			b.Answer(t.Context(), b.line)
			if len(callbacks.forgotten) != 1 || callbacks.forgotten[0] != "+84912345678" || len(b.office.acts) != 0 {
				t.Errorf("forgotten %q\n\t%s", callbacks.forgotten, strings.Join(b.line.log, "\n\t"))
			}
		})
	}
}

// A closed office hears who calls, and tells them what they want to know.
func TestClosedOfficeLooksUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.closed = true
		b.office.codes = map[string]queue.Ticket{"572400000": ownTicket("20", 20, queue.Waiting)}
		b.config.Setup = operatorSetup
		b.line.script["Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. Hiện nay cơ quan không làm việc."] = press("6")
		b.line.script["Xin nhập mã tra cứu"] = press("572400000#")
		b.line.script["Quý vị đang giữ số B, không, hai, không"] = press("*")
		b.line.script["Hiện nay cơ quan không làm việc."] = press("0")
		b.Answer(t.Context(), b.line)
		b.line.expect("say Xin chào, đây là", "press 6", "say Xin nhập", "press 5", "press 7", "press 2", "press 4", "press 0", "press 0", "press 0", "press 0", "press 0", "press #",
			"say Quý vị đang giữ số B", "press *", "say Hiện nay cơ quan không làm việc. Xin quý vị gọi lại trong giờ làm việc. Đã có số, phím sáu. Gặp nhân viên, phím không.", "press 0", "say Xin quý vị chờ, chúng tôi nối máy", "transfer sip:100@10.0.0.2", "hangup")
	})
}
