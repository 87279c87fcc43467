package trunk

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// Examination says what to examine. Trunk and SIP.Addr are required.
type Examination struct {
	Trunk  Config
	SIP    sip.Config    // Address, public address and ports as the office uses them; the rest is the doctor's.
	Number string        // To call instead of the trunk's own number.
	Wait   time.Duration // Wait so long for a call from outside instead of calling.
	Tell   func(vi, en string)

	opts Options
}

// Keys the doctor presses.
const doctorKeys = "159#"

// How long the steps of a call may take.
const (
	ringTime  = 25 * time.Second
	partTime  = 5 * time.Second
	keysTime  = 5 * time.Second
	closeTime = 5 * time.Second
)

// doctor is one examination on its way.
type doctor struct {
	Examination
	report *Report
	book   *notebook
	line   *line
	server *sip.Server
	calls  chan *incoming
}

// incoming is a call that came to the doctor.
type incoming struct {
	call *sip.Call
	ear  *ear
	over chan struct{}

	mu     sync.Mutex
	digits string
	source map[string]int
}

// Examine registers at a trunk, calls itself through it and listens, and says
// what it saw. The error is of this machine (an address that is taken, a wrong
// configuration); what the trunk does wrong is in the report.
func Examine(ctx context.Context, x Examination) (*Report, error) {
	if x.Tell == nil {
		x.Tell = func(string, string) {}
	}
	m, err := New([]Config{x.Trunk}, x.opts)
	if err != nil {
		return nil, err
	}
	d := &doctor{Examination: x, report: &Report{Trunk: x.Trunk.Name}, book: &notebook{}, line: m.lines[0], calls: make(chan *incoming, 4)}
	x.SIP.Trace, x.SIP.Answer, x.SIP.Door, x.SIP.Drain = d.book.note, d.answer, m, time.Second
	x.SIP.Ring, x.SIP.Early = 0, nil
	d.server, err = sip.Listen(x.SIP)
	if err != nil {
		return nil, err
	}
	m.Use(d.server)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = d.server.Run(serving)
	}()
	d.examine(ctx)
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	d.line.unregister(leaving)
	cancel()
	stop()
	<-done
	d.report.Trace = d.book.text()
	return d.report, nil
}

// examine goes from step to step, as long as the next one can work.
func (d *doctor) examine(ctx context.Context) {
	d.Tell("Tìm máy chủ của trung kế …", "Looking for the trunk's servers …")
	if !d.find(ctx) {
		return
	}
	d.Tell("Hỏi máy chủ và đăng ký …", "Asking the servers and registering …")
	reached := d.reach(ctx)
	if d.Trunk.Register && !d.register(ctx) || !d.Trunk.Register && !reached {
		d.router()
		return
	}
	d.addresses()
	if d.Wait > 0 {
		d.awaitCall(ctx)
	} else {
		d.callItself(ctx)
	}
	d.router()
	d.sizes()
}

// find resolves the servers.
func (d *doctor) find(ctx context.Context) bool {
	err := d.line.resolve(ctx)
	var found []string
	for _, s := range d.line.status().Servers {
		found = append(found, s.Addr.String())
	}
	switch {
	case len(found) == 0:
		d.report.add(Fail, "dns", fmt.Sprintf("Không tìm thấy địa chỉ của %q: kiểm tra server trong cấu hình và DNS của máy.", d.Trunk.Server),
			fmt.Sprintf("No address for %q: check server in the configuration, and this machine's DNS (%v).", d.Trunk.Server, err))
		return false
	case err != nil:
		d.report.add(Warn, "dns", "Một máy chủ không tìm thấy: "+err.Error(), "One of the servers was not found: "+err.Error())
	default:
		d.report.add(Good, "dns", "Máy chủ: "+strings.Join(found, ", "), "Servers: "+strings.Join(found, ", "))
	}
	return true
}

// reach asks every server whether it is there.
func (d *doctor) reach(ctx context.Context) (any bool) {
	for _, t := range d.line.inOrder(time.Now()) {
		d.line.ping(ctx, t)
		d.line.mu.Lock()
		problem, rtt := t.problem, t.rtt
		d.line.mu.Unlock()
		if problem == "" {
			any = true
			d.report.add(Good, "options", fmt.Sprintf("Máy chủ %v trả lời sau %d ms.", t.addr, rtt.Milliseconds()), fmt.Sprintf("Server %v answers after %d ms.", t.addr, rtt.Milliseconds()))
			continue
		}
		d.report.add(Warn, "options", fmt.Sprintf("Máy chủ %v không trả lời OPTIONS: kiểm tra địa chỉ, transport (%s), tường lửa; một số nhà mạng không trả lời OPTIONS.", t.addr, d.line.cfg.Transport),
			fmt.Sprintf("Server %v does not answer OPTIONS: check address, transport (%s), firewall; some providers never do (%s).", t.addr, d.line.cfg.Transport, problem))
	}
	return any
}

// register registers and explains what came of it.
func (d *doctor) register(ctx context.Context) bool {
	var err error
	for _, t := range d.line.inOrder(time.Now()) {
		var granted time.Duration
		if granted, err = d.line.registerAt(ctx, t); err == nil {
			d.report.add(Good, "register", fmt.Sprintf("Đăng ký được, hiệu lực %d giây.", int(granted.Seconds())), fmt.Sprintf("Registered for %d seconds.", int(granted.Seconds())))
			return true
		}
		if final(err) {
			break
		}
	}
	d.explainRegister(err)
	return false
}

func (d *doctor) explainRegister(err error) {
	r := d.report
	var refused *sip.RejectedError
	_ = errors.As(err, &refused)
	switch {
	case errors.Is(err, sip.ErrCredentials):
		r.add(Fail, "register", "Sai tài khoản hoặc mật khẩu: sửa user, auth_user và password_file.", fmt.Sprintf("User or password are wrong: mend user, auth_user and password_file (%v).", err))
		r.ask("Xin xác nhận tên tài khoản, tên xác thực và mật khẩu SIP.", "Please confirm the account name, the authentication name and the SIP password.")
	case refused != nil && (refused.Code == 403 || refused.Code == 404):
		r.add(Fail, "register", fmt.Sprintf("Nhà mạng từ chối tài khoản (%d %s): tài khoản bị khóa, sai domain, hoặc địa chỉ IP này chưa được phép.", refused.Code, refused.Reason),
			fmt.Sprintf("The provider refuses the account (%d %s): it is locked, domain is wrong, or this IP address is not allowed.", refused.Code, refused.Reason))
		r.ask("Xin mở tài khoản và cho phép địa chỉ IP của chúng tôi.", "Please unlock the account and allow our IP address.")
	case refused != nil:
		r.add(Fail, "register", fmt.Sprintf("Máy chủ không nhận đăng ký: %d %s.", refused.Code, refused.Reason), fmt.Sprintf("The server does not take the registration: %d %s.", refused.Code, refused.Reason))
		r.ask(fmt.Sprintf("Vì sao REGISTER nhận %d?", refused.Code), fmt.Sprintf("Why does our REGISTER get %d?", refused.Code))
	default:
		r.add(Fail, "register", "Máy chủ không trả lời REGISTER: kiểm tra server, cổng, transport, và tường lửa có cho UDP/TCP ra ngoài không.",
			fmt.Sprintf("The server does not answer REGISTER: check server, port, transport, and whether the firewall lets it out (%v).", err))
		r.ask("Máy chủ, cổng và giao thức (UDP/TCP/TLS) nào là đúng? Địa chỉ IP của chúng tôi đã được phép chưa?", "Which server, port and protocol (UDP/TCP/TLS) are right? Is our IP address allowed?")
	}
}

// addresses looks for NAT.
func (d *doctor) addresses() {
	r := d.report
	d.line.mu.Lock()
	using := d.line.using
	d.line.mu.Unlock()
	var own netip.Addr
	if using != nil {
		own = d.line.local(using.addr.Addr())
	}
	public := d.line.status().Public
	seen, _ := netip.ParseAddrPort(public)
	if seen.IsValid() && own.IsValid() && seen.Addr() != own {
		r.add(Note, "nat", fmt.Sprintf("Máy ở sau NAT: địa chỉ trong %v, nhà mạng thấy %v.", own, seen), fmt.Sprintf("This machine is behind a NAT: %v inside, the provider sees %v.", own, seen))
	}
}

// router looks for devices on the way that rewrite SIP.
func (d *doctor) router() {
	if sent, got, found := d.rewritten(); found {
		r := d.report
		r.add(Fail, "alg", fmt.Sprintf("Có thiết bị sửa nội dung SIP trên đường đi (SIP ALG): gửi %q, nhận lại %q. Tắt SIP ALG trong router.", sent, got),
			fmt.Sprintf("A device on the way rewrites SIP (SIP ALG): sent %q, came back as %q. Switch SIP ALG off in the router.", sent, got))
	}
}

// rewritten looks whether the Via of responses still is what we sent.
func (d *doctor) rewritten() (sent, got string, found bool) {
	vias := map[string]string{} // Branch → sent-by.
	for _, m := range d.book.messages() {
		sentBy, branch := viaOf(m)
		switch {
		case branch == "":
		case m.sent && m.method() != "":
			vias[branch] = sentBy
		case !m.sent && m.status() > 0 && vias[branch] != "" && vias[branch] != sentBy:
			return vias[branch], sentBy, true
		}
	}
	// Only our own session id under another address, with the Call-ID unchanged,
	// is the work of a router: switchboards in between make both anew.
	for _, out := range d.book.messages() {
		if !out.sent || out.method() != "INVITE" || !out.sound().present {
			continue
		}
		in, ok := d.book.find(func(m message) bool {
			return !m.sent && m.method() == "INVITE" && m.header("Call-ID", "i") == out.header("Call-ID", "i")
		})
		if a, b := out.sound(), in.sound(); ok && b.present && a.origin == b.origin && a.addr != b.addr {
			return a.addr, b.addr, true
		}
	}
	return "", "", false
}

func viaOf(m message) (sentBy, branch string) {
	via := m.header("Via", "v")
	head, params, _ := strings.Cut(via, ";")
	if f := strings.Fields(head); len(f) == 2 {
		sentBy = f[1]
	}
	for p := range strings.SplitSeq(params, ";") {
		if b, ok := strings.CutPrefix(strings.TrimSpace(p), "branch="); ok {
			branch = b
		}
	}
	return sentBy, branch
}

// answer takes a call: it speaks its tone, and listens.
func (d *doctor) answer(_ context.Context, c *sip.Call) {
	in := &incoming{call: c, ear: &ear{}, over: make(chan struct{}), source: map[string]int{}}
	c.Heard(in.ear.hear)
	c.Play(tone(calleeTone, toneTime))
	select {
	case d.calls <- in:
	default:
	}
	defer close(in.over)
	for event := range c.Inputs() {
		if event.Kind == media.Digit {
			in.mu.Lock()
			in.digits += string(event.Digit)
			in.source[event.Source]++
			in.mu.Unlock()
		}
	}
}

func (in *incoming) keys() (digits string, source map[string]int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	source = map[string]int{}
	for k, v := range in.source {
		source[k] = v
	}
	return in.digits, source
}
