package estimate

import "math"

// Features is what is known at a moment. Those that are waits in minutes are
// logarithms of (minutes + 2), relative to the base.
type Features [features]float64

// The features. The first are waits, each by a rule of its own; see waits.
const (
	fLES         = iota // Wait of the last one called.
	fHOL                // Wait so far of the first in line.
	fGP                 // Gamma–Poisson: place ÷ (counters × calls per counter of 45 minutes and of earlier days).
	fRate15             // Place ÷ calls per busy minute, of 15 minutes …
	fRate30             // … of 30 …
	fRate60             // … of 60 …
	fRate120            // … of 120 …
	fDay                // … and of today.
	fDayCounters        // Place ÷ (counters × calls per counter of today).
	fCourse             // The course of earlier days, at today's pace.
	fPerson             // Place × what a place took on earlier days.
	fHOLPace            // Place × what a place took while the first in line was in it.
	fLESPace            // Place × what a place took while the last one called was in it.
	fCapped             // fPerson, but not beyond the usual last call.
	fSinceCall          // Since the last call.
	fMiddleAge          // Since the middle of the line came.
	fTailAge            // Since the last in line came.
	fForward            // The office's policy run forward with usual stays at its counters; the base where no tickets are known.
	waits

	fBase         = iota - 1 // Mean of some of the waits; not relative.
	fPlace                   // log(ahead + 3).
	fCounters                // log(open counters + 2).
	fTime                    // Of the day: (minute − noon) ÷ 4 hours.
	fTime2                   // Its square.
	fFeedback                // How wrong the base was for those called in the last hour, log.
	fFeedbackN               // log(1 + how many those were).
	fHallFeedback            // The same in the office's other lines.
	fBias                    // The same on earlier days.
	fOthers                  // log(waiting in other lines + 3).
	fOthersRate              // log(calls of other lines in the last hour + 3).
	fOthersWait              // The difference of the two.
	fToClose                 // log(hours to the usual last call).
	fArrivals                // log(joined in the last hour + 2).
	fCounterShift            // log(open counters ÷ usual ones).
	fTrend                   // log(pace of 30 ÷ pace of 60 minutes).
	fSpeed                   // log(pace of today ÷ pace of earlier days).
	features
)

// featureNames are what stored models call them.
func featureNames() [features]string {
	return [features]string{
		fLES: "les", fHOL: "hol", fGP: "gamma_poisson", fRate15: "rate_15", fRate30: "rate_30", fRate60: "rate_60", fRate120: "rate_120",
		fDay: "rate_day", fDayCounters: "rate_day_counter", fCourse: "course", fPerson: "person", fHOLPace: "hol_pace", fLESPace: "les_pace",
		fCapped: "person_capped", fSinceCall: "since_call", fMiddleAge: "middle_age", fTailAge: "tail_age", fForward: "forward", fBase: "base", fPlace: "place",
		fCounters: "counters", fTime: "time", fTime2: "time_squared", fFeedback: "feedback", fFeedbackN: "feedback_n",
		fHallFeedback: "hall_feedback", fBias: "bias", fOthers: "others", fOthersRate: "others_rate", fOthersWait: "others_wait",
		fToClose: "to_close", fArrivals: "arrivals", fCounterShift: "counter_shift", fTrend: "trend", fSpeed: "speed",
	}
}

// FeatureNames lists them in the order of Features.
func FeatureNames() []string {
	names := featureNames()
	return names[:]
}

// longestWait is the most that one rule may say, in minutes.
const longestWait = 600.0

// lg is how waits are compared.
func lg(minutes float64) float64 { return math.Log(min(max(minutes, 0), longestWait) + 2) }

// minutes gives back a wait.
func (x *Features) minutes(i int) float64 { return math.Exp(x[i]+x[fBase]) - 2 }

// sight is a line as somebody sees it who asks.
type sight struct {
	*line
	now       look
	minute    float64
	place     float64 // In the line: 1 = next.
	counters  float64
	called    int
	lesAt     float64 // When the last one was called …
	les       float64 // … and how long that one had waited.
	hol       float64
	spent     float64 // Of busy minutes.
	closeness float64 // Minutes to the usual last call.
}

func (l *line) sight(at float64, ahead int) sight {
	now := l.lookAt(at)
	s := sight{line: l, now: now, minute: at, place: float64(ahead + 1), counters: float64(max(now.counters, 1)), called: now.called, spent: now.busy}
	var seen bool
	if s.lesAt, seen = l.calledAt(s.called); !seen {
		s.lesAt = at
	}
	s.les = max(0, s.lesAt-l.issuedAt(s.called))
	s.hol = max(0, at-l.issuedAt(s.called+1))
	if now.waiting == 0 {
		s.hol = 0
	}
	s.closeness = max(l.usual.closing-at, 15)
	return s
}

// features gives what is known at a minute for somebody at a place.
func (h *Hall) features(l *line, at float64, p Place) (x Features) {
	s := l.sight(at, p.Ahead)
	s.delays(&x, p.Ahead)
	s.paces(&x)
	s.history(&x)
	h.others(&x, l, at)
	s.clock(&x)
	base := (x[fPerson] + x[fHOLPace] + x[fCourse]) / 3
	if x[fForward] = base; p.Run {
		x[fForward] = lg(p.Forward)
		base = (base + 2*x[fForward]) / 3
	}
	for i := range waits {
		x[i] -= base
	}
	x[fBase] = base
	return x
}

// delays are what others waited.
func (s *sight) delays(x *Features, ahead int) {
	x[fLES], x[fHOL] = lg(s.les), lg(s.hol)
	since := s.minute - s.looks[s.reached(s.called)].at
	x[fSinceCall] = lg(since)
	x[fMiddleAge] = lg(s.minute - s.issuedAt(s.called+1+ahead/2))
	x[fTailAge] = lg(s.minute - s.issuedAt(s.called+ahead))
	x[fHOLPace] = s.paceSince(s.minute-s.hol, s.hol)
	x[fLESPace] = s.paceSince(s.lesAt-s.les, s.les)
}

// paceSince is the wait if the line goes on as it went in some minutes from a
// minute on.
func (s *sight) paceSince(from, minutes float64) float64 {
	const prior = 2 // Calls.
	calls := float64(s.called - s.at(from).called)
	return lg(s.place * (minutes + prior/s.usual.speed) / (calls + prior))
}

// window is the calls per busy minute of the last minutes; earlier days count
// as much as prior calls.
func (s *sight) window(minutes, prior float64) float64 {
	w := s.at(s.minute - minutes)
	return (float64(s.called-w.called) + prior) / (s.spent - w.busy + prior/s.usual.speed)
}

// paces are what the pace of today says.
func (s *sight) paces(x *Features) {
	calls := float64(s.called)
	w := s.at(s.minute - 45)
	gp := (float64(s.called-w.called) + shrink) / (s.now.work - w.work + shrink/s.usual.rate)
	x[fGP] = lg(s.place / (s.counters * gp))
	r15, r30, r60, r120 := s.window(15, 2), s.window(30, 2), s.window(60, 3), s.window(120, 3)
	x[fRate15], x[fRate30], x[fRate60], x[fRate120] = lg(s.place/r15), lg(s.place/r30), lg(s.place/r60), lg(s.place/r120)
	x[fDay] = lg(s.place * (s.spent + 3/s.usual.speed) / (calls + 3))
	x[fDayCounters] = lg(s.place * (s.now.work + 5/s.usual.rate) / (s.counters * (calls + 5)))
	x[fTrend] = math.Log((r30 + 0.02) / (r60 + 0.02))
	x[fArrivals] = math.Log(float64(s.now.issued-s.at(s.minute-60).issued) + 2)
}

// history is what earlier days say, and how right the base has been.
func (s *sight) history(x *Features) {
	const prior = 8 // Calls at the pace of earlier days.
	factor := (float64(s.called) + prior) / (s.now.expected + prior)
	x[fSpeed] = math.Log(factor)
	x[fCourse] = lg(s.forward(s.minute, s.place/factor))
	x[fPerson] = s.usual.person + math.Log(s.place)
	x[fCapped] = lg(min(math.Exp(x[fPerson])-2, s.closeness))
	x[fCounterShift] = math.Log((s.counters + 1) / (s.usual.counters + 1))
	x[fBias] = s.usual.bias
	sum, n := s.errors(s.minute, 60)
	x[fFeedback], x[fFeedbackN] = sum/(n+2), math.Log(n+1)
}

// others is what the office's other lines are like: they may share counters.
func (h *Hall) others(x *Features, l *line, at float64) {
	var waiting, calls, sum, n float64
	for _, o := range h.order {
		if o == l || len(o.looks) == 0 {
			continue
		}
		e, k := o.errors(at, 60)
		sum, n = sum+e, n+k
		waiting += float64(o.last().waiting)
		calls += float64(o.last().called - o.at(at-60).called)
	}
	x[fHallFeedback] = sum / (n + 10)
	x[fOthers], x[fOthersRate] = math.Log(waiting+3), math.Log(calls+3)
	x[fOthersWait] = x[fOthers] - x[fOthersRate]
}

// clock is the time of day, and the rest.
func (s *sight) clock(x *Features) {
	x[fPlace], x[fCounters] = math.Log(s.place+2), math.Log(s.counters+2)
	x[fTime] = (s.minute - 720) / 240
	x[fTime2] = x[fTime] * x[fTime]
	x[fToClose] = math.Log(s.closeness / 60)
}
