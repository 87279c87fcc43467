package api

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// What somebody without a right does next. It depends on who asks: who runs
// the server can make a token, a device asks the administrator for another, a
// citizen can do neither.

// refuse says why the caller has no right, and who has it.
func (s *Server) refuse(id identity, r right) *Problem {
	if id.anonymous() {
		return newProblem(queue.CodeUnauthorized, "this needs a token with the right %q", r).withAdvice(s.adviceForNobody(r))
	}
	p := newProblem(queue.CodeForbidden, "the token does not give the right %q", r)
	switch {
	case len(id.grants) == 0:
		return p.withAdvice(linkAdvice())
	case id.person():
		return p.withAdvice(personAdvice(r))
	case r == act(queue.Rate):
		return p.withAdvice(rateAdvice())
	default:
		return p.withAdvice(roleAdvice(s.rolesWith(r)))
	}
}

// rolesWith lists the roles that have a right, the least powerful first.
func (s *Server) rolesWith(r right) []queue.Role {
	return slices.DeleteFunc(cookieRoles(), func(role queue.Role) bool { return !s.allows(actor(role), r) })
}

// adviceForNobody is for a program that shows no token.
func (s *Server) adviceForNobody(r right) advice {
	roles := s.rolesWith(r)
	if len(roles) == 0 {
		return advice{}
	}
	a := roleWords(roles)
	a.hint = fmt.Sprintf("Send Authorization: Bearer TOKEN. %s (on the server: xinmoi token -role %s)", a.hint, roles[0])
	a.hintVI = fmt.Sprintf("Gửi Authorization: Bearer MÃ. %s (trên máy chủ: xinmoi token -role %s)", a.hintVI, roles[0])
	switch {
	case r == mayTicket:
		a.hint += "; without a token a ticket is found by its 9-digit lookup code alone."
		a.hintVI += "; không có mã truy cập thì chỉ tra được phiếu bằng mã tra cứu 9 chữ số."
	case s.allows(holder, r):
		a.hint += "; the token of the ticket's own link will do, too."
		a.hintVI += "; mã trong liên kết của chính phiếu đó cũng dùng được."
	default:
		a.hint, a.hintVI = a.hint+".", a.hintVI+"."
	}
	return a
}

// roleAdvice is for a device whose token is of another role. It names no
// command: who holds a token is seldom who makes them.
func roleAdvice(roles []queue.Role) advice {
	a := roleWords(roles)
	return advice{a.hint + ".", a.hintVI + "."}
}

// roleWords is the same as part of a sentence.
func roleWords(roles []queue.Role) advice {
	var en, vi []string
	for _, r := range slices.Compact(slices.Clone(roles)) {
		en = append(en, string(r))
		vi = append(vi, roleVI(r)+" ("+string(r)+")")
	}
	return advice{
		"A token of role " + strings.Join(en, " or ") + " is needed: ask the administrator for one",
		"Cần mã truy cập quyền " + strings.Join(vi, " hoặc ") + ": nhờ người quản trị cấp",
	}
}

// roleVI is what a role is called.
func roleVI(r queue.Role) string {
	switch r {
	case queue.RoleAdmin:
		return "quản trị"
	case queue.RoleStaff:
		return "cán bộ"
	case queue.RoleKiosk:
		return "máy lấy số"
	case queue.RoleBoard:
		return "bảng thông báo"
	default:
		return "kênh lấy số"
	}
}

// linkAdvice is for a citizen who holds a ticket's link.
func linkAdvice() advice {
	return advice{
		"With the link you can follow the ticket, be late, check in, cancel and rate it; for anything else ask at the help desk.",
		"Liên kết của phiếu dùng để theo dõi, lùi lượt, báo có mặt, hủy và đánh giá; việc khác xin hỏi quầy hướng dẫn.",
	}
}

// otherLinkAdvice is for one who tries a link on another ticket.
func otherLinkAdvice() advice {
	return advice{
		"A link is for its own ticket alone: open the other ticket's link, or find that ticket by its 9-digit lookup code.",
		"Mỗi liên kết chỉ dùng cho phiếu của nó: mở liên kết của phiếu kia, hoặc tra bằng mã tra cứu 9 chữ số.",
	}
}

// rateAdvice is for staff, who do not rate their own work.
func rateAdvice() advice {
	return advice{
		"Only the citizen rates: by the ticket's link, at the kiosk, on the phone or in a chat. Ask the citizen to do it there.",
		"Chỉ người dân đánh giá: qua liên kết của phiếu, tại máy lấy số, qua điện thoại hoặc tin nhắn. Mời người dân đánh giá ở đó.",
	}
}

// staffChannelAdvice is for a device that gives itself out as staff.
func staffChannelAdvice(roles []queue.Role) advice {
	a := roleWords(roles)
	return advice{
		"Name the channel that the number is really taken through, like kiosk or phone; for channel staff: " + lowerFirst(a.hint) + ".",
		"Ghi đúng kênh lấy số, như kiosk hoặc phone; với kênh staff: " + lowerFirst(a.hintVI) + ".",
	}
}

// lowerFirst is for a sentence that goes on in another.
func lowerFirst(s string) string {
	first := []rune(s)[:1]
	return strings.ToLower(string(first)) + strings.TrimPrefix(s, string(first))
}

// wrongTokenAdvice is for whoever shows a token that is not known: a device
// whose token was withdrawn, or a citizen with a link of long ago.
func wrongTokenAdvice() advice {
	return advice{
		"The token is wrong or was withdrawn: ask the administrator for a new one. The link of a ticket: open it again as it is on the ticket.",
		"Mã truy cập sai hoặc đã thu hồi: nhờ người quản trị cấp mã mới. Liên kết của phiếu: mở lại đúng như trên phiếu.",
	}
}

// otherSiteAdvice is for a browser that another site made to send something.
func otherSiteAdvice() advice {
	return advice{
		"Open the office's own page and do it there.",
		"Mở trang của trung tâm và thao tác tại đó.",
	}
}
