package ivr

import (
	"strconv"

	"github.com/xinmoi/xinmoi/announce/standing"
	"github.com/xinmoi/xinmoi/queue"
)

// beforeTravel is how many minutes before somebody must set out the call comes:
// it may have to be made twice, and nobody stands at the door.
const beforeTravel = 10

// travelDigits is how many digits the longest way has.
const travelDigits = 3

// askTravel asks who wants to be called how long the way is, so that the call
// comes in time for it. Nothing is lost by not answering. Where no wait is known
// no time can be kept, and nothing is asked.
func (d Dialogue) askTravel(t queue.Ticket) (Dialogue, []Action) {
	d.stage, d.calling, d.typed, d.offered = travelling, t, "", true
	if !standing.Known(t.Standing) {
		return d.wish()
	}
	return d, []Action{Say{Sentence: d.speak.say("ask-travel")}}
}

// travelKey takes one key of the minutes. # ends them, * begins again or goes
// on without; a zero alone is no way at all.
func (d Dialogue) travelKey(k rune) (Dialogue, []Action) {
	switch {
	case k >= '0' && k <= '9':
		d.typed += string(k)
		if d.typed == "0" || len(d.typed) == travelDigits {
			d.closer = true
			return d.wish()
		}
		return d, []Action{Hush{}, SetTimer{betweenKeys}}
	case k == backKey && d.typed != "":
		d.misses++
		if d.misses < d.most.misses {
			return d.askTravel(d.calling)
		}
		d.typed = ""
		return d.wish()
	case k == backKey || k == endKey:
		return d.wish()
	}
	return d, nil
}

// travel is what was typed, in minutes.
func (d Dialogue) travel() int {
	minutes, err := strconv.Atoi(d.typed)
	if err != nil {
		return 0
	}
	return min(minutes, standing.MostTravel)
}

// mustLeave reports whether somebody so far away should set out now: a call
// would come at once.
func mustLeave(t queue.Ticket, travel int) bool {
	return travel > 0 && standing.Known(t.Standing) && *t.Standing.LowMin <= travel+beforeTravel
}

// wish notes that the caller wants to be called.
func (d Dialogue) wish() (Dialogue, []Action) {
	t, travel := d.calling, d.travel()
	d = d.ask(wishing)
	if d.far = callAtNear; mustLeave(t, travel) {
		d.far, travel = leaveNow, 0 // Who is on the way is called when the turn is near, as everybody.
	} else if travel > 0 {
		d.far = callToLeave
	}
	d.typed = ""
	return d, []Action{Hush{}, Ask{N: d.questions, Ticket: t, Language: d.speak.Code, Travel: travel}, SetTimer{officeWait}}
}

// far is what somebody who is to be called, or written to, is promised.
type far int

const (
	callAtNear  far = iota // A call when the turn is near.
	callToLeave            // A call when it is time to set out.
	leaveNow               // It is time already.
	written                // A message, and no call.
)

// wished promises the call only once the wish is noted.
func (d Dialogue) wished(in Wished) (Dialogue, []Action) {
	if d.stage != wishing || in.N != d.questions {
		return d, nil
	}
	switch {
	case d.far == leaveNow:
		return d.close(d.speak.say("leave-now"))
	case in.Err != nil:
		return d.close(d.speak.prompts("not-done", "be-there"))
	case d.far == written:
		return d.close(d.speak.prompts("will-text", "be-there"))
	case d.far == callToLeave:
		return d.close(d.speak.prompts("will-call-far", "be-there"))
	}
	return d.close(d.speak.prompts("will-call", "be-there"))
}
