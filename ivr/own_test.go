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
	wishes []Wish
	err    error
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
		b.line.expect("say "+greetingAgain, "press 3", "say Quý vị muốn hủy số B, không, một, một", "press 1", "say Số này đã được hủy. Để làm thủ tục", "leaves")
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
			b.line.script[bye] = press("1")
			b.Answer(t.Context(), b.line)
			b.line.expect("say "+hello, "press 1", "say "+number, "say "+again, "say "+bye+" Để chúng tôi gọi lại khi sắp đến lượt, bấm phím một.", "press 1", "say "+name, "hangup")
			if w := callbacks.wishes; len(w) != 1 || w[0].Number != "+84912345678" || w[0].Ticket.ID != "7" || w[0].Language != "vi" {
				t.Errorf("wishes %+v", w)
			}
		})
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
		b.line.script["Để làm thủ tục"] = press("1")
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
