package sim

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// drawSetup is the office: the commune's centre under rules drawn by the seed.
func (r *run) drawSetup() queue.Setup {
	s := queue.CommuneCentre()
	if r.often(60) {
		for day := time.Sunday; day <= time.Saturday; day++ {
			s.Hours = append(s.Hours, queue.Hours{Day: day, From: "07:30", To: "11:30"}, queue.Hours{Day: day, From: "13:00", To: "17:00"})
		}
	}
	fast := float64(1 + r.people.IntN(4))
	s.Rates = queue.Rates{Normal: 1, Appointment: float64(1 + r.people.IntN(4)), Priority: fast}
	s.Rules = queue.Rules{
		CheckIn:          r.often(50),
		RemoteUntil:      pick(r, "", "", "16:00"),
		CallsMost:        pick(r, 0, 1, 3),
		NoShowSeconds:    pick(r, 0, 0, 45),
		PersonMost:       pick(r, 0, 1, 2, 2),
		OrganisationMost: pick(r, 0, 3),
		LastMinutes:      pick(r, 0, 0, 15),
		AutoCall:         r.often(15),
		HelpFactor:       pick(r, 0, 0.5, 2),
	}
	if s.Rules.AutoCall {
		s.Rules.AutoCallSeconds = pick(r, 0, 30)
	}
	if r.often(40) {
		s.Counters[3].Helps = []string{"A", "B"}
	}
	if r.often(30) {
		s.Services[1].First, s.Services[1].Last = 101, 130
		s.Services[2].Quota = 30
		s.Services[0].Quotas = map[queue.Channel]int{queue.Web: 2}
	}
	return s
}

// firstDay is midnight of the first day, a Monday, in Viet Nam.
func (r *run) firstDay() time.Time { return time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC) }

// plan puts a day on the agenda. Most offices work by day; one that is open
// around the clock may work into the night, so that the day turns with the hall
// full.
func (r *run) plan(day int) {
	midnight := r.firstDay().Add(time.Duration(day) * 24 * time.Hour)
	opens := midnight.Add(7*time.Hour + 15*time.Minute)
	if len(r.setup.Hours) == 0 && r.often(40) {
		opens = midnight.Add(18 * time.Hour)
	}
	const shift = 10 * time.Hour
	for n := range r.cfg.People {
		at := opens.Add(r.between(0, shift-time.Hour))
		if r.often(30) { // Many come first thing.
			at = opens.Add(r.between(0, time.Hour))
		}
		r.arrive(at, n)
	}
	for _, counter := range r.setup.Counters {
		c := &clerk{r: r, counter: counter.ID, until: opens.Add(shift - r.between(0, 30*time.Minute))}
		r.agenda.add(opens.Add(r.between(0, 40*time.Minute)), c.look)
	}
	r.standBy(opens, shift)
	r.heartbeats(midnight)
	r.supervise(opens, shift)
	r.listen(opens, shift)
}

// heartbeats let the office do what is due, as its timer would.
func (r *run) heartbeats(midnight time.Time) {
	for at := time.Duration(0); at < 24*time.Hour; at += r.between(30*time.Second, 6*time.Minute) {
		r.agenda.add(midnight.Add(at), func() []*request {
			r.beat = true
			return nil
		})
	}
}
