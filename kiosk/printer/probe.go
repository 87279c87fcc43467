package printer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Report is what a printer told when it was asked everything that can be asked
// without paper.
type Report struct {
	Maker, Model string        // As it calls itself; clones often call themselves nothing.
	RealTime     bool          // Answers DLE EOT.
	Auto         bool          // Reports its status by itself (GS a).
	ProcessID    bool          // Acknowledges by GS ( H.
	PaperStatus  bool          // Acknowledges by GS r 1.
	Clears       bool          // Forgets a job when told so (DLE DC4 function 8).
	Status       escpos.Status // How it is now.
	Profile      Profile       // Proposed.
	Named        bool          // The profile is that of its model, not of its abilities.
}

// Probe asks a printer what it can do and proposes a profile. No paper comes
// out. A printer that says nothing at all is no error: it is proposed a profile
// that expects nothing.
func Probe(ctx context.Context, open Opener, patience time.Duration) (Report, error) {
	if patience <= 0 {
		patience = time.Second
	}
	conn, err := open(ctx)
	if err != nil {
		return Report{}, &Fault{Kind: FaultUnreachable, Err: err}
	}
	s := newSession(conn)
	defer s.close()
	p := prober{s: s, patience: patience}
	if err := p.all(ctx); err != nil {
		return p.report, err
	}
	return p.report, p.propose()
}

// prober asks one question after the other.
type prober struct {
	s        *session
	patience time.Duration
	report   Report
}

// probeID is what the acknowledgement is asked with.
const probeID = 94*94*94*94 - 1

func (p *prober) all(ctx context.Context) error {
	if p.s.deaf {
		return nil
	}
	r := &p.report
	switch err := p.s.preflight(ctx, p.patience); {
	case err == nil:
		r.RealTime = true
	case !errors.Is(err, errSilent):
		return &Fault{Kind: FaultUnreachable, Err: err}
	}
	var hello escpos.Encoder
	hello.Flush()
	hello.Init()
	hello.AutoStatus(escpos.AutoAll)
	hello.PaperStatus()
	heard, err := p.say(ctx, hello.Bytes(), escpos.PaperAnswer)
	if err != nil {
		return err
	}
	r.Auto, r.PaperStatus = has(heard, escpos.AutoAnswer), has(heard, escpos.PaperAnswer)
	for n, name := range map[byte]*string{escpos.InfoMaker: &r.Maker, escpos.InfoModel: &r.Model} {
		var question escpos.Encoder
		question.Identify(n)
		if heard, err = p.say(ctx, question.Bytes(), escpos.InfoAnswer); err != nil {
			return err
		}
		*name = textOf(heard)
	}
	var last escpos.Encoder
	last.ProcessID(escpos.NewID(probeID))
	if heard, err = p.say(ctx, last.Bytes(), escpos.ProcessIDAnswer); err != nil {
		return err
	}
	r.ProcessID = has(heard, escpos.ProcessIDAnswer)
	if heard, err = p.say(ctx, escpos.ClearBuffer(), escpos.ClearedAnswer); err != nil {
		return err
	}
	r.Clears, r.Status = has(heard, escpos.ClearedAnswer), p.s.status
	return nil
}

// say sends a question and gathers what is answered until the answer that ends
// it, or until patience runs out.
func (p *prober) say(ctx context.Context, question []byte, end escpos.AnswerKind) (heard []escpos.Answer, err error) {
	_ = p.s.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if _, err := p.s.conn.Write(question); err != nil {
		return nil, &Fault{Kind: FaultLost, Err: err}
	}
	timeout := time.NewTimer(p.patience)
	defer timeout.Stop()
	for {
		select {
		case a := <-p.s.answers:
			heard = append(heard, a)
			if a.Kind == escpos.AutoAnswer {
				p.s.status = a.Status
			}
			if a.Kind == end {
				return heard, nil
			}
		case err := <-p.s.readErr:
			if errors.Is(err, errOneWay) {
				p.s.deaf = true
				return heard, nil
			}
			return heard, &Fault{Kind: FaultLost, Err: err}
		case <-timeout.C:
			return heard, nil
		case <-ctx.Done():
			return heard, ctx.Err()
		}
	}
}

func has(heard []escpos.Answer, kind escpos.AnswerKind) bool {
	for _, a := range heard {
		if a.Kind == kind {
			return true
		}
	}
	return false
}

func textOf(heard []escpos.Answer) string {
	for _, a := range heard {
		if a.Kind == escpos.InfoAnswer {
			return strings.TrimSpace(a.Text)
		}
	}
	return ""
}

// propose chooses a profile: the model's if it is known, else a general one;
// what was seen counts more than what the profile expects.
func (p *prober) propose() error {
	all, err := Profiles()
	if err != nil {
		return err
	}
	r := &p.report
	if r.Profile, r.Named = profileOf(r.Model, all); !r.Named {
		id := "auto"
		switch {
		case !r.RealTime && !r.Auto && !r.PaperStatus && !r.ProcessID:
			id = "blind-80"
		case !r.ProcessID && !r.Clears:
			id = "clone-80"
		}
		if r.Profile, err = FindProfile(id); err != nil {
			return err
		}
	}
	switch {
	case r.ProcessID:
		r.Profile.Confirm = ConfirmProcessID
	case r.PaperStatus:
		r.Profile.Confirm = ConfirmPaperStatus
	default:
		r.Profile.Confirm = ConfirmNone
	}
	r.Profile.Clear = r.Clears
	return nil
}

// String tells the findings to an installer, Vietnamese first.
func (r Report) String() string {
	yes := map[bool]string{true: "có (yes)", false: "không (no)"}
	var b strings.Builder
	row := func(vi, en, value string) { fmt.Fprintf(&b, "  %-34s %s\n", vi+" ("+en+")", value) }
	row("Hãng", "maker", orNothing(r.Maker))
	row("Đời máy", "model", orNothing(r.Model))
	row("Báo trạng thái tức thời", "DLE EOT", yes[r.RealTime])
	row("Tự báo trạng thái", "GS a", yes[r.Auto])
	row("Xác nhận đã in", "GS ( H", yes[r.ProcessID])
	row("Xác nhận đã xử lý", "GS r 1", yes[r.PaperStatus])
	row("Xóa bộ đệm", "DLE DC4 8", yes[r.Clears])
	status := ""
	if r.RealTime || r.Auto {
		status = r.Status.String()
	}
	row("Tình trạng", "status", orNothing(status))
	fmt.Fprintf(&b, "\nĐề nghị (proposed): profile = %q – %s / %s, %d điểm (dots)\n", r.Profile.ID, r.Profile.Name, r.Profile.NameEN, r.Profile.Width)
	if !r.Named {
		b.WriteString("Máy không cho biết khổ giấy: nếu là giấy 58 mm, chọn profile \"auto-58\" hoặc \"clone-58\".\n" +
			"(It does not tell the paper's width: for 58 mm paper choose \"auto-58\" or \"clone-58\".)\n")
	}
	if r.Profile.Confirm == ConfirmNone {
		b.WriteString("Máy in một chiều: hết giấy sẽ không được báo. Nên dùng dây mạng hoặc USB hai chiều, hoặc máy in khác.\n" +
			"(One-way: nobody will be told when the paper is out. Use a network or two-way USB cable, or another printer.)\n")
	}
	return b.String()
}

func orNothing(s string) string {
	if s == "" {
		return "không cho biết (not told)"
	}
	return s
}
