// Package desk is the page on which leaders ask what would have been: waits of a
// past day with one more counter, or one fewer, and how many counters should be
// open tomorrow. It is for administrators; it reads the log and changes nothing.
package desk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/whatif"
)

//go:embed templates
var files embed.FS

// Prefix is where the page is. Whoever mounts the handler guards it for
// administrators.
const Prefix = "/admin/what-if"

const (
	longest  = time.Minute // One question may take.
	planDays = 4           // Past days that a plan rests on.
	mostDays = 60          // To choose from.
)

// Config is what the page needs; Log, ID and Days are required.
type Config struct {
	Log    whatif.Log
	ID     string                                      // Of the office.
	Days   func(ctx context.Context) ([]string, error) // Its past business days, in order.
	Office string                                      // Name, for the head of the page.
	Build  string
	Logger *slog.Logger
}

// Desk is the page.
type Desk struct {
	Config
	kit  *page.Desk
	turn chan struct{} // One question at a time: each keeps a core busy for seconds.
}

// New makes the page.
func New(c Config) (*Desk, error) {
	if c.Log == nil || c.ID == "" || c.Days == nil {
		return nil, errors.New("what-if desk: Config.Log, ID and Days are required")
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "what-if desk", Prefix: Prefix, Files: files, Office: c.Office, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit, turn: make(chan struct{}, 1)}, nil
}

// Panel leads to the page from /admin.
func (d *Desk) Panel() page.Panel {
	return page.Panel{ID: "what-if", Title: "Nếu như", TitleEN: "What if", Rows: func(context.Context) []page.Row {
		return []page.Row{
			{Label: "Thêm, bớt quầy", LabelEN: "One counter more or less", Value: "thời gian chờ trước và sau", ValueEN: "waits before and after", Href: Prefix},
			{Label: "Ngày mai mở mấy quầy", LabelEN: "Counters for tomorrow", Value: "kế hoạch từng nửa giờ", ValueEN: "a plan by half-hours", Href: Prefix + "#plan"},
		}
	}}
}

// Handler serves everything under Prefix. All of it is read with GET: an
// address is a question that can be asked again.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, d.show)
	return d.kit.Handler(mux)
}

// view is what the page shows.
type view struct {
	Days     []string // The latest first.
	Asked    asked
	Wrong    string
	Result   *result
	Plans    []planView
	PlanDays []string
	Goal     string
	Services []string
}

// asked is a question as it was typed.
type asked struct {
	Day, Services, From, To, Remove string
	Plan, Within, Share             string // Plan is the day that is planned for.
}

func read(q url.Values) asked {
	return asked{
		Day: q.Get("day"), Services: q.Get("services"), From: q.Get("from"), To: q.Get("to"), Remove: q.Get("remove"),
		Plan: q.Get("plan"), Within: q.Get("within"), Share: q.Get("share"),
	}
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	v := view{Asked: read(r.URL.Query())}
	status := http.StatusOK
	days, err := d.Days(r.Context())
	if err == nil {
		v.Days = slices.Clone(days[max(0, len(days)-mostDays):])
		slices.Reverse(v.Days)
		err = d.answer(r.Context(), l, &v)
	}
	if err != nil {
		status, v.Wrong = http.StatusUnprocessableEntity, err.Error()
	}
	v.defaults()
	d.kit.Render(w, r, status, "whatif", page.View{Title: l.T("Nếu như", "What if"), Data: v})
}

// defaults fills the forms.
func (v *view) defaults() {
	fill := func(s *string, usual string) {
		if *s == "" {
			*s = usual
		}
	}
	if len(v.Days) > 0 {
		fill(&v.Asked.Day, v.Days[0])
	}
	fill(&v.Asked.From, "09:00")
	fill(&v.Asked.To, "11:00")
	fill(&v.Asked.Within, "15")
	fill(&v.Asked.Share, "90")
}

// errBusy says that somebody else's question is being worked on.
var errBusy = errors.New("đang tính cho người khác: xin thử lại sau ít giây (another question is being worked out: please try again in a few seconds)")

// answer answers what was asked, if anything was.
func (d *Desk) answer(ctx context.Context, l page.Lang, v *view) error {
	a := v.Asked
	replay, plan := a.Services != "" || a.Remove != "", a.Plan != ""
	if !replay && !plan {
		return nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	default:
		return errBusy
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if replay {
		return d.replay(ctx, l, v)
	}
	return d.plan(ctx, l, v)
}

// replay plays a day as it was and with the change.
func (d *Desk) replay(ctx context.Context, l page.Lang, v *view) error {
	if !slices.Contains(v.Days, v.Asked.Day) {
		return fmt.Errorf("%.20q không phải ngày làm việc đã qua: xin chọn trong danh sách (not a past business day: please choose from the list)", v.Asked.Day)
	}
	events, err := whatif.ReadDay(ctx, d.Log, d.ID, v.Asked.Day)
	if err != nil {
		return err
	}
	var c whatif.Change
	if services := list(v.Asked.Services); len(services) > 0 {
		c.Add = []whatif.Shift{{Services: services, From: v.Asked.From, To: v.Asked.To}}
	}
	c.Remove = list(v.Asked.Remove)
	r, err := whatif.Replay(ctx, events, c)
	if err != nil {
		return fmt.Errorf("%s: %w", l.T("không phát lại được ngày này", "this day cannot be replayed"), err)
	}
	v.Result = newResult(l, r)
	return nil
}

// list reads what people type: "A, B" or "a b".
func list(text string) []string {
	return strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

// plan suggests when how many counters should be open.
func (d *Desk) plan(ctx context.Context, l page.Lang, v *view) error {
	goal, err := v.Asked.goal()
	if err != nil {
		return err
	}
	past := v.Days
	slices.Reverse(past)
	days, err := whatif.Alike(past, v.Asked.Plan, planDays)
	slices.Reverse(past)
	if err != nil {
		return err
	}
	var logs [][]queue.Event
	for _, day := range days {
		events, err := whatif.ReadDay(ctx, d.Log, d.ID, day)
		if err != nil {
			return err
		}
		logs = append(logs, events)
	}
	plans, err := whatif.Suggest(ctx, logs, goal)
	if err != nil {
		return fmt.Errorf("%s: %w", l.T("chưa lập được kế hoạch từ những ngày ấy", "no plan can be made from those days"), err)
	}
	v.PlanDays = days
	v.Goal = fmt.Sprintf(l.T("%.0f%% chờ không quá %.0f phút", "%.0f%% wait no longer than %.0f minutes"), 100*goal.Share, goal.Within.Minutes())
	for _, p := range plans {
		v.Plans = append(v.Plans, newPlan(l, p))
	}
	return nil
}

func (a asked) goal() (g whatif.Goal, err error) {
	number := func(text string, usual, least, most int) int {
		n := usual
		if text != "" {
			var wrong error
			if n, wrong = strconv.Atoi(text); wrong != nil || n < least || n > most {
				err = fmt.Errorf("%.10q: xin nhập số từ %d đến %d (please give a number from %d to %d)", text, least, most, least, most)
			}
		}
		return n
	}
	g.Within = time.Duration(number(a.Within, 15, 1, 240)) * time.Minute
	g.Share = float64(number(a.Share, 90, 50, 99)) / 100
	return g, err
}
