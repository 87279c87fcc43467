package estimate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Day is how true a day's estimates were: of all services, and of each.
type Day struct {
	Day      string    `json:"day"` // "2026-11-21"
	All      Trueness  `json:"all"`
	Services []Service `json:"services"` // By id; those in which nobody was called are left out.
}

// Service is how true the estimates of one service were.
type Service struct {
	ID string `json:"id"`
	Trueness
}

// Trueness compares what citizens were told when they took their number with
// what came true, for those who were called.
type Trueness struct {
	Waits    int     `json:"waits"`
	Wait     float64 `json:"wait_min"`      // Mean true wait in minutes.
	Error    float64 `json:"error_min"`     // Mean absolute error in minutes.
	LESError float64 `json:"les_error_min"` // What the wait of the last one called would have erred by.
	Inside   int     `json:"inside"`        // Waits within the interval.
	Late     int     `json:"late"`          // Waits longer than its end.
}

// Coverage is the share of waits within the interval; 0.8 is promised. With no
// waits it is not a number.
func (t Trueness) Coverage() float64 { return float64(t.Inside) / float64(t.Waits) }

func (t *Trueness) add(x Told) {
	t.Waits++
	n := float64(t.Waits)
	t.Wait += (x.Wait - t.Wait) / n
	t.Error += (math.Abs(x.Minutes-x.Wait) - t.Error) / n
	t.LESError += (math.Abs(x.LES-x.Wait) - t.LESError) / n
	switch {
	case x.Wait > x.High:
		t.Late++
	case x.Wait >= x.Low:
		t.Inside++
	}
}

func sumUp(day string, told []Told) Day {
	d := Day{Day: day, Services: []Service{}}
	services := map[string]*Trueness{}
	for _, t := range told {
		if !t.Taken {
			continue
		}
		if services[t.Line] == nil {
			services[t.Line] = &Trueness{}
		}
		services[t.Line].add(t)
		d.All.add(t)
	}
	for _, id := range slices.Sorted(maps.Keys(services)) {
		d.Services = append(d.Services, Service{id, *services[id]})
	}
	return d
}

// Pool sums up several days: of one service, or with an empty id of all.
func Pool(days []Day, service string) (sum Trueness) {
	for _, d := range days {
		t := d.All
		if service != "" {
			t = Trueness{}
			for _, s := range d.Services {
				if s.ID == service {
					t = s.Trueness
				}
			}
		}
		n := float64(sum.Waits + t.Waits)
		if n == 0 {
			continue
		}
		mean := func(a, b float64) float64 { return (a*float64(sum.Waits) + b*float64(t.Waits)) / n }
		sum = Trueness{
			Waits: sum.Waits + t.Waits, Inside: sum.Inside + t.Inside, Late: sum.Late + t.Late,
			Wait: mean(sum.Wait, t.Wait), Error: mean(sum.Error, t.Error), LESError: mean(sum.LESError, t.LESError),
		}
	}
	return sum
}

// Alarm is a reason to look at the estimates.
type Alarm struct {
	Service string // Empty = of all.
	Vi, En  string
	Recent  Trueness
	Usual   Trueness
}

// What raises an alarm.
const (
	alarmDays     = 3    // That are looked at …
	alarmBefore   = 20   // … beside so many before them.
	alarmWaits    = 60   // Fewer say nothing.
	alarmCoverage = 0.68 // 0.80 is promised.
	alarmError    = 1.4  // Times the usual error, as a part of the wait.
)

// Alarms looks whether the estimates of the latest days went astray: too few
// waits within the interval, or much larger errors than in the weeks before.
func Alarms(days []Day) (list []Alarm) {
	cut := max(0, len(days)-alarmDays)
	recent, before := days[cut:], days[max(0, cut-alarmBefore):cut]
	services := map[string]bool{"": true}
	for _, d := range recent {
		for _, s := range d.Services {
			services[s.ID] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(services)) {
		a := Alarm{Service: id, Recent: Pool(recent, id), Usual: Pool(before, id)}
		if a.found() {
			list = append(list, a)
		}
	}
	return list
}

// found tells whether there is something to say, and says it.
func (a *Alarm) found() bool {
	r, u := a.Recent, a.Usual
	if r.Waits < alarmWaits {
		return false
	}
	percent := int(math.Round(100 * r.Coverage()))
	switch {
	case r.Coverage() < alarmCoverage:
		a.Vi = fmt.Sprintf("%d ngày qua chỉ %d%% số lượt chờ nằm trong khoảng đã báo (hẹn 80%%). Kiểm tra số quầy mở và giờ mở quầy trên hệ thống có đúng thực tế không.", alarmDays, percent)
		a.En = fmt.Sprintf("In the last %d days only %d%% of the waits were within the time told (80%% is promised). Check that counters are opened and closed in the system as they are in the hall.", alarmDays, percent)
	case u.Waits >= alarmWaits && u.Wait > 0 && r.Wait > 0 && r.Error/r.Wait > alarmError*u.Error/u.Wait:
		a.Vi = fmt.Sprintf("Sai số dự báo %d ngày qua là %.0f phút, trước đó %.0f phút. Có gì thay đổi: quầy, thủ tục, giờ làm việc?", alarmDays, r.Error, u.Error)
		a.En = fmt.Sprintf("The waits told in the last %d days were wrong by %.0f minutes, before that by %.0f. What has changed: counters, procedures, hours?", alarmDays, r.Error, u.Error)
	default:
		return false
	}
	return true
}

// TruthOf computes from the log how true a past day's estimates would have
// been with what the days before it taught, as the office would have learned
// it the night before. It reads up to 60 days: for reports asked now and then;
// Live.Truth has the days that were.
func TruthOf(ctx context.Context, src Source, office, day string) (Day, error) {
	begun, err := marks(ctx, src, office)
	if err != nil {
		return Day{}, err
	}
	i, found := slices.BinarySearchFunc(begun, day, func(m Mark, day string) int { return cmp.Compare(m.Day, day) })
	if !found {
		return Day{}, fmt.Errorf("the log of %s has no day %.20q", office, day)
	}
	s, err := learn(ctx, src, newState(office), begun[:i+1])
	if err != nil {
		return Day{}, err
	}
	next := Mark{Seq: math.MaxInt64}
	if i+1 < len(begun) {
		next = begun[i+1]
	}
	f, err := replay(ctx, src, office, begun[i], next, NewHall(s.Memory, s.Model))
	if err != nil {
		return Day{}, err
	}
	return sumUp(f.day, f.hall.Truth()), nil
}

// LoadTruth gives the days whose truth an office has kept in a directory, as
// Live.Truth does, without its log; none if nothing was ever learned there.
func LoadTruth(dir, office string) ([]Day, error) {
	s, err := loadState(dir, office)
	if err != nil {
		return nil, fmt.Errorf("wait estimates of %s: %w", office, err)
	}
	return s.Truth, nil
}
