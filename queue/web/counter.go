package web

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// staffSnapshot is what every counter console is sent; each picks its own.
type staffSnapshot struct {
	Seq      int64                   `json:"seq"`
	Counters map[string]staffCounter `json:"counters"`
	Waiting  map[string]int          `json:"waiting"`
}

type staffCounter struct {
	State  queue.CounterState `json:"state"`
	Reason string             `json:"reason"`
	Ticket *staffTicket       `json:"ticket"`
}

// staffTicket is the ticket in hand, in the field names of the API, with the
// words of its procedure.
type staffTicket struct {
	ID        string        `json:"id"`
	Number    queue.Number  `json:"number"`
	Service   string        `json:"service"`
	Procedure string        `json:"procedure"`
	What      both          `json:"what"`
	State     queue.State   `json:"state"`
	Class     queue.Class   `json:"class"`
	Channel   queue.Channel `json:"channel"`
	Language  string        `json:"language"`
	Needs     []string      `json:"needs"`
	IssuedAt  time.Time     `json:"issued_at"`
	CalledAt  time.Time     `json:"called_at"`
	StartedAt *time.Time    `json:"started_at"`
	CallCount int           `json:"call_count"`
	Version   int64         `json:"version"`
}

func staffView(h hall) staffSnapshot {
	s := staffSnapshot{Seq: h.board.Seq, Counters: map[string]staffCounter{}, Waiting: map[string]int{}}
	what := names(h)
	for _, v := range h.services {
		s.Waiting[v.ID] = v.Waiting
	}
	for _, c := range h.counters {
		sc := staffCounter{State: c.State, Reason: c.Reason}
		if c.Ticket != nil {
			sc.Ticket = inHand(*c.Ticket, what)
		}
		s.Counters[c.ID] = sc
	}
	return s
}

// names gives the words of procedures ("p:id") and services ("s:id").
func names(h hall) map[string]both {
	m := map[string]both{}
	for _, s := range h.services {
		m["s:"+s.ID] = both{s.Name, s.NameEN}
	}
	for _, p := range h.procedures {
		m["p:"+p.ID] = both{p.Name, p.NameEN}
	}
	return m
}

func inHand(t queue.Ticket, what map[string]both) *staffTicket {
	st := &staffTicket{
		ID: t.ID, Number: t.Number, Service: t.Service, Procedure: t.Procedure, State: t.State, Class: t.Class,
		Channel: t.Channel, Language: t.Language, Needs: t.Needs, IssuedAt: t.IssuedAt, CalledAt: t.CalledAt,
		CallCount: t.CallCount, Version: t.Version,
	}
	st.What = what["p:"+t.Procedure]
	if st.What.VI == "" {
		st.What = what["s:"+t.Service]
	}
	if !t.StartedAt.IsZero() {
		st.StartedAt = &t.StartedAt
	}
	return st
}

// pickData is the page where one chooses the counter one sits at.
type pickData struct{ Counters []pickRow }

type pickRow struct{ ID, Name, State, Words, Services, Number string }

func (w *Web) counters(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l := page.Language(r)
	v := w.view(r, both{"Chọn quầy", "Choose your counter"}, pickData{pickRows(l, h)})
	v.Home = "/counter"
	v.Scripts = []string{w.kit.Asset("refresh.js")}
	w.render(rw, r, http.StatusOK, "counters", v)
}

func pickRows(l page.Lang, h hall) []pickRow {
	what := names(h)
	rows := make([]pickRow, 0, len(h.counters))
	for _, c := range h.counters {
		row := pickRow{ID: c.ID, Name: counterName(c.Counter).in(l), State: string(c.State), Words: counterWords(c.State).in(l)}
		lines := make([]string, 0, len(c.Services))
		for _, s := range c.Services {
			lines = append(lines, s+" "+what["s:"+s].in(l))
		}
		row.Services = strings.Join(lines, " · ")
		if c.Ticket != nil {
			row.Number = c.Ticket.Number.String() + " – " + stateWords(c.Ticket.State).in(l)
		}
		rows = append(rows, row)
	}
	return rows
}

// consoleData is the page of one counter. Boot is read by the console's script.
type consoleData struct {
	Counter  string
	Name     string
	Services []serviceRow
	Pauses   []string
	Reasons  []string
	Boot     consoleBoot
}

// consoleBoot is everything the script needs: where to send, what to say, and
// the state at this moment.
type consoleBoot struct {
	Counter string                        `json:"counter"`
	API     string                        `json:"api"`
	Lang    page.Lang                     `json:"lang"`
	Now     staffSnapshot                 `json:"now"`
	Errors  map[string][2]string          `json:"errors"`
	States  map[string]string             `json:"states"`
	Texts   map[string]string             `json:"texts"`
	Classes map[queue.Class]string        `json:"classes"`
	Doors   map[queue.Channel]string      `json:"channels"`
	Modes   map[queue.CounterState]string `json:"modes"`
}

func (w *Web) console(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	c, ok := counterOf(h, r.PathValue("counter"))
	if !ok {
		w.fail(rw, r, queue.Errorf(queue.CodeUnknownCounter, "no counter %q", r.PathValue("counter")))
		return
	}
	l := page.Language(r)
	name := counterName(c.Counter)
	d := consoleData{Counter: c.ID, Name: name.in(l), Pauses: pauseReasons(l), Reasons: callReasons(l)}
	for _, s := range serviceRows(l, h.services) {
		for _, mine := range c.Services {
			if mine == s.ID {
				d.Services = append(d.Services, s)
			}
		}
	}
	d.Boot = consoleBoot{
		Counter: c.ID, API: "/api/v1/offices/" + template.URLQueryEscaper(h.info.ID), Lang: l, Now: staffView(h),
		Errors: errorTexts(l), States: stateTexts(l), Texts: consoleTexts(l),
		Classes: map[queue.Class]string{}, Doors: map[queue.Channel]string{}, Modes: map[queue.CounterState]string{},
	}
	for _, class := range []queue.Class{queue.Appointment, queue.Priority} {
		d.Boot.Classes[class] = classWords(class).in(l)
	}
	for _, ch := range queue.Channels() {
		d.Boot.Doors[ch] = channelWords(ch).in(l)
	}
	for _, s := range []queue.CounterState{queue.Opened, queue.Paused, queue.Closed} {
		d.Boot.Modes[s] = counterWords(s).in(l)
	}
	v := w.view(r, name, d)
	v.Body, v.Home = "console", "/counter"
	v.Nav = []page.Link{{Href: "/counter", Label: l.T("Đổi quầy", "Change counter")}}
	v.Scripts = []string{w.assets.Path("console.js")}
	w.render(rw, r, http.StatusOK, "console", v)
}

func counterOf(h hall, id string) (queue.CounterView, bool) {
	for _, c := range h.counters {
		if c.ID == id {
			return c, true
		}
	}
	return queue.CounterView{}, false
}

// candidate is a waiting ticket that typed digits may mean.
type candidate struct {
	ID      string       `json:"id"`
	Number  queue.Number `json:"number"`
	Service string       `json:"service"`
	State   queue.State  `json:"state"` // Waiting is called; parked is resumed; no_show is restored first.
	Version int64        `json:"version"`
}

// candidates tells which tickets of a counter's services that can be called,
// at once or by way of resume or restore, have the typed number: a numpad has no letters, so "12" may be A012 or B012.
func (w *Web) candidates(rw http.ResponseWriter, r *http.Request) {
	counters, err := w.Office.Counters(r.Context())
	c, ok := counterOf(hall{counters: counters}, r.PathValue("counter"))
	if err == nil && !ok {
		err = queue.Errorf(queue.CodeUnknownCounter, "no counter %q", r.PathValue("counter"))
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	found := []candidate{}
	for _, ref := range readings(r.URL.Query().Get("n"), c.Services) {
		t, err := w.Office.Ticket(r.Context(), ref)
		switch {
		case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		case err != nil:
			w.fail(rw, r, err)
			return
		case t.State == queue.Waiting || t.State == queue.NoShow || t.State == queue.Parked:
			found = append(found, candidate{ID: t.ID, Number: t.Number, Service: t.Service, State: t.State, Version: t.Version})
		}
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(rw).Encode(found) // A failed write is a caller gone.
}

// readings gives the full numbers that typed text may mean at a counter.
func readings(typed string, services []string) []string {
	if n, err := queue.ParseNumber(typed); err == nil {
		return []string{n.String()}
	}
	var refs []string
	for _, s := range services {
		if n, err := queue.ParseNumber(s + typed); err == nil {
			refs = append(refs, n.String())
		}
	}
	return refs
}

func pauseReasons(l page.Lang) []string {
	return []string{
		l.T("Nghỉ giải lao", "Break"), l.T("Lấy hồ sơ", "Fetching files"),
		l.T("Họp", "Meeting"), l.T("Xử lý hồ sơ nội bộ", "Back office"),
	}
}

func callReasons(l page.Lang) []string {
	return []string{
		l.T("Đã bổ sung giấy tờ", "Papers completed"), l.T("Diện ưu tiên", "Entitled to priority"),
		l.T("Quay lại sau khi vắng mặt", "Came back after absence"), l.T("Lãnh đạo yêu cầu", "Asked by the supervisor"),
	}
}

func errorTexts(l page.Lang) map[string][2]string {
	m := map[string][2]string{}
	for code, s := range consoleErrors() {
		m[string(code)] = [2]string{s.title.in(l), s.next.in(l)}
	}
	other := errorWords("")
	m["other"] = [2]string{other.title.in(l), other.next.in(l)}
	m["network"] = [2]string{
		l.T("Mất liên lạc với máy chủ", "The server cannot be reached"),
		l.T("Đang thử lại; cùng một lần bấm không bao giờ gọi hai số. Kiểm tra dây mạng nếu kéo dài.", "Trying again; one press never calls two numbers. Check the network cable if it lasts."),
	}
	m["not_waiting"] = [2]string{
		l.T("Không có số này đang chờ ở quầy", "No such number is waiting for this counter"),
		l.T("Xin kiểm tra số trên phiếu.", "Please check the number on the ticket."),
	}
	return m
}

func stateTexts(l page.Lang) map[string]string {
	m := map[string]string{}
	for _, s := range queue.States() {
		m[string(s)] = stateWords(s).in(l)
	}
	return m
}

// consoleTexts are the words of the script, in one language.
func consoleTexts(l page.Lang) map[string]string {
	return map[string]string{
		"open":       l.T("Mở quầy", "Open the counter"),
		"reopen":     l.T("Mở lại quầy", "Resume"),
		"next":       l.T("Gọi số tiếp theo", "Call next"),
		"start":      l.T("Bắt đầu phục vụ", "Start service"),
		"finish":     l.T("Hoàn thành", "Finish"),
		"nobody":     l.T("Chưa có ai chờ", "Nobody is waiting"),
		"none":       l.T("Chưa có số nào", "No number in hand"),
		"calls":      l.T("Số lần gọi", "Calls"),
		"waited":     l.T("Đã chờ", "Waited"),
		"kind":       l.T("Diện, kênh", "Class, channel"),
		"since_call": l.T("Từ lúc gọi", "Since the call"),
		"serving":    l.T("Đang phục vụ", "In service"),
		"live":       l.T("Trực tuyến", "Online"),
		"lost":       l.T("Mất liên lạc – số liệu cách đây", "Connection lost – figures are old by"),
		"seconds":    l.T("giây", "s"),
		"choose":     l.T("Số nào? Chọn một:", "Which one? Choose:"),
		"retry":      l.T("Thử lại", "Try again"),
		"arrived":    l.T("Có người vừa lấy số", "Someone has taken a number"),
		"english":    l.T("Cần tiếng Anh", "Speaks English"),
	}
}
