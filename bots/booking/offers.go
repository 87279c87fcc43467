package booking

import (
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Offers is what can be answered to a notice about a booking.
func Offers(b appointment.Booking, kind appointment.NoticeKind) (all []dialogue.Offer) {
	l := page.Lang(b.Language)
	switch kind {
	case appointment.SayConfirmed, appointment.SayMoved, appointment.SayPromoted, appointment.SayReminder:
		return []dialogue.Offer{{Label: l.T("Đổi giờ", "Change the time"), Arg: opMoveDay + " " + b.Code}, {Label: l.T("Hủy hẹn", "Cancel it"), Arg: opCancel + " " + b.Code}}
	case appointment.SayDeclined, appointment.SayLapsed, appointment.SayCancelled, appointment.SayMissed:
		return []dialogue.Offer{{Label: l.T("Đặt lịch khác", "Another appointment"), Arg: opDays + " " + b.Service}}
	default:
		return nil
	}
}
