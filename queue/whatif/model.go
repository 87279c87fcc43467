package whatif

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Model makes up office days: how many come when, for what, and how long it
// takes.
type Model struct {
	Counters [][]string // Services of each counter, in its order.
	Services []Demand
	Classes  map[queue.Class]float64 // Shares; the rest is normal.
	Hours    []float64               // Shares of those who come in each hour of the day.
	Spread   float64                 // Of the times at a counter: standard deviation ÷ mean.
	Load     float64                 // Work that comes ÷ time of the counters.
}

// Demand is what people come for.
type Demand struct {
	Service string
	Share   float64
	Mean    time.Duration // At a counter.
}

// Hall is the model behind the table of rules: six counters, each of two of
// three services, and a rush in the first hour.
func Hall(load float64) Model {
	return Model{
		Counters: [][]string{{"A", "B"}, {"A", "B"}, {"B", "C"}, {"B", "C"}, {"A", "C"}, {"A", "C"}},
		Services: []Demand{{"A", 0.5, 5 * time.Minute}, {"B", 0.3, 9 * time.Minute}, {"C", 0.2, 14 * time.Minute}},
		Classes:  map[queue.Class]float64{queue.Priority: 0.1, queue.Appointment: 0.1},
		Hours:    []float64{0.26, 0.17, 0.13, 0.11, 0.10, 0.09, 0.08, 0.06},
		Spread:   0.8,
		Load:     load,
	}
}

// The day of the model. Any would do.
const (
	modelDay  = "2026-11-23T07:30:00+07:00"
	modelZone = "Asia/Ho_Chi_Minh"
)

// Setup is an office for the model's days.
func (m Model) Setup(rates queue.Rates) queue.Setup {
	s := queue.Setup{Office: "mo-hinh", Name: "Mô hình", NameEN: "Model", TimeZone: modelZone, Rates: rates}
	for _, d := range m.Services {
		s.Services = append(s.Services, queue.Service{ID: d.Service, Name: "Dịch vụ " + d.Service})
	}
	for i, services := range m.Counters {
		id := fmt.Sprint(i + 1)
		s.Counters = append(s.Counters, queue.Counter{ID: id, Name: "Quầy số " + id, Services: services})
	}
	return s
}

// Day makes up a day. The same seed gives the same people whatever the rates.
func (m Model) Day(seed uint64, rates queue.Rates) (*Day, error) {
	start, err := time.Parse(time.RFC3339, modelDay)
	if err != nil {
		return nil, err
	}
	start = start.UTC()
	end := start.Add(time.Duration(len(m.Hours)) * time.Hour)
	d := &Day{Setup: m.Setup(rates), Start: start}
	for _, c := range d.Setup.Counters {
		d.Desks = append(d.Desks, Desk{Counter: c.ID, Spans: []Span{{start, end}}, Stays: true})
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	var work float64 // Minutes, of one visit on average.
	for _, s := range m.Services {
		work += s.Share * s.Mean.Minutes()
	}
	people := m.Load * float64(len(m.Counters)) * end.Sub(start).Minutes() / work
	for hour, share := range m.Hours {
		rate := people * share // Per hour.
		for t := rng.ExpFloat64() / rate; t < 1; t += rng.ExpFloat64() / rate {
			at := start.Add(time.Duration((float64(hour) + t) * float64(time.Hour)))
			d.Visits = append(d.Visits, m.visit(rng, at))
		}
	}
	slices.SortStableFunc(d.Visits, func(a, b Visit) int { return a.At.Compare(b.At) })
	return d, nil
}

// visit makes up what a person comes for.
func (m Model) visit(rng *rand.Rand, at time.Time) Visit {
	v := Visit{At: at.Truncate(time.Millisecond), Class: queue.Normal, Channel: queue.Kiosk}
	demand := m.Services[len(m.Services)-1]
	for x, i := rng.Float64(), 0; i < len(m.Services); i++ {
		if x -= m.Services[i].Share; x < 0 {
			demand = m.Services[i]
			break
		}
	}
	v.Service = demand.Service
	x := rng.Float64()
	for _, c := range []queue.Class{queue.Priority, queue.Appointment} {
		if x -= m.Classes[c]; x < 0 {
			v.Class = c
			break
		}
	}
	v.Default = logNormal(rng, demand.Mean, m.Spread)
	v.Stages = []Stage{{Work: v.Default, End: queue.Finish}}
	return v
}

// logNormal draws a time of a mean and a spread (standard deviation ÷ mean).
func logNormal(rng *rand.Rand, mean time.Duration, spread float64) time.Duration {
	variance := math.Log(1 + spread*spread)
	x := float64(mean) * math.Exp(math.Sqrt(variance)*rng.NormFloat64()-variance/2)
	return cmp.Or(time.Duration(x).Truncate(time.Millisecond), time.Millisecond)
}
