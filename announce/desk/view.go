package desk

import (
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// data is what the page shows.
type data struct {
	Done, Wrong string
	Ready       []string
	Up          []upRow
	Zones       []zoneRow
	Elsewhere   []string
	Steps       []string // Of the level, in dB.
}

// upRow is a message on the boards.
type upRow struct {
	ID, Text  string
	Emergency bool
}

// zoneRow is one zone.
type zoneRow struct {
	ID, Name string
	State    string
	Level    page.Level
	Volume   string // "-3 dB"
	Paused   bool
	Waiting  int
	Last     string
	Ends     []endRow
	Outputs  []outputRow
	Alarms   []string
}

type endRow struct {
	Words string
	N     int
}

type outputRow struct {
	Name, State, Detail string
	Level               page.Level
	Played              int
	Gaps                int64
	Last                string
	Reserve             bool
}

func (d *Desk) view(l page.Lang) data {
	out := data{Ready: d.Ready, Elsewhere: d.Hall.Elsewhere(), Steps: []string{"-3", "-1", "+1", "+3"}}
	for _, m := range d.Hall.Messages() {
		out.Up = append(out.Up, upRow{m.ID, m.Text, m.Emergency})
	}
	for _, s := range d.Hall.Statuses() {
		out.Zones = append(out.Zones, d.zone(l, s))
	}
	return out
}

func (d *Desk) zone(l page.Lang, s announce.Status) zoneRow {
	z := zoneRow{
		ID: s.Zone, Name: s.Name, Volume: fmt.Sprintf("%+d dB", s.Level), Paused: !s.PausedSince.IsZero(), Waiting: len(s.Waiting),
	}
	if z.Name == "" {
		z.Name = s.Zone
		if s.Zone == queue.DefaultZone {
			z.Name = l.T("Sảnh", "Hall")
		}
	}
	switch {
	case z.Paused:
		z.State, z.Level = l.T("Tạm dừng từ ", "Paused since ")+s.PausedSince.In(d.Location()).Format("15:04"), page.Warn
	case s.Silent:
		z.State, z.Level = l.T("Giờ yên lặng: số chỉ hiện trên bảng", "Silent time: calls are on the boards only"), page.Warn
	case s.Voiceless:
		z.State, z.Level = l.T("Không loa nào phát được: số hiện ngay trên bảng", "No output works: calls are shown at once"), page.Fail
	case s.Unheard:
		z.State, z.Level = l.T("Không ai nghe được lời gọi gần nhất", "Nobody heard the latest call"), page.Fail
	case s.Playing != nil:
		z.State, z.Level = l.T("Đang đọc: ", "Speaking: ")+s.Playing.Text, page.OK
	default:
		z.State, z.Level = l.T("Sẵn sàng", "Ready"), page.OK
	}
	for _, alarm := range s.Alarms {
		z.Alarms = append(z.Alarms, l.T(page.Halves(alarm)))
	}
	if len(s.Last) > 0 {
		z.Last = d.clock(s.Last[0].At) + " " + s.Last[0].Text
	}
	for _, e := range announce.Ends() {
		if n := s.Ends[e]; n > 0 {
			z.Ends = append(z.Ends, endRow{endWords(l, e), n})
		}
	}
	for _, o := range s.Outputs {
		z.Outputs = append(z.Outputs, d.outputView(l, o))
	}
	return z
}

// OutputWords is an output's name for people, in Vietnamese and English; one
// that the office has named itself keeps its name.
func OutputWords(name string) [2]string {
	switch name {
	case "speaker":
		return [2]string{"Loa của máy", "Sound card"}
	case "browser":
		return [2]string{"Bảng hiển thị", "Board"}
	case "file":
		return [2]string{"Tệp âm thanh", "Sound file"}
	default:
		return [2]string{name, name}
	}
}

func (d *Desk) outputView(l page.Lang, o announce.OutputState) outputRow {
	name := OutputWords(o.Name)
	row := outputRow{Name: l.T(name[0], name[1]), Played: o.Played, Reserve: o.Reserve, Level: page.OK, State: l.T("Tốt", "Works"), Last: d.clock(o.LastOK)}
	if h := o.Health; h != nil {
		row.Detail, row.Gaps = l.T(page.Halves(h.Detail)), h.Gaps
		if !h.OK {
			row.Level, row.State = page.Warn, l.T("Cần xem", "Check")
		}
		if row.Last == "" {
			row.Last = d.clock(h.LastPlayed)
		}
	}
	switch {
	case o.OutOfService && o.Tested:
		row.Level, row.State, row.Detail = page.Warn, l.T("Đã trở lại, chờ lời gọi tới", "Back, on trial with the next call"), l.T(page.Halves(o.Err))
	case o.OutOfService:
		row.Level, row.State, row.Detail = page.Fail, l.T("Hỏng, đang thử lại", "Failed, trying again"), l.T(page.Halves(o.Err))
	case o.Unattended:
		row.Level, row.State = page.Warn, l.T("Không có ai nghe (bảng chưa bật âm thanh)", "Nobody listens (no board has its sound on)")
	case o.Records:
		row.State = l.T("Chỉ ghi lại", "Records only")
	}
	if o.Unattended || o.Records { // What it could do else is beside the point.
		row.Detail = ""
	}
	return row
}

func (d *Desk) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(d.Location()).Format("15:04:05")
}

func endWords(l page.Lang, e announce.End) string {
	switch e {
	case announce.EndPlayed:
		return l.T("đã phát", "played")
	case announce.EndMerged:
		return l.T("gọi gộp", "merged")
	case announce.EndSuperseded:
		return l.T("đã có lời gọi mới hơn", "superseded")
	case announce.EndAnswered:
		return l.T("người dân đã tới", "answered")
	case announce.EndQuiet:
		return l.T("giờ yên lặng", "quiet")
	}
	return l.T("báo động", "alarmed")
}
