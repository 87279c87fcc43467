package sip

import (
	"context"
	"errors"
	"net"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/output"
)

// advice is what is wrong with a device and what to do, in both languages.
type advice struct{ vi, en string }

// hornFault puts an error about one device into words; the end of a context is
// given back as it is.
func hornFault(uri string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	a := adviceFor(err)
	name := hornOf(uri)
	return &output.Fault{VI: "Loa SIP " + name + " " + a.vi, EN: "SIP loudspeaker " + name + " " + a.en, Err: err}
}

func adviceFor(err error) advice {
	var rejected *RejectedError
	var network *net.OpError
	switch {
	case errors.As(err, &rejected):
		return adviceForStatus(rejected.Code)
	case errors.Is(err, errRinging):
		return advice{"đổ chuông mà không tự trả lời: bật tự động trả lời (auto answer) trong thiết bị", "rings and does not answer by itself: enable auto answer in the device"}
	case errors.Is(err, errCutOff):
		return advice{"ngắt giữa chừng: kiểm tra mạng và thiết bị", "hung up in the middle: check network and device"}
	case errors.Is(err, errNoSound), errors.Is(err, errNoG711), errors.Is(err, errNoSDP):
		return advice{"trả lời nhưng không nhận tiếng: bật PCMA trong cài đặt thoại của thiết bị", "answers but takes no sound: enable PCMA in the device's audio settings"}
	case errors.As(err, &network):
		return advice{"không có đường mạng tới: kiểm tra dây mạng và địa chỉ", "cannot be reached: check network cable and address"}
	}
	return advice{"không trả lời: kiểm tra nguồn điện, dây mạng và địa chỉ", "does not answer: check power, network cable and address"}
}

func adviceForStatus(code int) advice {
	switch code {
	case sip.StatusUnauthorized, sip.StatusProxyAuthRequired, sip.StatusForbidden:
		return advice{"từ chối mật khẩu: sửa user và password_file trong cấu hình", "refuses the password: mend user and password_file in the configuration"}
	case sip.StatusNotFound, sip.StatusGone:
		return advice{"không có số này: sửa địa chỉ trong cấu hình", "has no such number: mend the address in the configuration"}
	case sip.StatusBusyHere, sip.StatusGlobalBusyEverywhere:
		return advice{"đang bận cuộc khác: đợi cuộc đó xong, hoặc cho lời gọi quyền ưu tiên trong thiết bị", "is busy with another call: wait for its end, or give announcements priority in the device"}
	case sip.StatusNotAcceptableHere:
		return advice{"không nhận âm thanh G.711: bật PCMA trong thiết bị", "takes no G.711 sound: enable PCMA in the device"}
	}
	return advice{"không nhận cuộc gọi: xem nhật ký của thiết bị", "does not take the call: see the device's log"}
}

// hornOf names a device for people, without a password or parameters.
func hornOf(uri string) string {
	var u sip.Uri
	if sip.ParseUri(uri, &u) != nil {
		return clip(uri)
	}
	if u.User == "" {
		return clip(u.Host)
	}
	return clip(u.User + "@" + u.Host)
}
