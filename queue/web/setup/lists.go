package setup

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// list is what an office has several of: services, counters, procedures …
type list interface {
	words() words
	// entries lists them; group is what they are sorted under, if anything.
	entries(l page.Lang, s queue.Setup) []entry
	// sheet changes one, or, without an id, adds one.
	sheet(s queue.Setup, id string) sheet
	// key is the id that a form gives a new one, as it will stand in addresses.
	key(posted map[string][]string) string
	// remove takes one out, with what hangs on it alone; false if it is not there.
	remove(s *queue.Setup, id string) bool
	// move puts one a place further up; false if it is at the top or not there.
	move(s *queue.Setup, id string) bool
	// settle lets the rest of a setup follow what was saved; before is how it was.
	settle(s *queue.Setup, before queue.Setup)
}

// words are what a list is called.
type words struct{ Title, New, Intro form.Text }

// entry is one line of a list.
type entry struct{ ID, Name, Detail, Group string }

// listOf is a list of Ts with an id each.
type listOf[T any] struct {
	called words
	at     func(*queue.Setup) *[]T
	id     func(*T) string
	entry  func(l page.Lang, s queue.Setup, t T) entry
	form   func(s queue.Setup, fresh bool) form.Form[T]
	fresh  func(s queue.Setup) T
	name   func(posted map[string][]string) string
	gone   func(s *queue.Setup, id string) // Nil = nothing hangs on one.

	settled func(s *queue.Setup, before queue.Setup) // Nil = nothing follows.
}

func (d listOf[T]) words() words { return d.called }

func (d listOf[T]) index(s *queue.Setup, id string) int {
	return slices.IndexFunc(*d.at(s), func(t T) bool { return d.id(&t) == id })
}

func (d listOf[T]) entries(l page.Lang, s queue.Setup) (out []entry) {
	for _, t := range *d.at(&s) {
		out = append(out, d.entry(l, s, t))
	}
	return out
}

func (d listOf[T]) sheet(s queue.Setup, id string) sheet {
	return sheetOf[T]{d.form(s, id == ""), func(s *queue.Setup) *T {
		all := d.at(s)
		if id == "" {
			*all = append(*all, d.fresh(*s))
			return &(*all)[len(*all)-1]
		}
		if i := d.index(s, id); i >= 0 {
			return &(*all)[i]
		}
		return nil
	}}
}

func (d listOf[T]) key(posted map[string][]string) string { return d.name(posted) }

func (d listOf[T]) remove(s *queue.Setup, id string) bool {
	i := d.index(s, id)
	if i < 0 {
		return false
	}
	*d.at(s) = slices.Delete(*d.at(s), i, i+1)
	if d.gone != nil {
		d.gone(s, id)
	}
	return true
}

func (d listOf[T]) move(s *queue.Setup, id string) bool {
	i, all := d.index(s, id), *d.at(s)
	if i < 1 {
		return false
	}
	all[i-1], all[i] = all[i], all[i-1]
	return true
}

func (d listOf[T]) settle(s *queue.Setup, before queue.Setup) {
	if d.settled != nil {
		d.settled(s, before)
	}
}

// lists are the lists by the last part of their address.
func lists() map[string]list {
	return map[string]list{
		"services": services(), "procedures": procedures(), "counters": counters(), "agencies": agencies(), "zones": zones(), "days": days(),
	}
}

// taken says that an id is another's.
func taken(id string) *form.Text {
	return form.Say("%q đã có rồi: chọn tên khác.", "There is %q already: choose another.", id)
}

func first(posted map[string][]string, name string) string {
	return strings.TrimSpace(form.First(posted[name]))
}

func serviceOptions(s queue.Setup) (o []form.Option) {
	for _, v := range s.Services {
		o = append(o, form.Option{Value: v.ID, Label: form.Text{VI: v.ID + " – " + v.Name, EN: v.ID + " – " + page.English.T(v.Name, v.NameEN)}})
	}
	return o
}

func agencyField[T any](s queue.Setup, at func(*T) *string) form.Form[T] {
	if len(s.Agencies) == 0 {
		return nil
	}
	options := []form.Option{}
	for _, a := range s.Agencies {
		options = append(options, form.Option{Value: a.ID, Label: form.Text{VI: a.Name, EN: page.English.T(a.Name, a.NameEN)}})
	}
	return form.Form[T]{form.ChoiceOf("agency", form.Text{VI: "Sở, ngành", EN: "Agency"}, options, at)}
}

func services() list {
	return listOf[queue.Service]{
		called: words{
			form.Text{VI: "Hàng đợi", EN: "Queues"}, form.Text{VI: "Thêm hàng đợi", EN: "Add a queue"},
			form.Text{VI: "Mỗi hàng đợi có dải số riêng, mang một chữ cái.", EN: "Each has its own numbers under one letter."},
		},
		at: func(s *queue.Setup) *[]queue.Service { return &s.Services }, id: func(v *queue.Service) string { return v.ID },
		name: func(p map[string][]string) string { return strings.ToUpper(first(p, "id")) },
		entry: func(l page.Lang, s queue.Setup, v queue.Service) entry {
			e := entry{ID: v.ID, Name: v.ID + " – " + l.T(v.Name, v.NameEN)}
			if v.Closed {
				e.Detail = l.T("đang đóng", "closed")
			}
			return e
		},
		fresh: func(queue.Setup) queue.Service { return queue.Service{} }, form: serviceForm,
		settled: func(s *queue.Setup, before queue.Setup) { settleProcedures(s, before, true) },
		gone: func(s *queue.Setup, id string) { // Its procedures cannot be without it.
			s.Procedures = slices.DeleteFunc(slices.Clone(s.Procedures), func(p queue.Procedure) bool { return p.Service == id })
			for i := range s.Counters {
				s.Counters[i].Services, s.Counters[i].Helps = without(s.Counters[i].Services, id), without(s.Counters[i].Helps, id)
			}
		},
	}
}

func without(list []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == id })
}

func serviceForm(s queue.Setup, fresh bool) form.Form[queue.Service] {
	var f form.Form[queue.Service]
	if fresh {
		id := form.TextOf("id", form.Text{VI: "Chữ cái", EN: "Letter"}, func(v *queue.Service) *string { return &v.ID })
		id.Required, id.Max, id.Example = true, 3, nextLetter(s)
		id.Hint = form.Text{VI: "Một đến ba chữ in hoa, in trước số: A012. Sau này không đổi được.", EN: "One to three capitals before the number: A012. It stays."}
		id.Set = func(v *queue.Service, typed []string) *form.Text {
			v.ID = strings.ToUpper(form.First(typed))
			switch {
			case !letters(v.ID):
				return form.Say("%q: dùng một đến ba chữ cái không dấu A–Z.", "%q: use one to three letters A–Z.", v.ID)
			case slices.ContainsFunc(s.Services, func(o queue.Service) bool { return o.ID == v.ID }):
				return taken(v.ID)
			}
			return nil
		}
		f = append(f, id)
	}
	name := form.TextOf("name", form.Text{VI: "Tên", EN: "Name"}, func(v *queue.Service) *string { return &v.Name })
	name.Required, name.Example = true, "Hộ tịch, chứng thực"
	number := func(name, vi, en, hintVI, hintEN string, at func(*queue.Service) *int) form.Field[queue.Service] {
		n := form.NumberOf(name, form.Text{VI: vi, EN: en}, 0, 99999, at)
		n.Hint = form.Text{VI: hintVI, EN: hintEN}
		return n
	}
	last := number("last", "Số cuối trong ngày", "The day's last number", "Để trống = không giới hạn.", "Empty = no end.", func(v *queue.Service) *int { return &v.Last })
	plain := last.Set
	last.Set = func(v *queue.Service, typed []string) *form.Text {
		if wrong := plain(v, typed); wrong != nil || v.Last == 0 || v.Last >= max(v.First, 1) {
			return wrong
		}
		return form.Say("Số cuối %d nhỏ hơn số đầu %d.", "The last number %d is before the first, %d.", v.Last, max(v.First, 1))
	}
	f = append(f, name, form.TextOf("name_en", form.Text{VI: "Tên tiếng Anh", EN: "Name in English"}, func(v *queue.Service) *string { return &v.NameEN }))
	f = append(f, agencyField(s, func(v *queue.Service) *string { return &v.Agency })...)
	f = append(f,
		form.CheckOf("closed", form.Text{VI: "Tạm đóng: không cấp số, người đang chờ vẫn được phục vụ", EN: "Closed: gives no numbers; those waiting are served"}, func(v *queue.Service) *bool { return &v.Closed }),
		number("first", "Số đầu trong ngày", "The day's first number", "Để trống = 1.", "Empty = 1.", func(v *queue.Service) *int { return &v.First }),
		last,
		number("quota", "Nhiều nhất bao nhiêu số một ngày", "Numbers a day", "Để trống = không giới hạn.", "Empty = no limit.", func(v *queue.Service) *int { return &v.Quota }),
		targetWait(),
	)
	for _, c := range queue.Channels() {
		f = append(f, channelQuota(c))
	}
	return f
}

// targetWait is how long nobody should wait: alarms, the live page and reports
// go by it.
func targetWait() form.Field[queue.Service] {
	f := form.NumberOf("target", form.Text{VI: "Không ai nên chờ quá (phút)", EN: "Nobody should wait longer than (minutes)"}, 1, 24*60, func(v *queue.Service) *int { return &v.Target })
	usual := int(queue.DefaultTarget / time.Minute)
	f.Hint = *form.Say("Để trống = %d phút. Dùng cho cảnh báo, trang toàn cảnh và báo cáo.", "Empty = %d minutes. Alarms, the live page and reports go by it.", usual)
	return f
}

// channelQuota is how many numbers a door may give. Empty and nought differ.
func channelQuota(c queue.Channel) form.Field[queue.Service] {
	f := form.Field[queue.Service]{
		Name: "quota." + string(c), Label: form.Text{VI: "Nhiều nhất qua " + channelName(c).VI, EN: "At most by " + channelName(c).EN}, Kind: form.Number, Max: 6,
		Get: func(v queue.Service) []string {
			if n, ok := v.Quotas[c]; ok {
				return []string{itoa(n)}
			}
			return nil
		},
		Set: func(v *queue.Service, typed []string) *form.Text {
			n, wrong := form.Whole(form.First(typed), 0, 99999)
			quotas := map[queue.Channel]int{}
			for k, n := range v.Quotas {
				quotas[k] = n
			}
			delete(quotas, c)
			if len(typed) > 0 {
				quotas[c] = n
			}
			if v.Quotas = quotas; len(quotas) == 0 {
				v.Quotas = nil
			}
			return wrong
		},
	}
	if c == queue.Kiosk {
		f.Heading = form.Text{VI: "Hạn mức theo kênh (để trống = không giới hạn riêng, 0 = đóng kênh)", EN: "By channel (empty = no limit of its own, 0 = closed to it)"}
	}
	return f
}

func channelName(c queue.Channel) form.Text {
	switch c {
	case queue.Kiosk:
		return form.Text{VI: "máy lấy số", EN: "kiosk"}
	case queue.Phone:
		return form.Text{VI: "điện thoại", EN: "telephone"}
	case queue.Web:
		return form.Text{VI: "trang web", EN: "web"}
	case queue.Staff:
		return form.Text{VI: "cán bộ", EN: "staff"}
	case queue.Hub:
		return form.Text{VI: "tổng đài tỉnh", EN: "province hub"}
	case queue.SMS:
		return form.Text{VI: "tin nhắn SMS", EN: "SMS"}
	default:
		name := strings.ToUpper(string(c[:1])) + string(c[1:])
		return form.Text{VI: name, EN: name}
	}
}

// nextLetter is the first letter that no service has.
func nextLetter(s queue.Setup) string {
	for r := 'A'; r <= 'Z'; r++ {
		if !slices.ContainsFunc(s.Services, func(v queue.Service) bool { return v.ID == string(r) }) {
			return string(r)
		}
	}
	return "AA"
}

func procedures() list {
	return listOf[queue.Procedure]{
		called: words{
			form.Text{VI: "Lĩnh vực, thủ tục", EN: "Fields and procedures"}, form.Text{VI: "Thêm thủ tục", EN: "Add a procedure"},
			form.Text{VI: "Người dân chọn lĩnh vực rồi thủ tục; nhiều thủ tục dùng chung một hàng đợi.", EN: "Citizens choose a field, then a procedure; several share one queue."},
		},
		at: func(s *queue.Setup) *[]queue.Procedure { return &s.Procedures }, id: func(v *queue.Procedure) string { return v.ID },
		name: func(p map[string][]string) string { return idOf(first(p, "name")) },
		entry: func(l page.Lang, s queue.Setup, v queue.Procedure) entry {
			return entry{ID: v.ID, Name: l.T(v.Name, v.NameEN), Detail: v.Service, Group: l.T(v.Field, v.FieldEN)}
		},
		fresh: func(queue.Setup) queue.Procedure { return queue.Procedure{} }, form: procedureForm,
	}
}

func procedureForm(s queue.Setup, fresh bool) form.Form[queue.Procedure] {
	type P = queue.Procedure
	field := form.TextOf("field", form.Text{VI: "Lĩnh vực", EN: "Field"}, func(v *P) *string { return &v.Field })
	field.Example = "Hộ tịch"
	name := form.TextOf("name", form.Text{VI: "Tên thủ tục", EN: "Procedure"}, func(v *P) *string { return &v.Name })
	name.Required, name.Example = true, "Đăng ký khai sinh"
	if fresh {
		set := name.Set
		name.Set = func(v *P, typed []string) *form.Text {
			v.ID = idOf(form.First(typed))
			switch {
			case v.ID == "":
				return form.Say("Tên cần có chữ cái hoặc chữ số.", "The name needs a letter or a digit.")
			case slices.ContainsFunc(s.Procedures, func(o P) bool { return o.ID == v.ID }):
				return taken(form.First(typed))
			}
			return set(v, typed)
		}
	}
	service := form.ChoiceOf("service", form.Text{VI: "Hàng đợi", EN: "Queue"}, serviceOptions(s), func(v *P) *string { return &v.Service })
	service.Required = true
	bring := form.LinesOf("bring", form.Text{VI: "Cần mang theo", EN: "What to bring, in Vietnamese"}, func(v *P) *string { return &v.Bring })
	bring.Hint = form.Text{VI: "Mỗi giấy tờ một dòng.", EN: "One paper a line."}
	also := form.TextOf("also", form.Text{VI: "Người dân còn gọi là", EN: "Other words for it"}, func(v *P) *string { return &v.Also })
	also.Hint, also.Max = form.Text{VI: "Cách nhau dấu chấm phẩy, để tìm được khi gõ hay nói.", EN: "With semicolons between; people find it by them."}, 600
	return form.Form[P]{
		name, form.TextOf("name_en", form.Text{VI: "Tên tiếng Anh", EN: "Name in English"}, func(v *P) *string { return &v.NameEN }),
		field, form.TextOf("field_en", form.Text{VI: "Lĩnh vực, tiếng Anh", EN: "Field in English"}, func(v *P) *string { return &v.FieldEN }),
		service, bring, form.LinesOf("bring_en", form.Text{VI: "Cần mang theo, tiếng Anh", EN: "What to bring, in English"}, func(v *P) *string { return &v.BringEN }),
		form.TextOf("fee", form.Text{VI: "Lệ phí", EN: "Fee, in Vietnamese"}, func(v *P) *string { return &v.Fee }),
		form.TextOf("fee_en", form.Text{VI: "Lệ phí, tiếng Anh", EN: "Fee in English"}, func(v *P) *string { return &v.FeeEN }),
		form.TextOf("takes", form.Text{VI: "Thời hạn giải quyết", EN: "Time limit, in Vietnamese"}, func(v *P) *string { return &v.Takes }),
		form.TextOf("takes_en", form.Text{VI: "Thời hạn, tiếng Anh", EN: "Time limit in English"}, func(v *P) *string { return &v.TakesEN }),
		also,
	}
}

func counters() list {
	return listOf[queue.Counter]{
		called: words{
			form.Text{VI: "Quầy", EN: "Counters"}, form.Text{VI: "Thêm quầy", EN: "Add a counter"},
			form.Text{VI: "Mỗi quầy phục vụ những hàng đợi được đánh dấu.", EN: "Each serves the queues that are ticked."},
		},
		at: func(s *queue.Setup) *[]queue.Counter { return &s.Counters }, id: func(v *queue.Counter) string { return v.ID },
		name: func(p map[string][]string) string { return strings.ToUpper(first(p, "id")) },
		entry: func(l page.Lang, s queue.Setup, v queue.Counter) entry {
			return entry{ID: v.ID, Name: v.Name, Detail: strings.Join(v.Services, ", ")}
		},
		fresh: func(queue.Setup) queue.Counter { return queue.Counter{} }, form: counterForm,
	}
}

func counterForm(s queue.Setup, fresh bool) form.Form[queue.Counter] {
	type C = queue.Counter
	var f form.Form[C]
	if fresh {
		id := form.TextOf("id", form.Text{VI: "Số quầy", EN: "Number"}, func(v *C) *string { return &v.ID })
		id.Required, id.Max, id.Example = true, 8, itoa(len(s.Counters)+1)
		id.Set = func(v *C, typed []string) *form.Text {
			v.ID = strings.ToUpper(form.First(typed))
			v.Name = "Quầy số " + v.ID
			switch {
			case v.ID == "0" || strings.Trim(v.ID, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
				return form.Say("%q: dùng số từ 1, có thể kèm chữ cái A–Z.", "%q: use a number from 1, letters A–Z may go with it.", v.ID)
			case slices.ContainsFunc(s.Counters, func(o C) bool { return o.ID == v.ID }):
				return taken(v.ID)
			}
			return nil
		}
		f = append(f, id)
	}
	name := form.TextOf("name", form.Text{VI: "Tên quầy", EN: "Name"}, func(v *C) *string { return &v.Name })
	name.Required, name.Example = !fresh, "Quầy số 5"
	if fresh {
		name.Set = func(v *C, typed []string) *form.Text {
			v.Name = cmp.Or(form.First(typed), "Quầy số "+v.ID)
			return nil
		}
	}
	serves := form.ManyOf("services", form.Text{VI: "Phục vụ", EN: "Serves"}, serviceOptions(s), func(v *C) *[]string { return &v.Services })
	serves.Required = true
	helps := form.ManyOf("helps", form.Text{VI: "Hỗ trợ khi các hàng này đông", EN: "Helps when these are long"}, serviceOptions(s), func(v *C) *[]string { return &v.Helps })
	set := helps.Set
	helps.Set = func(v *C, typed []string) *form.Text {
		for _, id := range typed {
			if slices.Contains(v.Services, id) {
				return form.Say("%s đã ở phần Phục vụ: chỉ chọn một trong hai.", "%s is among those it serves: choose one of the two.", id)
			}
		}
		return set(v, typed)
	}
	short := func(f form.Field[C]) form.Field[C] { f.Max = 24; return f }
	f = append(f, name, serves, helps)
	f = append(f, agencyField(s, func(v *C) *string { return &v.Agency })...)
	return append(f,
		short(form.TextOf("room", form.Text{VI: "Phòng", EN: "Room"}, func(v *C) *string { return &v.Place.Room })),
		short(form.TextOf("floor", form.Text{VI: "Tầng", EN: "Floor"}, func(v *C) *string { return &v.Place.Floor })),
		form.ChoiceOf("direction", form.Text{VI: "Nhìn từ chỗ chờ, quầy ở", EN: "From where people wait it is"}, []form.Option{
			{Value: "left", Label: form.Text{VI: "bên trái", EN: "left"}}, {Value: "right", Label: form.Text{VI: "bên phải", EN: "right"}},
			{Value: "ahead", Label: form.Text{VI: "phía trước", EN: "ahead"}}, {Value: "back", Label: form.Text{VI: "phía sau", EN: "behind"}},
		}, func(v *C) *string { return &v.Place.Direction }),
	)
}

func agencies() list {
	type A = queue.Agency
	return listOf[A]{
		called: words{
			form.Text{VI: "Sở, ngành chung một sảnh", EN: "Agencies in one hall"}, form.Text{VI: "Thêm sở, ngành", EN: "Add an agency"},
			form.Text{VI: "Chỉ cần khi nhiều sở, ngành dùng chung một sảnh.", EN: "Only where several agencies share the hall."},
		},
		at: func(s *queue.Setup) *[]A { return &s.Agencies }, id: func(v *A) string { return v.ID },
		name:  func(p map[string][]string) string { return idOf(first(p, "name")) },
		entry: func(l page.Lang, _ queue.Setup, v A) entry { return entry{ID: v.ID, Name: l.T(v.Name, v.NameEN)} },
		fresh: func(queue.Setup) A { return A{} },
		form: func(s queue.Setup, fresh bool) form.Form[A] {
			name := form.TextOf("name", form.Text{VI: "Tên", EN: "Name"}, func(v *A) *string { return &v.Name })
			name.Required = true
			if fresh {
				set := name.Set
				name.Set = func(v *A, typed []string) *form.Text {
					if v.ID = idOf(form.First(typed)); v.ID == "" || slices.ContainsFunc(s.Agencies, func(o A) bool { return o.ID == v.ID }) {
						return taken(form.First(typed))
					}
					return set(v, typed)
				}
			}
			return form.Form[A]{name, form.TextOf("name_en", form.Text{VI: "Tên tiếng Anh", EN: "Name in English"}, func(v *A) *string { return &v.NameEN })}
		},
		gone: func(s *queue.Setup, id string) {
			for i := range s.Services {
				if s.Services[i].Agency == id {
					s.Services[i].Agency = ""
				}
			}
			for i := range s.Counters {
				if s.Counters[i].Agency == id {
					s.Counters[i].Agency = ""
				}
			}
		},
	}
}

func zones() list {
	type Z = queue.Zone
	return listOf[Z]{
		called: words{
			form.Text{VI: "Khu vực loa", EN: "Loudspeaker zones"}, form.Text{VI: "Thêm khu vực", EN: "Add a zone"},
			form.Text{VI: "Lời gọi vang ở khu vực có quầy ấy. Loa nào thuộc khu vực nào ghi trong tệp cấu hình của máy.", EN: "A call is heard in the zone of its counter. Which loudspeakers belong to it stands in the machine's configuration."},
		},
		at: func(s *queue.Setup) *[]Z { return &s.Zones }, id: func(v *Z) string { return v.ID },
		name: func(p map[string][]string) string { return first(p, "id") },
		entry: func(l page.Lang, _ queue.Setup, v Z) entry {
			return entry{ID: v.ID, Name: v.Name, Detail: strings.Join(v.Counters, ", ")}
		},
		fresh: func(queue.Setup) Z { return Z{} }, form: zoneForm,
	}
}

func zoneForm(s queue.Setup, fresh bool) form.Form[queue.Zone] {
	type Z = queue.Zone
	var f form.Form[Z]
	if fresh {
		id := form.TextOf("id", form.Text{VI: "Tên ngắn, như trong tệp cấu hình", EN: "Short name, as in the configuration"}, func(v *Z) *string { return &v.ID })
		id.Required, id.Max, id.Example = true, 40, "tang-2"
		id.Set = func(v *Z, typed []string) *form.Text {
			v.ID = form.First(typed)
			switch {
			case idOf(v.ID) != v.ID:
				return form.Say("%q: dùng chữ thường không dấu, số, gạch nối; ví dụ %s.", "%q: use lower case letters, digits, dashes, like %s.", v.ID, idOf(v.ID))
			case slices.ContainsFunc(s.Zones, func(o Z) bool { return o.ID == v.ID }):
				return taken(v.ID)
			}
			return nil
		}
		f = append(f, id)
	}
	name := form.TextOf("name", form.Text{VI: "Tên", EN: "Name"}, func(v *Z) *string { return &v.Name })
	name.Required, name.Example = true, "Tầng 2"
	var all []form.Option
	for _, c := range s.Counters {
		all = append(all, form.Option{Value: c.ID, Label: form.Text{VI: c.Name, EN: c.Name}})
	}
	heard := form.ManyOf("counters", form.Text{VI: "Nghe lời gọi của các quầy", EN: "Hears the calls of"}, all, func(v *Z) *[]string { return &v.Counters })
	heard.Hint = form.Text{VI: "Không chọn = mọi quầy mà khu vực khác không có.", EN: "None = all that no other zone has."}
	volume := form.NumberOf("volume", form.Text{VI: "Âm lượng (dB so với mức thường)", EN: "Volume (dB beside the usual)"}, -40, 6, func(v *Z) *int { return &v.Volume })
	readings := form.NumberOf("readings", form.Text{VI: "Đọc mỗi lời gọi mấy lần", EN: "Readings of a call"}, 1, 3, func(v *Z) *int { return &v.Readings })
	readings.Hint = form.Text{VI: "1 đến 3; để trống = 2.", EN: "1 to 3; empty = 2."}
	quiet := form.Field[Z]{
		Name: "quiet", Label: form.Text{VI: "Giờ im lặng", EN: "Silent hours"}, Max: 200, Example: "11:30–13:30",
		Hint: form.Text{VI: "Trong giờ này không có tiếng, chỉ bảng hiện số. Mức nhỏ hơn theo giờ đã đặt từ trước được giữ nguyên.", EN: "No sound then, the boards alone. Quieter hours set before stay."},
		Get: func(v Z) []string {
			var spans []queue.Span
			for _, q := range v.Quiet {
				if q.Silent {
					spans = append(spans, queue.Span{From: q.From, To: q.To})
				}
			}
			return []string{writeSpans(spans)}
		},
		Set: func(v *Z, typed []string) *form.Text {
			spans, wrong := ReadSpans(form.First(typed))
			v.Quiet = slices.DeleteFunc(slices.Clone(v.Quiet), func(q queue.QuietTime) bool { return q.Silent })
			for _, p := range spans {
				v.Quiet = append(v.Quiet, queue.QuietTime{From: p.From, To: p.To, Silent: true})
			}
			return wrong
		},
	}
	return append(f, name, heard, volume, readings, quiet)
}

func days() list {
	type D = queue.Day
	return listOf[D]{
		called: words{
			form.Text{VI: "Ngày nghỉ, ngày làm bù", EN: "Holidays and make-up days"}, form.Text{VI: "Thêm ngày", EN: "Add a day"},
			form.Text{VI: "Giờ của ngày này thay cho giờ của thứ trong tuần.", EN: "A day's hours replace those of its weekday."},
		},
		at: func(s *queue.Setup) *[]D { return &s.Days }, id: func(v *D) string { return v.Date },
		name: func(p map[string][]string) string {
			date, _ := readDate(first(p, "date"))
			return date
		},
		entry: func(l page.Lang, _ queue.Setup, v D) entry {
			e := entry{ID: v.Date, Name: dateWords(l, v.Date) + " – " + l.T(v.Name, v.NameEN), Detail: l.T("nghỉ", "closed"), Group: v.Date[:4]}
			if len(v.Hours) > 0 {
				e.Detail = writeSpans(v.Hours)
			}
			return e
		},
		fresh: func(queue.Setup) D { return D{} },
		form: func(s queue.Setup, fresh bool) form.Form[D] {
			var f form.Form[D]
			if fresh {
				f = append(f, form.Field[D]{
					Name: "date", Label: form.Text{VI: "Ngày", EN: "Date"}, Kind: form.Date, Required: true, Max: 10, Example: "06/02/2027",
					Get: func(v D) []string { return []string{v.Date} },
					Set: func(v *D, typed []string) (wrong *form.Text) {
						if v.Date, wrong = readDate(form.First(typed)); wrong == nil && slices.ContainsFunc(s.Days, func(o D) bool { return o.Date == v.Date }) {
							return taken(v.Date)
						}
						return wrong
					},
				})
			}
			name := form.TextOf("name", form.Text{VI: "Tên", EN: "Name"}, func(v *D) *string { return &v.Name })
			name.Required, name.Example = true, "Tết Nguyên đán"
			return append(f, name, form.TextOf("name_en", form.Text{VI: "Tên tiếng Anh", EN: "Name in English"}, func(v *D) *string { return &v.NameEN }), form.Field[D]{
				Name: "hours", Label: form.Text{VI: "Giờ làm việc hôm đó", EN: "Hours of that day"}, Max: 120, Example: "07:30–11:30",
				Hint: form.Text{VI: "Để trống = nghỉ cả ngày.", EN: "Empty = closed all day."},
				Get:  func(v D) []string { return []string{writeSpans(v.Hours)} },
				Set: func(v *D, typed []string) (wrong *form.Text) {
					v.Hours, wrong = ReadSpans(form.First(typed))
					return wrong
				},
			})
		},
	}
}

// readDate reads a date as browsers send it and as people type it.
func readDate(s string) (string, *form.Text) {
	for _, layout := range []string{time.DateOnly, "02/01/2006", "2/1/2006", "02-01-2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly), nil
		}
	}
	return "", form.Say("%q không phải ngày: gõ như 06/02/2027.", "%q is no date: write it like 06/02/2027.", s)
}

// dateWords is a date for people: "Thứ bảy 06/02/2027".
func dateWords(l page.Lang, date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return Weekday(t.Weekday()).In(l) + " " + t.Format("02/01/2006")
}
