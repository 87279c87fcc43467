package officefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// undecoded tells people why the head of a file could not be read, and in which
// line of it, if that is sure.
func undecoded(text []byte, err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		in, inEN := "tệp", "the file"
		if at := bytes.Index(text, []byte(name)); at >= 0 && bytes.Count(text, []byte(name)) == 1 {
			in, inEN = fmt.Sprintf("dòng %d", lineAt(text, int64(at))), fmt.Sprintf("line %d", lineAt(text, int64(at)))
		}
		return wrong("%[1]s có mục %[3]s mà chương trình này không biết: sửa tên mục, bỏ mục ấy, hoặc nâng cấp chương trình",
			"%[2]s says %[3]s, which this program does not know: mend its name, leave it out, or upgrade the program", in, inEN, name)
	}
	if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
		return wrong("dòng %[1]d, mục %[2]s: giá trị viết không đúng kiểu, như chữ ở chỗ của số", "line %[1]d, %[2]s: a value of the wrong kind, as words where a number belongs", lineAt(text, kind.Offset), kind.Field)
	}
	return wrong("tệp có mục mà chương trình này không biết, hoặc bị sửa hỏng: %v", "it says something that this program does not know, or is damaged: %[1]w", err)
}

// lineAt is the line, from 1, in which an offset lies.
func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}

// unusable tells people why a setup could not be run.
func unusable(err error) error {
	message := err.Error()
	if e := (*queue.Error)(nil); errors.As(err, &e) {
		message = e.Message
	}
	for _, w := range refusals() {
		if m := w.english.FindStringSubmatchIndex(message); m != nil {
			return fmt.Errorf("cài đặt trong tệp chưa dùng được: %s (its settings cannot be used: %w)", w.english.ExpandString(nil, w.vietnamese, message, m), err)
		}
	}
	return wrong("cài đặt trong tệp chưa dùng được: %v", "its settings cannot be used: %[1]w", err)
}

// refusal is what queue.Setup.Check says in English, and how it is told here.
type refusal struct {
	english    *regexp.Regexp
	vietnamese string // $1 … are what the groups of english have found.
}

// refusals are those that editing a file by hand leads to most.
func refusals() (list []refusal) {
	for _, w := range [][2]string{
		{`office id (".*"): use`, `mã cơ quan $1: chỉ dùng chữ thường không dấu, chữ số, gạch nối`},
		{`an office needs at least one service and one counter`, `cần ít nhất một hàng đợi và một quầy`},
		{`time zone (".*"): give`, `múi giờ $1 không có: viết như Asia/Ho_Chi_Minh`},
		{`name: an office needs one`, `cơ quan chưa có tên`},
		{`region (".*"): give`, `vùng giọng đọc $1: viết north (Bắc), central (Trung) hoặc south (Nam)`},
		{`weekday (-?\d+): give`, `thứ trong tuần $1: viết từ 0 (chủ nhật) đến 6`},
		{`day (".*"): give a date`, `ngày $1: viết như 2027-02-06, mỗi ngày một lần`},
		{`hours (.*)–(.*) and (.*)–(.*) overlap`, `giờ $1–$2 và $3–$4 trùng nhau`},
		{`hours (.*)–(.*): give times`, `giờ $1–$2: viết như 07:30, giờ sớm trước`},
		{`agency (".*"): use`, `sở, ngành $1: mã chỉ dùng chữ thường không dấu, chữ số, gạch nối, mỗi mã một lần`},
		{`service (\S+) belongs to agency (".*"), which`, `hàng đợi $1 thuộc sở, ngành $2, mà không có`},
		{`counter (\S+) belongs to agency (".*"), which`, `quầy $1 thuộc sở, ngành $2, mà không có`},
		{`service (".*"): use one to three`, `hàng đợi $1: mã là một đến ba chữ in hoa A–Z, mỗi mã một lần`},
		{`counter (".*"): use numbers`, `quầy $1: mã là số từ 1, mỗi mã một lần`},
		{`counter (\S+) serves (".*"), which`, `quầy $1 phục vụ hàng đợi $2, mà không có`},
		{`counter (\S+) helps (".*"), which`, `quầy $1 hỗ trợ hàng đợi $2, mà không có hoặc là việc của chính quầy`},
		{`procedure (\S+) belongs to (".*"), which`, `thủ tục $1 thuộc hàng đợi $2, mà không có`},
		{`numbers (-?\d+) to (-?\d+) of service (\S+): give 1 to (\d+)`, `số $1 đến $2 của hàng đợi $3: viết từ 1 đến $4, số nhỏ trước`},
		{`quota (-?\d+) of service (\S+): give 0 to (\d+)`, `số mỗi ngày $1 của hàng đợi $2: viết từ 0 đến $3`},
		{`name (".*") is longer than (\d+) bytes`, `tên $1 dài quá $2 byte, hoặc có ký tự lạ`},
		{`(\w+) (-?\d+): give 0 to (\d+)$`, `$1 = $2: viết từ 0 đến $3`},
		{`rate (\S+) is outside`, `hệ số $1: viết từ 1 đến 4 lần hệ số thường`},
	} {
		list = append(list, refusal{regexp.MustCompile("^" + w[0]), w[1]})
	}
	return list
}
