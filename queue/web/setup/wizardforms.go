package setup

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/holiday"
)

func wizardOffice(*Desk, queue.Setup) form.Form[queue.Setup] {
	return slices.DeleteFunc(officeForm(), func(f form.Field[queue.Setup]) bool {
		return slices.Contains([]string{"by_value", "name_en", "hotline", "time_zone"}, f.Name)
	})
}

// dropSamples is the box beside the queues.
const dropSamples = "samples"

// wizardServices asks for all queues at once, a line for each, and whether
// sample procedures that do not fit them any more shall go.
func wizardServices(_ *Desk, now queue.Setup) form.Form[queue.Setup] {
	lines := form.Field[queue.Setup]{
		Name: "lines", Label: form.Text{VI: "Mỗi dòng một hàng đợi: chữ cái rồi tên, hoặc chỉ tên", EN: "One queue a line: a letter and the name, or the name alone"}, Kind: form.Lines, Required: true, Max: 8000,
		Hint: form.Text{
			VI: "Ví dụ: A Hộ tịch, chứng thực. Dòng không có chữ cái được đặt chữ cái còn trống. Bỏ một dòng là bỏ hàng đợi ấy cùng các thủ tục của nó; thủ tục mẫu sang hàng đợi hợp tên nhất.",
			EN: "Like: A Civil status. A line without a letter gets the next free one. Without its line a queue goes, with its procedures; samples go to the queue whose name fits them best.",
		},
		Get: func(s queue.Setup) []string {
			var lines []string
			for _, v := range s.Services {
				lines = append(lines, v.ID+" "+v.Name)
			}
			return []string{strings.Join(lines, "\n")}
		},
	}
	lines.Set = func(s *queue.Setup, v []string) *form.Text {
		all, wrong := readQueues(form.First(v), s.Services)
		if wrong == nil {
			replaceServices(s, all)
		}
		return wrong
	}
	f := form.Form[queue.Setup]{lines}
	if samples := slices.DeleteFunc(slices.Clone(now.Procedures), func(p queue.Procedure) bool { return !sample(p) }); len(samples) > 0 {
		var names, namesEN []string
		for _, p := range samples {
			names, namesEN = append(names, p.Name), append(namesEN, p.NameEN)
		}
		f = append(f, form.Field[queue.Setup]{
			Name: dropSamples, Label: form.Text{VI: "Bỏ thủ tục mẫu không hợp tên hàng đợi nào", EN: "Remove the sample procedures that fit the name of no queue"}, Kind: form.Check,
			Hint: *form.Say("Bỏ dấu để giữ lại. Thủ tục mẫu: %[1]s. Hàng đợi mới hoặc không còn thủ tục được thêm một thủ tục cùng tên, để máy lấy số mời được; sửa sau ở Lĩnh vực, thủ tục.",
				"Untick to keep them. The samples: %[2]s. A queue that is new or has no procedure left gets one of its own name, so that the kiosks offer it; change them later under Fields and procedures.", strings.Join(names, "; "), strings.Join(namesEN, "; ")),
			Get: func(queue.Setup) []string { return []string{form.Yes} },
			Set: func(*queue.Setup, []string) *form.Text { return nil }, // Read by saveServices.
		})
	}
	return f
}

func wizardCounters(_ *Desk, s queue.Setup) form.Form[queue.Setup] {
	number := form.Field[queue.Setup]{
		Name: "count", Label: form.Text{VI: "Có mấy quầy", EN: "How many counters"}, Kind: form.Number, Required: true, Max: 3,
		Get: func(s queue.Setup) []string { return []string{itoa(len(s.Counters))} },
		Set: func(s *queue.Setup, v []string) *form.Text {
			n, wrong := form.Whole(form.First(v), 1, 200)
			if wrong != nil {
				return wrong
			}
			s.Counters = s.Counters[:min(n, len(s.Counters))]
			for len(s.Counters) < n {
				addCounter(s)
			}
			return nil
		},
	}
	everything := form.Field[queue.Setup]{
		Name: "everything", Label: form.Text{VI: "Mọi quầy phục vụ mọi hàng đợi", EN: "Every counter serves every queue"}, Kind: form.Check,
		Hint: form.Text{VI: "Bỏ dấu nếu mỗi quầy một việc, rồi đặt việc của từng quầy ở danh sách dưới.", EN: "Untick it where counters differ, and set each in the list below."},
		Get: func(s queue.Setup) []string {
			if slices.ContainsFunc(s.Counters, func(c queue.Counter) bool { return len(c.Services) != len(s.Services) }) {
				return nil
			}
			return []string{form.Yes}
		},
		Set: func(s *queue.Setup, v []string) *form.Text {
			if len(v) > 0 {
				for i := range s.Counters {
					s.Counters[i].Services, s.Counters[i].Helps = serviceIDs(*s), nil
				}
			}
			return nil
		},
	}
	return form.Form[queue.Setup]{number, everything}
}

func serviceIDs(s queue.Setup) (ids []string) {
	for _, v := range s.Services {
		ids = append(ids, v.ID)
	}
	return ids
}

// addCounter adds a counter of the next free number that serves everything.
func addCounter(s *queue.Setup) {
	for n := 1; ; n++ {
		id := itoa(n)
		if !slices.ContainsFunc(s.Counters, func(c queue.Counter) bool { return c.ID == id }) {
			s.Counters = append(s.Counters, queue.Counter{ID: id, Name: "Quầy số " + id, Services: serviceIDs(*s)})
			return
		}
	}
}

// Usual weeks to choose from.
const (
	weekOffice   = "office"
	weekSaturday = "saturday"
	weekAlways   = "always"
	weekOwn      = "own"
)

func usualWeek(name string) []queue.Hours {
	var h []queue.Hours
	for day := time.Monday; day <= time.Friday; day++ {
		h = append(h, queue.Hours{Day: day, From: "07:30", To: "11:30"}, queue.Hours{Day: day, From: "13:00", To: "17:00"})
	}
	switch name {
	case weekOffice:
		return h
	case weekSaturday:
		return append(h, queue.Hours{Day: time.Saturday, From: "07:30", To: "11:30"})
	default:
		return nil
	}
}

func weekOf(s queue.Setup) string {
	for _, name := range []string{weekOffice, weekSaturday, weekAlways} {
		if slices.Equal(s.Hours, usualWeek(name)) {
			return name
		}
	}
	return weekOwn
}

func wizardHours(d *Desk, s queue.Setup) form.Form[queue.Setup] {
	options := []form.Option{
		{Value: weekOffice, Label: form.Text{VI: "Thứ hai đến thứ sáu, 07:30–11:30 và 13:00–17:00", EN: "Monday to Friday, 07:30–11:30 and 13:00–17:00"}},
		{Value: weekSaturday, Label: form.Text{VI: "Như trên, thêm sáng thứ bảy 07:30–11:30", EN: "The same, and Saturday 07:30–11:30"}},
		{Value: weekAlways, Label: form.Text{VI: "Suốt ngày đêm", EN: "Around the clock"}},
	}
	if weekOf(s) == weekOwn {
		options = append(options, form.Option{Value: weekOwn, Label: form.Text{VI: "Giờ riêng, như đã đặt cho từng thứ", EN: "Hours of its own, as set for each weekday"}})
	}
	f := form.Form[queue.Setup]{
		{
			Name: "week", Label: form.Text{VI: "Giờ làm việc", EN: "Opening hours"}, Kind: form.Choice, Options: options, Required: true,
			Hint: form.Text{VI: "Giờ khác: chọn gần đúng, rồi sửa ở “Giờ của từng thứ” bên dưới.", EN: "Other hours: choose the nearest, then change them under \"Hours of each weekday\" below."},
			Get:  func(s queue.Setup) []string { return []string{weekOf(s)} },
			Set: func(s *queue.Setup, v []string) *form.Text {
				if form.First(v) != weekOwn {
					s.Hours = usualWeek(form.First(v))
				}
				return nil
			},
		},
	}
	if years, days := d.holidaysToAdd(s); len(days) > 0 {
		f = append(f, d.holidaysField(years, days))
	}
	return f
}

// holidaysToAdd are the public holidays of this year and the next that are to
// come and that the office's calendar has not.
func (d *Desk) holidaysToAdd(s queue.Setup) (years string, days []holiday.Day) {
	now := d.Now()
	for _, year := range []int{now.Year(), now.Year() + 1} {
		days = append(days, missing(s, year, now)...)
	}
	return itoa(now.Year()) + "–" + itoa(now.Year()+1), days
}

// holidaysField offers to add them all: those that are announced each year are
// told apart, so that somebody compares them.
func (d *Desk) holidaysField(years string, days []holiday.Day) form.Field[queue.Setup] {
	var list []queue.Day
	for _, h := range days {
		day := dayOff(h)
		if !h.Sure {
			day.Name, day.NameEN = day.Name+unsureMark, day.NameEN+unsureMark
		}
		list = append(list, day)
	}
	words := dayWords(list)
	return form.Field[queue.Setup]{
		Name: "holidays", Kind: form.Check,
		Label: *form.Say("Nghỉ các ngày lễ cả nước %s", "Closed on the public holidays of %s", years),
		Hint: *form.Say("Sẽ thêm %[1]d ngày, theo Điều 112 Bộ luật Lao động, âm lịch tính sẵn: %[2]s. Dấu *: ngày Nhà nước công bố từng năm hoặc mới có chủ trương, đối chiếu ở “Ngày nghỉ, ngày làm bù” bên dưới.",
			"%[1]d days will be added, by article 112 of the Labour Code, the lunar calendar computed: %[3]s. A *: announced each year, or new and not sure yet; compare under \"Holidays and make-up days\" below.", len(days), words.VI, words.EN),
		Get: func(s queue.Setup) []string {
			if _, left := d.holidaysToAdd(s); len(left) == 0 {
				return []string{form.Yes}
			}
			return nil
		},
		Set: func(s *queue.Setup, v []string) *form.Text {
			if len(v) > 0 {
				_, left := d.holidaysToAdd(*s)
				addHolidays(s, left, func(holiday.Day) bool { return true })
			}
			return nil
		},
	}
}

func wizardRules(*Desk, queue.Setup) form.Form[queue.Setup] {
	wanted := []string{"priority", "card_only", "person_most"}
	f := slices.DeleteFunc(rulesForm(), func(f form.Field[queue.Setup]) bool { return !slices.Contains(wanted, f.Name) })
	for i := range f {
		f[i].Heading = form.Text{}
	}
	return f
}

func wizardChannels(*Desk, queue.Setup) form.Form[queue.Setup] {
	return slices.DeleteFunc(officeForm(), func(f form.Field[queue.Setup]) bool { return f.Name != "hotline" })
}
