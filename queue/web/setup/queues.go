package setup

import (
	"slices"
	"strings"
	"unicode"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
)

// typedQueue is a queue as a line of the wizard names it; without a letter it
// gets one.
type typedQueue struct{ id, name string }

// readQueues reads the wizard's lines: "A Hộ tịch", "b. Đất đai", or the name
// alone.
func readQueues(text string, now []queue.Service) ([]queue.Service, *form.Text) {
	var typed []typedQueue
	for line := range strings.SplitSeq(text, "\n") {
		line = unlisted(strings.Join(strings.Fields(line), " "))
		if line == "" {
			continue
		}
		q := readQueue(line)
		switch {
		case noLetter(line):
			return nil, form.Say("Chữ đầu của dòng “%s” không dùng trên phiếu được: chọn một chữ từ A đến Z.", "The first letter of line “%s” cannot stand on a ticket: choose one from A to Z.", line)
		case q.name == "":
			return nil, form.Say("Dòng “%s” chưa có tên: gõ tên hàng đợi sau chữ cái.", "Line “%s” has no name: write the queue's name after the letter.", line)
		case q.id != "" && slices.ContainsFunc(typed, func(o typedQueue) bool { return o.id == q.id }):
			return nil, form.Say("Chữ %s có hai lần: mỗi hàng đợi một chữ.", "%s is there twice: a letter for each queue.", q.id)
		case slices.ContainsFunc(typed, func(o typedQueue) bool { return alike(o.name, q.name) }):
			return nil, form.Say("Tên “%s” có hai lần: mỗi hàng đợi một tên.", "The name “%s” is there twice: a name for each queue.", q.name)
		}
		typed = append(typed, q)
	}
	letterQueues(typed, now)
	all := make([]queue.Service, len(typed))
	for i, q := range typed {
		all[i] = queue.Service{ID: q.id}
		if at := slices.IndexFunc(now, func(o queue.Service) bool { return o.ID == q.id }); at >= 0 {
			all[i] = now[at]
		}
		if all[i].Name != q.name {
			all[i].Name, all[i].NameEN = q.name, ""
		}
	}
	return all, nil
}

// unlisted takes off a line what marks it as one of a list, as lists are pasted
// from a document: a dash or a dot, or a figure with a full stop or a bracket
// behind it, or both. "1 cửa" and "01.QĐ" are names, and "-" alone marks nothing.
func unlisted(line string) string {
	const dashes = "-–—•·*+●▪◦ "
	line = strings.TrimLeft(line, dashes)
	mark, rest, _ := strings.Cut(line, " ")
	figure, name := strings.TrimRight(mark, ".)/:"), strings.TrimLeft(rest, dashes)
	if rest == "" || figure == mark && name == rest || strings.Trim(figure, "(.0123456789") != "" {
		return line
	}
	return name
}

// readQueue takes the letter off a line, if it begins with one. "Y tế" and "An
// sinh" begin with a word: a letter is a capital before a name that begins with
// a capital, or has a sign behind it.
func readQueue(line string) typedQueue {
	first, rest, _ := strings.Cut(line, " ")
	id := strings.TrimRight(first, ".:)-–")
	name := strings.TrimLeft(rest, "-–: ")
	signed := id != first || name != rest
	begins := []rune(name + " ")[0]
	switch upper := strings.ToUpper(id); {
	case !letters(upper), !signed && id != upper && len(id) > 1, !signed && id == "Y" && unicode.IsLower(begins):
		return typedQueue{name: line}
	default:
		return typedQueue{id: upper, name: name}
	}
}

// noLetter reports whether a line begins with a letter of its own, as those of
// readQueue do, that is none of A to Z: "Đ Đất đai".
func noLetter(line string) bool {
	first, rest, _ := strings.Cut(line, " ")
	id := []rune(strings.TrimRight(first, ".:)-–"))
	if len(id) != 1 || rest == "" || !unicode.IsUpper(id[0]) || letters(string(id)) {
		return false
	}
	return len(string(id)) < len(first) || unicode.IsUpper([]rune(rest)[0])
}

// letterQueues gives a letter to queues that were typed without one: the one that
// a queue of that name has had, else the first that is free.
func letterQueues(typed []typedQueue, now []queue.Service) {
	taken := map[string]bool{}
	for _, q := range typed {
		taken[q.id] = true
	}
	for i, q := range typed {
		had := slices.IndexFunc(now, func(o queue.Service) bool { return alike(o.Name, q.name) && !taken[o.ID] })
		if q.id == "" && had >= 0 {
			typed[i].id = now[had].ID
			taken[now[had].ID] = true
		}
	}
	for i, q := range typed {
		if typed[i].id == "" {
			q.id = freeLetter(taken)
			typed[i].id, taken[q.id] = q.id, true
		}
	}
}

// freeLetter is the first of A … Z, AA … ZZ that is not taken.
func freeLetter(taken map[string]bool) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, before := range strings.Split(" "+letters, "") {
		for _, letter := range letters {
			if id := strings.TrimSpace(before) + string(letter); !taken[id] {
				return id
			}
		}
	}
	return "AAA" // Nobody has 702 queues.
}

// alike reports whether two names differ in nothing but capitals and spaces.
func alike(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// replaceServices puts services in place of those there were. Counters that
// served all of them serve all of the new ones; one that would serve none does
// so too.
func replaceServices(s *queue.Setup, all []queue.Service) {
	had := len(s.Services)
	known := func(id string) bool {
		return slices.ContainsFunc(all, func(v queue.Service) bool { return v.ID == id })
	}
	s.Services = all
	s.Procedures = slices.DeleteFunc(slices.Clone(s.Procedures), func(p queue.Procedure) bool { return !known(p.Service) })
	for i := range s.Counters {
		c := &s.Counters[i]
		left := slices.DeleteFunc(slices.Clone(c.Services), func(id string) bool { return !known(id) })
		if len(c.Services) == had || len(left) == 0 {
			left = nil
			for _, v := range all {
				left = append(left, v.ID)
			}
		}
		c.Services = left
		c.Helps = slices.DeleteFunc(slices.Clone(c.Helps), func(id string) bool { return !known(id) || slices.Contains(left, id) })
	}
}

func offered(s queue.Setup, service string) bool {
	return slices.ContainsFunc(s.Procedures, func(p queue.Procedure) bool { return p.Service == service })
}

// ownProcedure is the procedure of a queue's own name, with an id that is free.
func ownProcedure(s queue.Setup, v queue.Service) queue.Procedure {
	p := queue.Procedure{Field: v.Name, FieldEN: v.NameEN, Name: v.Name, NameEN: v.NameEN, Service: v.ID}
	base := idOf(v.Name)
	if base == "" {
		base = strings.ToLower(v.ID)
	}
	p.ID = base
	for n := 2; slices.ContainsFunc(s.Procedures, func(o queue.Procedure) bool { return o.ID == p.ID }); n++ {
		p.ID = base + "-" + itoa(n)
	}
	return p
}

// unoffered lists the queues that the kiosks do not offer, since none of the
// office's procedures leads to them.
func unoffered(s queue.Setup) (list []queue.Service) {
	for _, v := range s.Services {
		if len(s.Procedures) > 0 && !v.Closed && !offered(s, v.ID) {
			list = append(list, v)
		}
	}
	return list
}
