package desk

import (
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Panel leads to these pages from /admin.
func (d *Desk) Panel() page.Panel {
	return page.Panel{ID: "people", Title: "Nhân viên và quyền", TitleEN: "People and rights", Rows: func(ctx context.Context) []page.Row {
		all, err := d.People.Accounts(ctx)
		accounts := page.Row{Label: "Tài khoản", LabelEN: "Accounts", Value: fmt.Sprint(len(all)), Href: PeoplePath}
		switch {
		case err != nil:
			accounts.Value, accounts.ValueEN, accounts.Level = "không đọc được: "+err.Error(), "cannot be read: "+err.Error(), page.Fail
		case len(all) == 0:
			accounts.Value, accounts.ValueEN = "chưa có – lập quản trị viên đầu tiên", "none yet – make the first administrator"
			accounts.Level, accounts.Href = page.Warn, PeoplePath+"/first"
		}
		return []page.Row{
			accounts,
			{Label: "Thiết bị", LabelEN: "Devices", Value: "ghép, đặt tên, thu hồi", ValueEN: "pair, name, revoke", Href: DevicesPath},
			{Label: "Nhật ký thao tác", LabelEN: "Audit log", Value: "ai đã làm gì", ValueEN: "who did what", Href: AuditPath},
		}
	}}
}
