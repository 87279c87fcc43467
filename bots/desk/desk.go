// Package desk is for whoever looks after the chats of an office: what could not
// be delivered and is to be sent again or let go, how many messages of the month
// are left, when nothing is to be sent that can wait; and for the screen in the
// hall that shows the code by which people check in.
package desk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Where the pages are. Whoever mounts the handlers guards Prefix for
// administrators and HallPath for boards: whoever sees the code of the hall can
// say to be there. InPath and StaticPath are for everybody.
const (
	Prefix   = "/admin/chat"
	HallPath = "/hall"
	InPath   = "/in"

	StaticPath = Prefix + "/static/"
)

// Bounds.
const (
	maxForm   = 16 << 10
	letters   = 50 // That the page lists.
	hallEvery = 15 * time.Second
)

// Config is what the pages need; Bots is required.
type Config struct {
	Bots   *bots.Bots
	Office string // Name, for the head of the page.
	Build  string
	Logger *slog.Logger
	// Location is the office's, for times of day; nil = the machine's.
	Location func() *time.Location
	// Code gives the code that the hall shows at a time; nil = none is shown.
	Code func(at time.Time) string
	// Base is where citizens reach this server, for the QR code.
	Base string
	// Doors gives how the chats are found, with links that carry a code.
	Doors func(l page.Lang, code string) []page.Link
	Now   func() time.Time // Defaults to time.Now.
	// Consent is the Zalo account whose owner gives the consent here; nil = none is.
	Consent Consenting
}

// Desk is the pages.
type Desk struct {
	Config
	kit *page.Desk
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Bots == nil {
		return nil, errors.New("desk: Config.Bots is required")
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.Local }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "chat desk", Prefix: Prefix, Files: files, Style: "chat.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit}, nil
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.show(w, r, http.StatusOK, nil) })
	d.routeConsent(mux)
	for name, do := range map[string]func(*http.Request) error{
		"again": d.again, "dismiss": d.dismiss, "again-all": d.againAll, "dismiss-all": d.dismissAll, "settings": d.settings,
	} {
		d.kit.Form(mux, name, maxForm, func(w http.ResponseWriter, r *http.Request, err error) {
			if err == nil {
				err = do(r)
			}
			if err != nil {
				d.show(w, r, http.StatusUnprocessableEntity, err)
				return
			}
			d.kit.See(w, r, url.Values{"done": {name}}, "")
		})
	}
	return d.kit.Handler(mux)
}

func letterID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PostForm.Get("id"), 10, 64)
	if err != nil {
		return 0, errors.New("không rõ tin nào: tải lại trang rồi chọn lại (which message is not clear: load the page again and choose)")
	}
	return id, nil
}

func (d *Desk) again(r *http.Request) error {
	id, err := letterID(r)
	if err != nil {
		return err
	}
	return d.Bots.SendAgain(r.Context(), id)
}

func (d *Desk) dismiss(r *http.Request) error {
	id, err := letterID(r)
	if err != nil {
		return err
	}
	return d.Bots.Dismiss(r.Context(), id)
}

func (d *Desk) againAll(r *http.Request) error {
	return d.Bots.EachLetter(r.Context(), d.Bots.SendAgain)
}

func (d *Desk) dismissAll(r *http.Request) error {
	return d.Bots.EachLetter(r.Context(), d.Bots.Dismiss)
}

// settings takes the form of quiet hours and months.
func (d *Desk) settings(r *http.Request) error {
	s := bots.Settings{
		Quiet:      notice.Quiet{From: strings.TrimSpace(r.PostForm.Get("from")), To: strings.TrimSpace(r.PostForm.Get("to"))},
		NoFallback: r.PostForm.Get("fallback") == "",
		Month:      map[queue.Channel]int{},
	}
	for _, status := range d.Bots.Status(r.Context()) {
		text := strings.TrimSpace(r.PostForm.Get("month-" + string(status.Channel)))
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%s: số tin mỗi tháng phải là số (messages a month must be a number): %q", status.Channel, text)
		}
		s.Month[status.Channel] = n
	}
	return d.Bots.SetSettings(r.Context(), s)
}

// done is what the page says when a form was done.
func done() page.Phrases {
	return page.Phrases{
		"again":       {"Tin sẽ được gửi lại, nếu nội dung vẫn còn đúng.", "The message goes out again, if it is still true."},
		"dismiss":     {"Đã bỏ tin này và xóa nội dung.", "The message was let go and erased."},
		"again-all":   {"Các tin sẽ được gửi lại, nếu nội dung vẫn còn đúng.", "The messages go out again, if they are still true."},
		"dismiss-all": {"Đã bỏ và xóa các tin.", "The messages were let go and erased."},
		"settings":    {"Đã lưu.", "Saved."},
	}
}

// view is what the page shows.
type view struct {
	Done, Wrong string
	Channels    []channelRow
	Letters     []letterRow
	Settings    bots.Settings
	Consent     *page.Row // How the Zalo account stands; nil = there is none.
	Hall        string    // Address of the hall's screen; empty = no code is shown.
}

type channelRow struct {
	Key     string
	Name    string
	State   string
	Level   page.Level
	Waiting int
	Month   string // "120 / 3000"
	Short   string // What is left out already.
	Arrived string // What the channel told of its messages; empty = it never tells.
	Bound   string // For the form; empty = as the configuration says.
}

type letterRow struct {
	ID                        int64
	At, Channel, Kind, Number string
	Reason                    string
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	l := page.Language(r)
	v := view{Settings: d.Bots.Settings(), Done: done().In(l, r.URL.Query().Get("done"))}
	if wrong != nil {
		v.Done, v.Wrong = "", wrong.Error()
	}
	if d.Code != nil {
		v.Hall = HallPath
	}
	if d.Consent != nil {
		row := d.consentRow()
		v.Consent = &row
	}
	for _, s := range d.Bots.Status(r.Context()) {
		v.Channels = append(v.Channels, d.channel(r.Context(), l, v.Settings, s))
	}
	dead, err := d.Bots.Letters(r.Context(), letters)
	if err != nil && v.Wrong == "" {
		v.Wrong = l.T("Không đọc được sổ tin: kiểm tra đĩa. ", "The messages cannot be read: check the disk. ") + err.Error()
	}
	for _, m := range dead {
		v.Letters = append(v.Letters, letterRow{
			ID: m.ID, At: m.At.In(d.Location()).Format("15:04 02/01"), Channel: ChannelName(m.Channel), Kind: KindName(l, m.Kind), Number: m.Number, Reason: m.Reason,
		})
	}
	d.kit.Render(w, r, status, "chat", page.View{Lang: l, Title: l.T("Trò chuyện và tin nhắn", "Chat and messages"), Data: v})
}

func (d *Desk) channel(ctx context.Context, l page.Lang, set bots.Settings, s bots.Status) channelRow {
	row := channelRow{Key: string(s.Channel), Name: ChannelName(s.Channel), State: l.T("kết nối", "connected"), Level: page.OK, Waiting: s.Waiting, Month: fmt.Sprint(s.Month.Used)}
	switch {
	case unused(s):
		row.State, row.Level = l.T("sẵn sàng, chưa có tin nào", "ready, no message yet"), page.Note
	case !s.Reachable:
		row.State, row.Level = l.T("không kết nối được: ", "unreachable: ")+s.LastError, page.Fail
	}
	if s.Month.Budget.Month > 0 {
		row.Month = fmt.Sprintf("%d / %d", s.Month.Used, s.Month.Budget.Month)
	}
	if s.Month.Budget.Short(s.Month.Used, s.Month.Owed) {
		row.Short = l.T("sắp hết tin của tháng: tạm bỏ bớt tin phụ, vẫn báo lượt", "the month's messages run short: lesser ones are left out, calls are not")
	}
	if s.Tells {
		row.Arrived = l.T(arrivedVI, arrivedEN)
		row.Arrived = fmt.Sprintf(row.Arrived, s.Receipts.Arrived, s.Receipts.Failed, s.Receipts.Unheard, s.Receipts.Awaited)
	}
	if n, ok := set.Month[s.Channel]; ok {
		row.Bound = strconv.Itoa(n)
	}
	return row
}

// What a channel told of its messages of the last two days.
const (
	arrivedVI = "đã đến %d, không đến %d, không rõ %d, đang đợi báo %d"
	arrivedEN = "%d arrived, %d did not, %d unknown, %d yet to be told"
)

// unused reports whether nothing has gone by a channel since the start, which for
// one that is not asked tells nothing of it.
func unused(s bots.Status) bool { return !s.Reachable && s.Since.IsZero() && s.LastError == "" }

// ChannelName is a channel's name for people.
func ChannelName(c queue.Channel) string {
	switch c {
	case queue.Zalo:
		return "Zalo"
	case queue.Telegram:
		return "Telegram"
	case queue.SMS:
		return "SMS"
	case queue.Web:
		return "Web"
	}
	return string(c)
}

// KindName tells what a message says.
func KindName(l page.Lang, kind string) string {
	names := page.Phrases{
		string(dialogue.Called): {"mời đến quầy", "call"}, string(dialogue.Recalled): {"nhắc lại", "second call"}, string(dialogue.Nearly): {"sắp đến lượt", "nearly"},
		string(dialogue.Leave): {"đến giờ đi", "time to set out"}, string(dialogue.Card): {"số và vị trí", "number and place"}, string(dialogue.Missed): {"qua lượt", "missed"},
		string(dialogue.Done): {"đã xong", "done"}, string(dialogue.Moved): {"trở lại hàng", "back in the line"}, string(dialogue.Closed): {"hết giờ", "day ended"},
		string(dialogue.Withdrawn): {"đã hủy", "cancelled"},
	}
	if name := names.In(l, kind); name != "" {
		return name
	}
	return l.T("trả lời", "answer")
}

// Panel is what /admin shows: every channel, its month, and what could not be
// delivered.
func (d *Desk) Panel() page.Panel {
	return page.Panel{
		ID: "chat", Title: "Trò chuyện", TitleEN: "Chat", Rows: d.rows,
		Actions: []page.Action{
			{ID: "again", Label: "Gửi lại tin lỗi", LabelEN: "Send failed messages again", Do: func(ctx context.Context) error { return d.Bots.EachLetter(ctx, d.Bots.SendAgain) }},
			{ID: "dismiss", Label: "Bỏ các tin lỗi", LabelEN: "Let failed messages go", Do: func(ctx context.Context) error { return d.Bots.EachLetter(ctx, d.Bots.Dismiss) }},
		},
	}
}

func (d *Desk) rows(ctx context.Context) (rows []page.Row) {
	for _, s := range d.Bots.Status(ctx) {
		name := ChannelName(s.Channel)
		row := page.Row{Label: name, LabelEN: name, Value: "kết nối", ValueEN: "connected", Level: page.OK}
		switch {
		case unused(s):
			row.Value, row.ValueEN, row.Level = "sẵn sàng, chưa có tin nào", "ready, no message yet", page.Note
		case !s.Reachable:
			row.Value, row.ValueEN, row.Level = "không kết nối được: "+s.LastError, "unreachable: "+s.LastError, page.Fail
		}
		rows = append(rows, row, page.Row{Label: name + ": tin đang chờ", LabelEN: name + ": messages waiting", Value: fmt.Sprint(s.Waiting)})
		if r := s.Receipts; s.Tells {
			arrived := page.Row{
				Label: name + ": tin có đến không (hai ngày)", LabelEN: name + ": did messages arrive (two days)", Level: page.OK, Href: Prefix,
				Value: fmt.Sprintf(arrivedVI, r.Arrived, r.Failed, r.Unheard, r.Awaited), ValueEN: fmt.Sprintf(arrivedEN, r.Arrived, r.Failed, r.Unheard, r.Awaited),
			}
			if r.Failed+r.Unheard > r.Arrived {
				arrived.Level = page.Warn
			}
			rows = append(rows, arrived)
		}
		if s.Month.Budget.Month > 0 {
			month := page.Row{
				Label: name + ": tin tháng này", LabelEN: name + ": messages this month",
				Value: fmt.Sprintf("%d / %d, giữ lại %d để báo lượt", s.Month.Used, s.Month.Budget.Month, s.Month.Owed), Level: page.OK,
				ValueEN: fmt.Sprintf("%d of %d, %d kept back for calls", s.Month.Used, s.Month.Budget.Month, s.Month.Owed),
			}
			if s.Month.Budget.Short(s.Month.Used, s.Month.Owed) {
				month.Level = page.Warn
			}
			rows = append(rows, month)
		}
	}
	if d.Consent != nil {
		rows = append(rows, d.consentRow())
	}
	failed := page.Row{Label: "Tin không gửi được", LabelEN: "Messages that failed", Value: "0", Level: page.OK, Href: Prefix}
	if dead, err := d.Bots.Letters(ctx, letters); err != nil {
		failed.Value, failed.ValueEN, failed.Level = "không đọc được, kiểm tra đĩa", "cannot be read, check the disk", page.Fail
	} else if n := len(dead); n > 0 {
		first := dead[0]
		failed.Value = fmt.Sprintf("%d; gần nhất: %s %s (%s)", n, KindName(page.Vietnamese, first.Kind), first.Number, first.Reason)
		failed.ValueEN = fmt.Sprintf("%d; latest: %s %s (%s)", n, KindName(page.English, first.Kind), first.Number, first.Reason)
		failed.Level = page.Warn
	}
	return append(rows, failed, page.Row{Label: "Giờ yên lặng, số tin mỗi tháng", LabelEN: "Quiet hours, messages a month", Value: "mở trang trò chuyện", ValueEN: "open the chat's page", Href: Prefix})
}

// hall is what the screen in the hall shows.
type hall struct {
	Code string
	QR   string // Address of the picture.
	Live string
}

// Hall serves the screen with the code by which people in the hall check in.
func (d *Desk) Hall() http.Handler {
	return page.Guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.Code == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if r.URL.Path == HallPath+picture {
			d.picture(w)
			return
		}
		code, l := d.Code(d.Now()), page.Language(r)
		d.kit.Render(w, r, http.StatusOK, "hall", page.View{
			Lang: l, Title: l.T("Báo đã đến", "I am here"), Bare: true, Body: "hall", Scripts: []string{d.kit.Common("refresh.js")}, Refresh: hallEvery,
			Data: hall{Code: code[:3] + " " + code[3:], QR: HallPath + picture + "?" + code, Live: HallPath},
		})
	}))
}

// in is what somebody sees who scanned the hall's code.
type in struct {
	Code  string
	Doors []page.Link
}

// In serves the page that the QR code of the hall leads to: the code, and where
// to give it.
func (d *Desk) In() http.Handler {
	return page.Guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := strings.Trim(strings.TrimPrefix(r.URL.Path, InPath), "/")
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			http.NotFound(w, r)
			return
		}
		l := page.Language(r)
		v := in{Code: code[:3] + " " + code[3:]}
		if d.Doors != nil {
			v.Doors = d.Doors(l, code)
		}
		w.Header().Set("Cache-Control", "no-store")
		d.kit.Render(w, r, http.StatusOK, "in", page.View{Lang: l, Title: l.T("Báo đã đến", "I am here"), Home: "/", Data: v})
	}))
}

// picture is the QR code below HallPath.
const picture = "/qr.svg"

// picture draws the QR code of this moment.
func (d *Desk) picture(w http.ResponseWriter) {
	drawn, err := svg(d.Base + InPath + "/" + d.Code(d.Now()))
	if err != nil {
		d.kit.Logger.Error("the hall's QR code cannot be drawn", "err", err)
		http.Error(w, "QR", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(drawn) // Whoever went away needs no picture.
}

// svg draws a QR code of one path.
func svg(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("QR of %d bytes: %w", len(text), err)
	}
	const quiet = 4
	size := code.Size + 2*quiet
	b := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size, size, size)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				b = fmt.Appendf(b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return append(b, `"/></svg>`...), nil
}
