package report

import "github.com/xinmoi/xinmoi/queue"

// tallied is something that is counted of tickets, stays at a counter or staff's
// actions. Their order is that of kept days: another order is another magic.
type tallied int

// The numbers, first those of Counts and Priority, then those of Counter and
// Work.
const (
	nIssued tallied = iota
	nTakenOver
	nCameIn
	nWentOut
	nServed
	nNoShow
	nCancelled
	nUndelivered
	nExpired
	nStillOpen
	nStillInHand
	nDossiers
	nLeft
	nDeclared
	nConfirmed
	nRefused
	nUnchecked
	nByCard
	nByStaff
	nGranted
	nWithdrawn
	nStays
	nStayInHand
	nStayFinished
	nStayNoShow
	nStayParked
	nStayTransferred
	nStayReturned
	nCalls
	nCallsUndone
	nOutOfOrder
	nOutOfOrderUndone
	nRecalls
	nTransfers
	nRequeues
	nPushBacks
	nParks
	nRestores
	nUndos
	nLevel1                       // And the levels above it.
	nLate      = nLevel1 + levels // Waits longer than the office wanted of the service on that day.
	allNumbers = nLate + 1
)

// levels of a rating.
const levels = 5

// numbers is one of each.
type numbers [allNumbers]int

// span is a kind of duration.
type span int

// The kinds of duration; see Work and Group.Lead.
const (
	spanWait span = iota
	spanSinceIssue
	spanAgain
	spanWay
	spanService
	spanLead
	allSpans
)

// deedOf is what an event of a kind is counted as, if at all.
func deedOf(k queue.Kind) (n tallied, counts bool) {
	switch k {
	case queue.TicketRecalled:
		return nRecalls, true
	case queue.TicketTransferred:
		return nTransfers, true
	case queue.TicketRequeued:
		return nRequeues, true
	case queue.TicketPushedBack:
		return nPushBacks, true
	case queue.TicketParked:
		return nParks, true
	case queue.TicketRestored:
		return nRestores, true
	case markCall:
		return nCalls, true
	case markCallUndone:
		return nCallsUndone, true
	case markChosen:
		return nOutOfOrder, true
	case markChosenUndone:
		return nOutOfOrderUndone, true
	case markUndo:
		return nUndos, true
	default:
		return 0, false
	}
}

func (n *numbers) counts() Counts {
	return Counts{
		Issued: n[nIssued], TakenOver: n[nTakenOver], In: n[nCameIn], Out: n[nWentOut], Served: n[nServed], NoShow: n[nNoShow],
		Cancelled: n[nCancelled], Undelivered: n[nUndelivered], Expired: n[nExpired], Open: n[nStillOpen], InHand: n[nStillInHand], Dossiers: n[nDossiers],
	}
}

func (n *numbers) priority() Priority {
	return Priority{
		Declared: n[nDeclared], Confirmed: n[nConfirmed], Refused: n[nRefused], Unchecked: n[nUnchecked], Abuse: share(n[nRefused], n[nDeclared]),
		Card: n[nByCard], ByStaff: n[nByStaff], Granted: n[nGranted], Withdrawn: n[nWithdrawn],
	}
}

func (n *numbers) ratings() Ratings { return ratings([levels]int(n[nLevel1:nLate])) }

// work is that of Work which is counted.
func (n *numbers) work() Work {
	return Work{
		Calls: n[nCalls], CallsUndone: n[nCallsUndone], OutOfOrder: n[nOutOfOrder], OutOfOrderUndone: n[nOutOfOrderUndone],
		OutOfOrderShare: share(n[nOutOfOrder], n[nCalls]), Recalls: n[nRecalls], Transfers: n[nTransfers], Requeues: n[nRequeues],
		PushBacks: n[nPushBacks], Parks: n[nParks], Restores: n[nRestores], Undos: n[nUndos], Ratings: n.ratings(),
	}
}

// counter is that of Counter which is counted.
func (n *numbers) counter() Counter {
	return Counter{
		Stays: n[nStays], Finished: n[nStayFinished], NoShow: n[nStayNoShow], Parked: n[nStayParked], Transferred: n[nStayTransferred],
		Returned: n[nStayReturned], InHand: n[nStayInHand],
	}
}
