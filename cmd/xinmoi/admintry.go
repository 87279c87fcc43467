package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/desk"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// tryText is what a test message says.
func (a *app) tryText(ctx context.Context) string {
	name, _ := a.names(ctx)
	return "Tin thử của " + name + ". (A test.)"
}

// because says in both languages what failed and what to do, and why.
func because(vi, en string, err error) error {
	why, whyEN := page.Halves(err.Error())
	return fmt.Errorf("%s. Lý do: %s (%s. The reason: %s)", vi, why, en, whyEN)
}

// phoneTries are the buttons of the telephone's panel.
func (a *app) phoneTries() (list []page.Action) {
	if a.sip == nil {
		return nil
	}
	if a.trunks != nil {
		list = append(list, page.Action{ID: "trunks", Label: "Hỏi trung kế ngay", LabelEN: "Ask the trunks now", Try: func(ctx context.Context, _ string) (string, string, error) {
			return trunkAnswers(a.trunks.Check(ctx))
		}})
	}
	call := page.Action{
		ID: "call", Label: "Gọi thử", LabelEN: "Call", Asks: "Số điện thoại hoặc địa chỉ SIP", AsksEN: "Telephone number or SIP address", Example: "0912345678",
		Try: func(ctx context.Context, typed string) (string, string, error) {
			if err := a.tryCall(ctx, typed); err != nil {
				return "", "", because("không gọi được: xem số vừa gõ, rồi chạy \"xinmoi trunk doctor\"", "the call was not taken: look at what you typed, then run \"xinmoi trunk doctor\"", err)
			}
			return "đã có người nhấc máy và đang nghe lời chào", "somebody has answered and hears what callers hear", nil
		},
	}
	return append(list, call)
}

// trunkAnswers tells what every server said.
func trunkAnswers(list []trunk.Answer, err error) (vi, en string, _ error) {
	var said [2][]string
	add := func(v, e string) { said[0], said[1] = append(said[0], v), append(said[1], e) }
	var bad error
	for _, x := range list {
		name := x.Trunk + " (" + x.Name + ")"
		if x.Err != nil {
			bad = cmp.Or(bad, because(name+" không trả lời: xem dây mạng, tường lửa và server trong cấu hình", name+" does not answer: look at the network, the firewall and server in the configuration", x.Err))
			continue
		}
		add(fmt.Sprintf("%s trả lời %d sau %d ms", name, x.Code, x.RTT.Milliseconds()), fmt.Sprintf("%s answered %d after %d ms", name, x.Code, x.RTT.Milliseconds()))
		switch {
		case x.Refused != nil:
			bad = cmp.Or(bad, because(name+" không cho đăng ký: xem user và password_file, hoặc hỏi nhà mạng", name+" refuses to register us: look at user and password_file, or ask the provider", x.Refused))
		case x.Registry:
			add(fmt.Sprintf("đăng ký được trong %d giây", int(x.Granted.Seconds())), fmt.Sprintf("registered for %d s", int(x.Granted.Seconds())))
		}
	}
	if bad = cmp.Or(bad, err); bad != nil {
		return "", "", bad
	}
	return strings.Join(said[0], "; "), strings.Join(said[1], "; "), nil
}

// smsPanel is what writes short messages, where something does.
func (a *app) smsPanel() (page.Panel, bool) {
	sender, err := a.cfg.SMS.sender()
	if err != nil || sender == nil {
		return page.Panel{}, false
	}
	return page.Panel{
		ID: "sms", Title: "Tin nhắn SMS", TitleEN: "Short messages",
		Rows: func(context.Context) []page.Row {
			return []page.Row{{Label: "Gửi qua", LabelEN: "Sent by", Value: a.cfg.SMS.Driver}}
		},
		Actions: []page.Action{{
			ID: "test", Label: "Gửi tin thử", LabelEN: "Send a test", Asks: "Số điện thoại", AsksEN: "Telephone number", Example: "0912345678",
			Try: func(ctx context.Context, typed string) (string, string, error) {
				if err := phoneNumber(typed); err != nil {
					return "", "", err
				}
				if err := sender.Text(ctx, queue.Telephone(typed), sender.Fit(a.tryText(ctx))); err != nil {
					return "", "", because("chưa gửi được: xem [sms] trong cấu hình và tài khoản ở nhà cung cấp", "not sent: look at [sms] in the configuration and at the provider's account", err)
				}
				return "nhà cung cấp đã nhận tin; điện thoại phải nhận được sau ít giây", "the provider has taken it; the telephone should have it in some seconds", nil
			},
		}},
	}, true
}

// whois is a channel that can tell which account its token belongs to.
type whois interface {
	Who(ctx context.Context) (string, error)
}

// chatTries are the buttons of the chats' panel: who we are there, and a message
// to a chat. Short messages have a panel of their own.
func (a *app) chatTries() (list []page.Action) {
	for _, line := range a.chats {
		channel := line.adapter.Channel()
		if channel == queue.SMS || line.adapter.Caps().OneWay {
			continue
		}
		name := desk.ChannelName(channel)
		if asked, ok := line.adapter.(whois); ok {
			list = append(list, page.Action{ID: string(channel) + "-who", Label: "Hỏi " + name, LabelEN: "Ask " + name, Try: func(ctx context.Context, _ string) (string, string, error) {
				began := time.Now()
				who, err := asked.Who(ctx)
				if err != nil {
					return "", "", because(name+" không nhận token hoặc không tới được: xem token_file và đường ra internet", name+" does not take the token or is not reached: look at token_file and the way to the internet", err)
				}
				ms := time.Since(began).Milliseconds()
				return fmt.Sprintf("trợ lý là %s, trả lời sau %d ms", who, ms), fmt.Sprintf("the bot is %s, answered after %d ms", who, ms), nil
			}})
		}
		list = append(list, page.Action{
			ID: string(channel) + "-test", Label: "Gửi tin thử qua " + name, LabelEN: "Send a test by " + name, Asks: "Mã cuộc trò chuyện " + name, AsksEN: name + " chat id",
			Try: func(ctx context.Context, typed string) (string, string, error) {
				if strings.ContainsFunc(typed, func(r rune) bool { return r <= ' ' || r > '~' }) {
					return "", "", errors.New("mã cuộc trò chuyện chỉ có chữ không dấu và số: người nhận nhắn \"dữ liệu của tôi\" cho trợ lý sẽ thấy mã (a chat id is of letters and digits: the bot tells it to whoever writes \"my data\")")
				}
				if _, err := line.adapter.Send(ctx, typed, dialogue.Text{Body: a.tryText(ctx)}); err != nil {
					return "", "", because("chưa gửi được: người nhận phải nhắn cho trợ lý trước một lần, và mã phải đúng", "not sent: the person must have written to the bot once, and the id must be right", err)
				}
				return "đã gửi", "sent", nil
			},
		})
	}
	return list
}
