package sim

import (
	"cmp"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// The limits on what may be taken, by counting.

// countPerson: nobody gets more numbers a day than the office gives, through
// whatever door. What was withdrawn or never delivered does not count.
func (v *view) countPerson(e queue.Event) {
	p := v.r.ops[e.Actor]
	if p == nil || p.person == "" {
		return
	}
	most := v.setup.Rules.PersonMost
	if strings.HasPrefix(p.person, "org:") {
		most = cmp.Or(v.setup.Rules.OrganisationMost, most)
	}
	if most == 0 {
		return // Then persons are not recorded.
	}
	held := 0
	for _, id := range v.of[p.person] {
		if t := v.tickets[id]; t != nil && t.Day == e.Ticket.Day && t.State != queue.Cancelled {
			held++
		}
	}
	if held >= most {
		v.r.wrong("%s is number %d of %s on %s, the office gives %d", e.Ticket.Number, held+1, p.person, e.Ticket.Day, most)
	}
	v.of[p.person] = append(v.of[p.person], e.Ticket.ID)
}

// countSeries: a service gives no more numbers than its quotas, and none after
// its last.
func (v *view) countSeries(t *queue.Ticket) {
	all, through := 0, 0
	for _, id := range v.order {
		o := v.tickets[id]
		if o.Number.Prefix != t.Number.Prefix || o.Day != t.Day || o.State == queue.Cancelled {
			continue
		}
		all++
		if o.Channel == t.Channel {
			through++
		}
	}
	for _, s := range v.setup.Services {
		if s.ID != t.Number.Prefix {
			continue
		}
		most, limited := s.Quotas[t.Channel]
		if (s.Last > 0 && t.Number.N > s.Last) || (s.Quota > 0 && all >= s.Quota) || (limited && through >= most) {
			v.r.wrong("%s is given after %d numbers of service %s, %d of them through %s; the office gives up to %d, %d and %v",
				t.Number, all, s.ID, through, t.Channel, s.Last, s.Quota, s.Quotas)
		}
	}
}
