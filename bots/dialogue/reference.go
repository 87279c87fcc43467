package dialogue

import (
	"regexp"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// visitPhrases lists what is said of a number that is held, of a visit, and of
// what is kept about a person; a longer phrase stands before its own beginning.
func visitPhrases() []phrase {
	return []phrase{
		{"toi den tre", Later, "", false}, {"toi den muon", Later, "", false}, {"toi se den tre", Later, "", false}, {"den tre", Later, "", true}, {"den muon", Later, "", true},
		{"xin lui lai", Later, "", false}, {"lui so", Later, "", true}, {"lui lai", Later, "", false}, {"toi tre", Later, "", false}, {"i am late", Later, "", false}, {"late", Later, "", true},
		{"toi da den noi", Here, "", true}, {"toi da den", Here, "", true}, {"toi den roi", Here, "", true}, {"da den noi", Here, "", true}, {"da den", Here, "", true}, {"den roi", Here, "", true},
		{"toi co mat", Here, "", true}, {"co mat", Here, "", true}, {"toi o day", Here, "", false}, {"i am here", Here, "", true}, {"here", Here, "", true}, {"check in", Here, "", true}, {"den", Here, "", true},
		{"danh gia", Rate, "", true}, {"cham diem", Rate, "", true}, {"rate", Rate, "", true},
		{"theo doi so", Follow, "", true}, {"theo doi phieu", Follow, "", true}, {"theo doi", Follow, "", true}, {"ma tra cuu", Follow, "", true}, {"ma phieu", Follow, "", true}, {"follow", Follow, "", true},
		{"bao toi khi con", Watch, "", true}, {"bao khi con", Watch, "", true}, {"bao truoc", Watch, "", true}, {"bao som", Watch, "", true}, {"doi nguong bao", Watch, "", true}, {"tell me at", Watch, "", true}, {"warn me at", Watch, "", true},
		{"so dien thoai cua toi la", Phone, "", true}, {"so dien thoai la", Phone, "", true}, {"so dien thoai", Phone, "", true}, {"dien thoai", Phone, "", true}, {"xoa so dien thoai", Phone, "0", false}, {"bo so dien thoai", Phone, "0", false}, {"my phone is", Phone, "", true}, {"phone", Phone, "", true},
		{"toi khong nghe duoc", Deaf, "", false}, {"toi khong nghe ro", Deaf, "", false}, {"toi khiem thinh", Deaf, "", false}, {"khiem thinh", Deaf, "", false}, {"toi bi diec", Deaf, "", false}, {"i cannot hear", Deaf, "", false}, {"i am deaf", Deaf, "", false}, {"toi nghe duoc", Deaf, "0", false}, {"i can hear", Deaf, "0", false},
		{"du lieu cua toi", MyData, "", false}, {"thong tin cua toi", MyData, "", false}, {"toi da cho biet gi", MyData, "", false}, {"xem du lieu", MyData, "", false}, {"my data", MyData, "", false}, {"what do you know about me", MyData, "", false},
	}
}

var (
	startWord = regexp.MustCompile(`^/?(?i:start)(?:@\S+)?\s+([A-Za-z0-9_-]{4,64})$`)
	linkPath  = regexp.MustCompile(`/t/([A-Za-z0-9_-]{16,64})/?$`)
	codeDigit = regexp.MustCompile(`^(?i:mã|ma|code)?[:\s]*((?:\d[ .\x{a0}-]*){9})$`)
)

// hereLead stands before the code of the hall in a deep link: its QR is scanned
// there.
const hereLead = "in-"

// HereLink is what a deep link of the hall carries: "in-482193".
func HereLink(code string) string { return hereLead + code }

// reference reads what names a ticket, or the hall, in letters whose case
// matters: the link of a paper ticket, its lookup code, the hall's code.
func reference(text string) (Intent, bool) {
	text = strings.TrimSpace(text)
	if m := startWord.FindStringSubmatch(text); m != nil {
		if code, ok := strings.CutPrefix(m[1], hereLead); ok {
			return Intent{Here, code}, true
		}
		if len(m[1]) >= minToken {
			return Intent{Follow, m[1]}, true
		}
	}
	if m := linkPath.FindStringSubmatch(text); m != nil {
		return Intent{Follow, m[1]}, true
	}
	if m := codeDigit.FindStringSubmatch(text); m != nil {
		digits := onlyDigits(m[1])
		if code, ok := queue.ParseCode(digits); ok {
			return Intent{Follow, code}, true
		}
		return Intent{Follow, digits}, true // Mistyped: the answer says so.
	}
	return Intent{}, false
}

// minToken is the least length of a ticket link's token.
const minToken = 16

// opinion reads how satisfied somebody is: "rất hài lòng" is 5.
func opinion(folded string) (level string, ok bool) {
	for _, o := range []struct{ level, words string }{
		{"1", "rat khong hai long|qua te|rat te|te|terrible|very bad"}, {"2", "khong hai long|chua hai long|bad"}, {"3", "binh thuong|tam duoc|cung duoc|average"},
		{"5", "rat hai long|tuyet voi|rat tot|excellent|very good"}, {"4", "hai long|tot|good"},
	} {
		for _, w := range strings.Split(o.words, "|") {
			if folded == w || folded == "toi "+w {
				return o.level, true
			}
		}
	}
	words := strings.Fields(figures(folded))
	if len(words) == 2 && (words[1] == "sao" || words[1] == "diem" || words[1] == "stars" || words[1] == "star") && len(words[0]) == 1 && words[0] >= "1" && words[0] <= "5" {
		return words[0], true
	}
	return "", false
}
