package agent

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Papers that staff must exchange or serve by hand stand in /admin and ring at
// the counters until somebody says that it is done: the citizens are still in
// the hall, and no machine can see them.

// Answer is what the server says to a Beat.
type Answer struct {
	Done []string `json:"done,omitempty"` // Numbers of Refused and Orphans that staff have dealt with.
}

// orphanWords says what to do about papers that are void, those first whose
// number another citizen has.
func orphanWords(all []Orphan, zone *time.Location) (vi, en string) {
	var void, others []string
	for _, o := range all {
		paper := o.Number + " (" + o.At.In(zone).Format("15:04") + ")"
		if o.Another {
			others = append(others, paper)
		} else {
			void = append(void, paper)
		}
	}
	list := strings.Join(slices.Concat(others, void), ", ")
	vi = "máy chủ đã dùng bản sao lưu cũ, không còn biết phiếu " + list + ": tìm người giữ phiếu trong phòng chờ, cấp số mới ở quầy và thu phiếu cũ"
	en = "the server went back to an older backup and does not know the papers " + list + " any more: find their holders in the hall, give them new numbers at a counter, collect the old papers"
	if len(others) > 0 {
		vi += "; số của " + strings.Join(others, ", ") + " nay là của người khác, đừng gọi theo số"
		en += "; another citizen has the number of " + strings.Join(others, ", ") + " now, do not go by the number"
	}
	return vi, en
}

// voids lists what staff have to deal with for a machine, but for what is done.
func (m *machine) voids(zone *time.Location) (rows []page.Row) {
	add := func(vi, en string) {
		rows = append(rows, page.Row{Label: m.beat.Machine, LabelEN: m.beat.Machine, Value: vi, ValueEN: en, Level: page.Fail})
	}
	if refused := m.undone(m.beat.Refused); len(refused) > 0 {
		list := strings.Join(refused, ", ")
		add("đã cấp khi mất mạng nhưng hệ thống từ chối, phục vụ bằng tay: "+list, "given while cut off, refused by the queue, serve by hand: "+list)
	}
	orphans := slices.DeleteFunc(slices.Clone(m.beat.Orphans), func(o Orphan) bool { return slices.Contains(m.done, o.Number) })
	if len(orphans) > 0 {
		add(orphanWords(orphans, zone))
	}
	return rows
}

func (m *machine) undone(numbers []string) []string {
	return slices.DeleteFunc(slices.Clone(numbers), func(n string) bool { return slices.Contains(m.done, n) })
}

// stillVoid leaves of the numbers that staff have dealt with those that the
// machine still tells of.
func (m *machine) stillVoid(done []string) []string {
	return slices.DeleteFunc(slices.Clone(done), func(n string) bool {
		return !slices.Contains(m.beat.Refused, n) && !slices.ContainsFunc(m.beat.Orphans, func(o Orphan) bool { return o.Number == n })
	})
}

// Done notes that staff have dealt with all papers of a machine that are void.
// The machine hears of it with its next sign of life.
func (d *Desk) Done(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.machines[name]
	if m == nil {
		return
	}
	m.done = slices.Clone(m.beat.Refused)
	for _, o := range m.beat.Orphans {
		m.done = append(m.done, o.Number)
	}
	d.Logger.Info("papers dealt with", "machine", name, "numbers", m.done)
}

// Dismiss forgets numbers that staff have dealt with.
func (o *Office) Dismiss(numbers []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	given, changed := slices.Clone(o.shelf.Given), false
	for i, g := range given {
		if (g.Refused || g.Unknown) && slices.Contains(numbers, g.Ticket.Number.String()) {
			given[i].Refused, given[i].Unknown, changed = false, false, true
			given[i].Done = true
		}
	}
	if !changed {
		return
	}
	o.shelf.Given = given
	if err := writeWhole(o.cfg.Path, o.shelf); err != nil { // It is asked again.
		o.cfg.Logger.Error("not written down", "err", err)
	}
}

// Dismiss forgets numbers that staff have dealt with.
func (j *Journal) Dismiss(numbers []string) {
	j.mu.Lock()
	var done []Entry
	for _, e := range j.open {
		if e.Step == StepOrphan && slices.Contains(numbers, e.Number) {
			done = append(done, e)
		}
	}
	j.mu.Unlock()
	for _, e := range done {
		e.Step = StepSettled
		if err := j.note(e, true); err != nil {
			j.log.Error("not written down", "ticket", e.Number, "err", err)
		}
	}
}
