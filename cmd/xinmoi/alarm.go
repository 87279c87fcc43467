package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/alarm"
	alarmdesk "github.com/xinmoi/xinmoi/queue/alarm/desk"
	"github.com/xinmoi/xinmoi/queue/hooks"
	"github.com/xinmoi/xinmoi/queue/live"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// openAlarms opens the book of what is wrong, with every way to tell people.
func (a *app) openAlarms(ctx context.Context) (err error) {
	a.alarms, err = alarm.Open(ctx, alarm.Config{
		Path: filepath.Join(a.data.path, alarm.FileName), Look: a.signs, Channels: a.alarmChannels(), Digest: a.dayWords,
		Location: a.where.location, Logger: a.log, Changed: func() { a.live.Look() },
	})
	if err != nil {
		return err
	}
	a.alarmDesk, err = alarmdesk.New(alarmdesk.Config{Book: a.alarms, Build: version(), Location: a.where.location, Logger: a.log})
	a.parts = append(a.parts, part{"alarms", a.alarms.Run, false})
	return err
}

// alarmChannels are the ways to reach a leader that the configuration gives.
func (a *app) alarmChannels() (ways []alarm.Channel) {
	if sender, err := a.cfg.SMS.sender(); err == nil && sender != nil {
		ways = append(ways, alarm.Channel{
			ID: "sms", Name: "Tin nhắn SMS", NameEN: "SMS", Asks: "số điện thoại", AsksEN: "telephone number", Check: phoneNumber,
			Push: func(ctx context.Context, number string, m alarm.Message) error {
				return sender.Text(ctx, queue.Telephone(number), sender.Fit(m.VI))
			},
		})
	}
	for _, line := range a.chats {
		name := string(line.adapter.Channel())
		if name == string(queue.SMS) || line.adapter.Caps().OneWay { // A browser follows a ticket, nothing else.
			continue
		}
		ways = append(ways, alarm.Channel{
			ID: name, Name: name, NameEN: name, Asks: "mã cuộc trò chuyện", AsksEN: "chat id",
			Push: func(ctx context.Context, chat string, m alarm.Message) error {
				_, err := line.adapter.Send(ctx, chat, dialogue.Text{Body: m.VI})
				return err
			},
		})
	}
	if a.hooks != nil && a.hooks.TakesAlarms() {
		ways = append(ways, alarm.Channel{ID: "hooks", Name: "Webhook trong cấu hình", NameEN: "Webhooks of the configuration", Push: a.pushHook})
	}
	return ways
}

// phoneNumber refuses what is no telephone number.
func phoneNumber(address string) error {
	digits := strings.TrimPrefix(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(address), "+")
	if _, err := strconv.ParseUint(digits, 10, 64); err != nil || len(digits) < 8 || len(digits) > 15 {
		return queue.Errorf(queue.CodeBadRequest, "số điện thoại: viết như 0912345678 (telephone number: such as 0912345678)")
	}
	return nil
}

func (a *app) pushHook(ctx context.Context, _ string, m alarm.Message) error {
	id := fmt.Sprintf("%s/alarm/%d/%d", a.info.ID, m.Delivery, m.At.Unix()) // Tests have no number, and a lost book begins again.
	return a.hooks.Alarm(ctx, a.info.ID, id, hooks.Alarm{ID: m.Alarm, Step: string(m.Step), Kind: string(m.Kind), At: m.At, VI: m.VI, EN: m.EN})
}

// alarmLabel is what the loudspeakers' panel calls a row that is a sentence.
const alarmLabel = "Cảnh báo"

// signs is what is wrong now, from everything that knows how it is.
func (a *app) signs(ctx context.Context) (signs []alarm.Sign) {
	add := func(k alarm.Kind, key, vi, en string, grave bool) {
		signs = append(signs, alarm.Sign{Key: string(k) + ":" + key, Kind: k, VI: vi, EN: en, Grave: grave})
	}
	if err := a.engine.Health(); err != nil {
		add(alarm.Store, "write", "Không ghi được sổ, không cấp số được: xem đĩa của máy chủ", "Nothing can be written, no numbers can be given: look at the server's disk", true)
	}
	if err := a.engine.ClockAlarm(); err != nil {
		add(alarm.Clock, "wrong", "Đồng hồ máy chủ sai: chỉnh lại giờ", "The server's clock is wrong: set it", queue.ErrorCode(err) == queue.CodeClockWrong)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(a.data.path, &disk); err == nil && int64(disk.Bavail)*disk.Bsize < lowSpace {
		free := int64(disk.Bavail) * disk.Bsize >> 20
		add(alarm.Disk, "low", fmt.Sprintf("Đĩa sắp đầy: còn %d MB, hãy dọn bớt", free), fmt.Sprintf("The disk is nearly full: %d MB left, make room", free), false)
	}
	rows := func(k alarm.Kind, list []page.Row) {
		for _, r := range list {
			if r.Level == page.Fail && strings.HasSuffix(r.Label, alarmLabel) { // Says all itself.
				add(k, r.Label, r.Value, cmp.Or(r.ValueEN, r.Value), false)
			} else if r.Level == page.Fail {
				add(k, r.Label, r.Label+": "+r.Value, cmp.Or(r.LabelEN, r.Label)+": "+cmp.Or(r.ValueEN, r.Value), false)
			}
		}
	}
	rows(alarm.Printer, []page.Row{printerRow(a.printer.Status())})
	for _, text := range a.kiosks.Alarms() {
		place, _, _ := strings.Cut(text[0], ":")
		add(alarm.Printer, place, text[0], text[1], false)
	}
	rows(alarm.Speaker, a.soundRows())
	if a.sip != nil {
		rows(alarm.Trunk, a.trunkRows())
	}
	if a.bots != nil {
		rows(alarm.Chat, a.chatPanel().Rows(ctx))
	}
	if a.hooks != nil {
		rows(alarm.Hook, a.hooks.Panel().Rows(ctx))
	}
	return append(signs, a.waitSigns()...)
}

// waitSigns is who waits longer than the office wants, and offices that are not
// reached.
func (a *app) waitSigns() (signs []alarm.Sign) {
	for _, v := range a.live.Views() {
		if v.Lost {
			signs = append(signs, alarm.Sign{Key: "office:" + v.ID, Kind: alarm.Office, VI: "Không liên lạc được với " + v.ID, EN: v.ID + " is not reached"})
			continue
		}
		if v.ID != a.info.ID { // It has alarms of its own.
			continue
		}
		for _, s := range v.Services {
			switch {
			case s.Nobody && v.Info.Open:
				signs = append(signs, alarm.Sign{Key: "wait:" + s.ID, Kind: alarm.Wait, VI: fmt.Sprintf("Hàng %s: %d người chờ mà không quầy nào gọi", s.ID, s.Waiting), EN: fmt.Sprintf("Line %s: %d wait and no counter calls", s.ID, s.Waiting)})
			case s.Over > 0:
				signs = append(signs, alarm.Sign{
					Key: "wait:" + s.ID, Kind: alarm.Wait,
					VI: fmt.Sprintf("Hàng %s: %d người chờ quá %d phút, lâu nhất %d phút", s.ID, s.Over, int(s.Target.Minutes()), int(s.Longest.Minutes())),
					EN: fmt.Sprintf("Line %s: %d wait longer than %d min, the longest %d min", s.ID, s.Over, int(s.Target.Minutes()), int(s.Longest.Minutes())),
				})
			}
		}
	}
	return signs
}

// troubles are the alarms that stand, for the live overview.
func (a *app) troubles(ctx context.Context) (list []live.Trouble) {
	standing, err := a.alarms.Standing(ctx)
	if err != nil {
		return []live.Trouble{{VI: "Không đọc được sổ cảnh báo", EN: "The book of alarms cannot be read", Grave: true, Since: time.Now()}}
	}
	for _, e := range standing {
		list = append(list, live.Trouble{ID: e.ID, VI: e.VI, EN: e.EN, Grave: e.Grave, Since: e.RaisedAt, By: e.AckedBy})
	}
	return list
}

// callHelp is the silent button of a counter.
func (a *app) callHelp(ctx context.Context, counter string) error {
	return a.alarms.Raise(ctx, alarm.Sign{
		Key: "help:" + counter, Kind: alarm.Help, Grave: true, VI: "Quầy " + counter + " cần hỗ trợ: hãy đến ngay", EN: "Counter " + counter + " needs help: please go there now",
	})
}

// dayWords is how a day went, for the digest.
func (a *app) dayWords(ctx context.Context, day string) (vi, en string, err error) {
	name, _ := a.names(ctx)
	r, err := report.Of(ctx, a.db, a.info.ID, day) // Whole, also while the book of reports is still being made.
	if errors.Is(err, report.ErrNoDay) {
		return name + ": hôm nay không có số nào.", name + ": no numbers today.", nil
	}
	if err != nil {
		return "", "", err
	}
	g := r.Total
	minutes := func(s report.Seconds) int { return int(s) / 60 }
	return fmt.Sprintf("%s: cấp %d số, phục vụ %d, vắng %d; chờ giữa %d phút, 90%% không quá %d phút.", name, g.Issued, g.Served, g.NoShow, minutes(g.Wait.Median), minutes(g.Wait.P90)),
		fmt.Sprintf("%s: %s, %d served, %d absent; median wait %d min, 90%% at most %d min.", name, page.Count(g.Issued, "number"), g.Served, g.NoShow, minutes(g.Wait.Median), minutes(g.Wait.P90)), nil
}

// closeWatching closes what openAlarms and the rest of the watching opened.
func (a *app) closeWatching() error {
	var errs []error
	if a.alarms != nil {
		errs = append(errs, a.alarms.Close())
	}
	if a.hooks != nil {
		errs = append(errs, a.hooks.Close())
	}
	if a.jottings != nil {
		errs = append(errs, a.jottings.Close())
	}
	return errors.Join(errs...)
}
