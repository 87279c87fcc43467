package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// sheet is one form and where in a setup the thing is that it changes.
type sheet interface {
	// apply puts what was typed into the setup, as form.Form.Apply does; false if
	// the thing is not there any more.
	apply(s *queue.Setup, posted map[string][]string) (form.Problems, bool)
	// rows gives the form: with what was typed, or, with nil, as it is now.
	rows(l page.Lang, s queue.Setup, posted map[string][]string, wrong form.Problems) (rows []form.Row, general []string, ok bool)
}

// sheetOf changes the T that at finds in a setup.
type sheetOf[T any] struct {
	form form.Form[T]
	at   func(*queue.Setup) *T // Nil = not there.
}

func (f sheetOf[T]) apply(s *queue.Setup, posted map[string][]string) (form.Problems, bool) {
	thing := f.at(s)
	if thing == nil {
		return nil, false
	}
	return f.form.Apply(thing, posted), true
}

func (f sheetOf[T]) rows(l page.Lang, s queue.Setup, posted map[string][]string, wrong form.Problems) ([]form.Row, []string, bool) {
	s = copyOf(s)
	thing := f.at(&s)
	now := form.Values{}
	if thing != nil {
		now = f.form.Values(*thing)
	}
	values := now
	if posted != nil {
		values, _ = f.form.Typed(posted)
	}
	return f.form.Rows(l, values, now, wrong), f.form.General(l, wrong), thing != nil
}

// copyOf shares no list with s that a form changes.
func copyOf(s queue.Setup) queue.Setup {
	s.Services, s.Counters, s.Procedures = slices.Clone(s.Services), slices.Clone(s.Counters), slices.Clone(s.Procedures)
	s.Agencies, s.Zones, s.Days, s.Hours = slices.Clone(s.Agencies), slices.Clone(s.Zones), slices.Clone(s.Days), slices.Clone(s.Hours)
	return s
}

// whole is a sheet about the office itself.
func whole(f form.Form[queue.Setup]) sheet {
	return sheetOf[queue.Setup]{f, func(s *queue.Setup) *queue.Setup { return s }}
}

func officeForm() form.Form[queue.Setup] {
	text := form.TextOf[queue.Setup]
	name := text("name", form.Text{VI: "Tên cơ quan", EN: "Name of the office"}, func(s *queue.Setup) *string { return &s.Name })
	name.Required, name.Example = true, "Trung tâm Phục vụ hành chính công xã …"
	name.Set = func(s *queue.Setup, v []string) *form.Text {
		if s.NameEN == queue.CommuneCentre().NameEN {
			s.NameEN = "" // Another office's.
		}
		s.Name = form.First(v)
		return nil
	}
	address := text("address", form.Text{VI: "Địa chỉ", EN: "Address"}, func(s *queue.Setup) *string { return &s.Address })
	address.Hint = form.Text{VI: "In trên áp phích, tờ rơi.", EN: "On posters and leaflets."}
	hotline := text("hotline", form.Text{VI: "Số điện thoại hỏi lượt", EN: "Telephone to ask with"}, func(s *queue.Setup) *string { return &s.Kiosk.Hotline })
	hotline.Max = 60
	hotline.Hint = form.Text{VI: "Hiện trên trang của người dân, phiếu, áp phích.", EN: "On citizens' pages, paper and posters."}
	return form.Form[queue.Setup]{
		name,
		text("name_en", form.Text{VI: "Tên tiếng Anh", EN: "Name in English"}, func(s *queue.Setup) *string { return &s.NameEN }),
		address, hotline, timeZone(),
		form.ChoiceOf("region", form.Text{VI: "Giọng đọc theo vùng", EN: "Region of the spoken words"}, regions(), func(s *queue.Setup) *string { return &s.Region }),
		{
			Name: "by_value", Label: form.Text{VI: "Đọc số A012 thành", EN: "A012 is said as"}, Kind: form.Choice, Options: []form.Option{
				{Value: "digits", Label: form.Text{VI: "A không một hai (từng chữ số)", EN: "A zero one two (digit by digit)"}},
				{Value: "value", Label: form.Text{VI: "A mười hai", EN: "A twelve"}},
			},
			Get: func(s queue.Setup) []string {
				if s.ByValue {
					return []string{"value"}
				}
				return []string{"digits"}
			},
			Set: func(s *queue.Setup, v []string) *form.Text { s.ByValue = form.First(v) == "value"; return nil },
		},
	}
}

func regions() []form.Option {
	return []form.Option{
		{Value: "north", Label: form.Text{VI: "Miền Bắc", EN: "North"}}, {Value: "central", Label: form.Text{VI: "Miền Trung", EN: "Central"}},
		{Value: "south", Label: form.Text{VI: "Miền Nam", EN: "South"}},
	}
}

// rate is a class's rate beside the normal one, as a choice.
func rate(name string, label form.Text, at func(*queue.Rates) *float64) form.Field[queue.Setup] {
	return form.Field[queue.Setup]{
		Name: name, Label: label, Kind: form.Line, Max: 6, Required: true,
		Hint: form.Text{VI: "1 = như diện thường; 3 = chờ 10 phút tính như 30 phút. Từ 1 đến 4.", EN: "1 = as everybody; 3 = 10 minutes count as 30. From 1 to 4."},
		Get: func(s queue.Setup) []string {
			r := s.Rates
			if r == (queue.Rates{}) {
				r = queue.DefaultRates()
			}
			return []string{strings.ReplaceAll(strconv.FormatFloat(*at(&r)/r.Normal, 'g', 4, 64), ".", ",")}
		},
		Set: func(s *queue.Setup, v []string) *form.Text {
			if s.Rates == (queue.Rates{}) {
				s.Rates = queue.DefaultRates()
			}
			n, err := strconv.ParseFloat(strings.ReplaceAll(form.First(v), ",", "."), 64)
			if err != nil || !(n >= 1 && n <= 4) {
				return form.Say("%q không hợp lệ: gõ một số từ 1 đến 4.", "%q does not do: give a number from 1 to 4.", form.First(v))
			}
			*at(&s.Rates) = n * s.Rates.Normal
			return nil
		},
	}
}

func rulesForm() form.Form[queue.Setup] {
	number := func(name, vi, en, hintVI, hintEN string, most int, at func(*queue.Rules) *int) form.Field[queue.Setup] {
		f := form.NumberOf(name, form.Text{VI: vi, EN: en}, 0, most, func(s *queue.Setup) *int { return at(&s.Rules) })
		f.Hint = form.Text{VI: hintVI, EN: hintEN}
		return f
	}
	check := func(name, vi, en string, at func(*queue.Rules) *bool) form.Field[queue.Setup] {
		return form.CheckOf(name, form.Text{VI: vi, EN: en}, func(s *queue.Setup) *bool { return at(&s.Rules) })
	}
	priority := rate("priority", form.Text{VI: "Hệ số ưu tiên", EN: "Weight of priority"}, func(r *queue.Rates) *float64 { return &r.Priority })
	priority.Heading = form.Text{VI: "Thứ tự gọi", EN: "Who is called first"}
	person := number("person_most", "Mỗi người nhiều nhất mấy số một ngày", "Numbers a person and day", "Để trống = không giới hạn.", "Empty = no limit.", 100, func(r *queue.Rules) *int { return &r.PersonMost })
	person.Heading = form.Text{VI: "Giới hạn", EN: "Limits"}
	calls := number("calls_most", "Gọi một số nhiều nhất mấy lần", "Calls of one number", "Để trống = 5.", "Empty = 5.", 100, func(r *queue.Rules) *int { return &r.CallsMost })
	calls.Heading = form.Text{VI: "Gọi, vắng mặt, quay lại", EN: "Calls, absence, coming back"}
	remote := form.ClockOf("remote_until", form.Text{VI: "Số lấy từ xa chưa báo đến hết hạn lúc", EN: "Numbers from afar not checked in end at"}, func(s *queue.Setup) *string { return &s.Rules.RemoteUntil })
	remote.Hint = form.Text{VI: "Để trống = không hết hạn.", EN: "Empty = never."}
	checkIn := check("check_in", "Số lấy từ xa chỉ được gọi sau khi người dân báo đã đến", "Numbers from afar are called only after check-in", func(r *queue.Rules) *bool { return &r.CheckIn })
	checkIn.Heading = form.Text{VI: "Số lấy từ xa", EN: "Numbers taken from afar"}
	auto := check("auto_call", "Quầy trống tự gọi, quầy rảnh lâu nhất trước", "A free counter calls by itself, the longest idle first", func(r *queue.Rules) *bool { return &r.AutoCall })
	auto.Heading = form.Text{VI: "Gọi tự động", EN: "Automatic calls"}
	return form.Form[queue.Setup]{
		priority,
		rate("appointment", form.Text{VI: "Hệ số hẹn giờ", EN: "Weight of appointments"}, func(r *queue.Rates) *float64 { return &r.Appointment }),
		check("card_only", "Ưu tiên chỉ khi có thẻ hoặc cán bộ xác nhận", "Priority only by card or by staff", func(r *queue.Rules) *bool { return &r.CardOnly }),
		person,
		number("organisation_most", "Mỗi tổ chức nhiều nhất mấy số một ngày", "Numbers an organisation and day", "Để trống = như mỗi người.", "Empty = as a person.", 100, func(r *queue.Rules) *int { return &r.OrganisationMost }),
		number("last_minutes", "Ngừng cấp số trước giờ đóng cửa (phút)", "No numbers before closing (minutes)", "Để trống = đến giờ đóng cửa.", "Empty = until closing.", 24*60, func(r *queue.Rules) *int { return &r.LastMinutes }),
		check("stop_too_late", "Ngừng cấp số khi dự đoán không kịp phục vụ trong ngày", "Stop when people would not be served in time", func(r *queue.Rules) *bool { return &r.StopTooLate }),
		calls,
		number("no_show_seconds", "Sau lần gọi cuối bao nhiêu giây thì tự ghi vắng", "Absent so long after the last call (seconds)", "Để trống = cán bộ quyết định.", "Empty = staff decide.", 24*60*60, func(r *queue.Rules) *int { return &r.NoShowSeconds }),
		number("restore_minutes", "Vắng rồi được quay lại trong (phút)", "Absent people may come back within (minutes)", "Để trống = 30.", "Empty = 30.", 24*60, func(r *queue.Rules) *int { return &r.RestoreMinutes }),
		number("later_most", "Nhường lượt nhiều nhất mấy lần", "Pushed back at most", "Để trống = 2.", "Empty = 2.", 100, func(r *queue.Rules) *int { return &r.LaterMost }),
		number("undo_seconds", "Cán bộ hoàn tác được trong (giây)", "Staff may undo within (seconds)", "Để trống = 60.", "Empty = 60.", 24*60*60, func(r *queue.Rules) *int { return &r.UndoSeconds }),
		checkIn, remote, auto,
		number("auto_call_seconds", "Để quầy nghỉ bao nhiêu giây trước khi tự gọi", "A counter is left in peace for (seconds)", "", "", 24*60*60, func(r *queue.Rules) *int { return &r.AutoCallSeconds }),
		helpFactor(),
	}
}

func helpFactor() form.Field[queue.Setup] {
	return form.Field[queue.Setup]{
		Name: "help_factor", Label: form.Text{VI: "Quầy hỗ trợ hàng khác khi hàng ấy chờ lâu gấp mấy lần", EN: "A counter helps a line that waits so many times as long"}, Max: 6,
		Hint: form.Text{VI: "Từ 0,1 đến 10; để trống = 1.", EN: "From 0.1 to 10; empty = 1."},
		Get: func(s queue.Setup) []string {
			if s.Rules.HelpFactor == 0 {
				return nil
			}
			return []string{strings.ReplaceAll(strconv.FormatFloat(s.Rules.HelpFactor, 'g', 4, 64), ".", ",")}
		},
		Set: func(s *queue.Setup, v []string) *form.Text {
			if s.Rules.HelpFactor = 0; len(v) == 0 {
				return nil
			}
			n, err := strconv.ParseFloat(strings.ReplaceAll(form.First(v), ",", "."), 64)
			if err != nil || !(n >= 0.1 && n <= 10) {
				return form.Say("%q không hợp lệ: gõ một số từ 0,1 đến 10.", "%q does not do: give a number from 0.1 to 10.", form.First(v))
			}
			s.Rules.HelpFactor = n
			return nil
		},
	}
}

// weekdays are in the order in which a week of work has them.
func weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

// Weekday names a day of the week.
func Weekday(d time.Weekday) form.Text {
	vi := [...]string{"Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy"}
	return form.Text{VI: vi[d], EN: d.String()}
}

func hoursForm() form.Form[queue.Setup] {
	f := form.Form[queue.Setup]{}
	for _, day := range weekdays() {
		f = append(f, form.Field[queue.Setup]{
			Name: fmt.Sprintf("day%d", day), Label: Weekday(day), Max: 120, Example: "07:30–11:30, 13:00–17:00",
			Get: func(s queue.Setup) []string { return []string{writeSpans(spansOf(s, day))} },
			Set: func(s *queue.Setup, v []string) *form.Text {
				spans, wrong := ReadSpans(form.First(v))
				if wrong != nil {
					return wrong
				}
				s.Hours = slices.DeleteFunc(slices.Clone(s.Hours), func(h queue.Hours) bool { return h.Day == day })
				for _, p := range spans {
					s.Hours = append(s.Hours, queue.Hours{Day: day, From: p.From, To: p.To})
				}
				slices.SortFunc(s.Hours, func(a, b queue.Hours) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.From, b.From)) })
				return nil
			},
		})
	}
	f[0].Hint = form.Text{VI: "Mỗi buổi viết như 07:30–11:30, cách nhau dấu phẩy; để trống = nghỉ. Cả tuần để trống = mở suốt ngày đêm.", EN: "Sessions like 07:30–11:30, with commas between; empty = closed. A whole week empty = open around the clock."}
	return f
}

func spansOf(s queue.Setup, day time.Weekday) (list []queue.Span) {
	for _, h := range s.Hours {
		if h.Day == day {
			list = append(list, queue.Span{From: h.From, To: h.To})
		}
	}
	return list
}

func writeSpans(list []queue.Span) string {
	var out []string
	for _, p := range list {
		out = append(out, p.From+"–"+p.To)
	}
	return strings.Join(out, ", ")
}

// ReadSpans reads sessions as people type them: "7:30-11:30, 13h–17h".
func ReadSpans(text string) (list []queue.Span, wrong *form.Text) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		from, to, ok := strings.Cut(strings.NewReplacer("–", "-", "—", "-", "đến", "-").Replace(part), "-")
		if !ok {
			return nil, form.Say("%q: viết hai giờ cách nhau dấu gạch, như 07:30–11:30.", "%q: write two times with a dash between, like 07:30–11:30.", strings.TrimSpace(part))
		}
		p := queue.Span{}
		for text, at := range map[string]*string{strings.TrimSpace(from): &p.From, strings.TrimSpace(to): &p.To} {
			clock, wrong := form.ReadClock(text)
			if wrong == nil && clock == "" {
				wrong = form.Say("Thiếu giờ: viết như 07:30–11:30.", "A time is missing: write like 07:30–11:30.")
			}
			if wrong != nil {
				return nil, wrong
			}
			*at = clock
		}
		if p.From >= p.To {
			return nil, form.Say("%s–%s: giờ đóng cửa phải sau giờ mở cửa.", "%s–%s: closing must be after opening.", p.From, p.To)
		}
		for _, other := range list {
			if p.From < other.To && other.From < p.To {
				return nil, form.Say("%s–%s trùng với %s–%s: sửa một trong hai.", "%s–%s overlaps %s–%s: change one of them.", p.From, p.To, other.From, other.To)
			}
		}
		list = append(list, p)
	}
	return list, nil
}

// letters reports whether s is one to three capital letters.
func letters(s string) bool {
	for _, r := range s {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return s != "" && len(s) <= 3
}

// idOf makes a short name of words: "Hộ tịch" → "ho-tich".
func idOf(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(plain(text)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 40)], "-")
}

// plain takes the marks off Vietnamese letters.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'đ':
			return 'd'
		case r == 'Đ':
			return 'D'
		}
		return r
	}, norm.NFD.String(text))
}
