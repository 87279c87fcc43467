package main

import (
	"context"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// testPaper is how long a test paper may wait for its printer.
const testPaper = 20 * time.Second

// printTest prints the paper as the office has arranged it, with a number that
// nobody has.
func (a *app) printTest(ctx context.Context) error {
	now, err := a.setup(ctx)
	if err != nil {
		return err
	}
	paper, err := a.kiosk.Preview(ctx, now.Kiosk, "vi", a.cfg.Printer.Width)
	if err != nil {
		return err
	}
	outcome, err := a.printer.Print(ctx, printer.Job{Name: "test", Paper: paper, Expires: time.Now().Add(testPaper)})
	if err != nil {
		return fmt.Errorf("chưa in được: xem giấy, nắp, dây và nguồn của máy in (not printed: look at paper, lid, cable and power): %w", err)
	}
	if outcome != printer.Printed && outcome != printer.Assumed {
		return fmt.Errorf("máy in không xác nhận đã ra giấy (%s): xem giấy, nắp, dây và nguồn (the printer did not confirm the paper: look at paper, lid, cable and power)", outcome)
	}
	return nil
}

// tryRows tells how what cannot be tried with a button is tried.
func (a *app) tryRows() (rows []page.Row) {
	how := func(vi, en, command string) {
		rows = append(rows, page.Row{Label: vi, LabelEN: en, Value: "lệnh trên máy chủ: " + command, ValueEN: "on the server: " + command})
	}
	if len(a.cfg.SIP.Trunks) > 0 {
		how("Thử trung kế từng bước", "Try the trunk step by step", program()+" trunk doctor -listen 0.0.0.0:5070 -config …")
	}
	how("Gọi thử vào tổng đài", "Call the line", program()+" phone "+a.dial())
	return rows
}
