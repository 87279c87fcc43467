package boards

import (
	"cmp"
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Rows tells /admin which boards there are and whether their screens are on.
func (d *Desk) Rows(ctx context.Context) []page.Row {
	link := page.Row{Label: "Bảng, danh sách phát, dòng thông báo", LabelEN: "Boards, playlists, tickers", Value: "xem và sửa", ValueEN: "see and change", Href: Prefix}
	view, err := d.Setup.Setup(ctx)
	if err != nil {
		return []page.Row{{Label: "Cài đặt", LabelEN: "Settings", Value: "chưa đọc được: thử lại", ValueEN: "cannot be read: try again", Level: page.Warn}, link}
	}
	open := d.Open()
	rows := []page.Row{{
		Label: "Bảng chung", LabelEN: "Boards without a name", Value: fmt.Sprintf("%d màn hình đang mở", open[""]), ValueEN: page.Count(open[""], "screen") + " open",
	}}
	for _, b := range view.Setup.Boards {
		name := cmp.Or(b.Name, b.ID)
		row := page.Row{
			Label: name, LabelEN: name, Value: fmt.Sprintf("%d màn hình đang mở", open[b.ID]), ValueEN: page.Count(open[b.ID], "screen") + " open",
			Level: page.OK, Href: Prefix + "?board=" + b.ID + "#board",
		}
		if open[b.ID] == 0 {
			row.Value, row.ValueEN, row.Level = "không có màn hình nào đang mở", "no screen is open", page.Warn
		}
		rows = append(rows, row)
	}
	return append(rows, link)
}
