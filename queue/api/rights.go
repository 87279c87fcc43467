package api

import (
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// right is something that a caller may be allowed to do.
type right string

// The rights. Those of ticket actions are named like the action.
const (
	mayRead    right = "read"    // Offices, services, procedures, counters, board, events.
	mayLookUp  right = "lookup"  // One ticket by its lookup code.
	mayTicket  right = "ticket"  // Any ticket by id or number, with code and address.
	mayTake    right = "take"    // Take a number.
	mayMine    right = "mine"    // The tickets of one person.
	mayPhone   right = "phone"   // What callers hear and may choose, whom to ask for help included.
	mayCounter right = "counter" // Open, pause, close, next, call.

	mayWhy       right = "why"       // Ask why others were called before a ticket.
	mayReasons   right = "reasons"   // Read in the answer what staff wrote when they called out of order.
	mayIssuing   right = "issuing"   // Stop and resume the giving of numbers.
	mayCard      right = "card"      // Hand out and revoke priority cards.
	maySetup     right = "setup"     // Read the setup.
	mayConfigure right = "configure" // Change the setup.
	mayFigures   right = "figures"   // Read how a day went, staff's words included.
	mayAnnounced right = "announced" // Tell what became of a call in the hall.

	mayTakeAsStaff right = "take:staff" // Take a number through channel staff, whose word on a priority counts.

	mayPutBack right = "ticket:later-called" // The action later on a ticket that a counter has called.
)

// actor is who a right is given to: a role, or one of the two below.
type actor string

const (
	public actor = "public" // Anyone, without a token.
	holder actor = "link"   // Who holds a ticket's own link; for that ticket alone.
)

// rights is the whole of who may do what, but that a token of one agency, and a
// person bound to some counters, keep to their counters and tickets; see
// agency.go and bound.go. The table of people is in roles.go.
func rights() map[actor][]right {
	return withPeople(map[actor][]right{
		public:                   {mayRead, mayLookUp, mayBook, mayOwn},
		holder:                   append([]right{mayRead, mayLookUp, mayWhy, mayBook, mayOwn}, citizenActions()...),
		actor(queue.RoleKiosk):   append(takerRights(), SeeKiosk),
		actor(queue.RoleChannel): append(takerRights(), mayMine, mayPhone),
		actor(queue.RoleBoard):   {mayRead, mayLookUp, mayAnnounced, SeeBoardSound},
		actor(queue.RoleStaff):   append(staffRights(), staffPages()...),
		actor(queue.RoleAdmin):   append(allRights(), pageRights()...),
	})
}

// citizenActions are what citizens do with their tickets.
func citizenActions() []right {
	return []right{act(queue.Later), act(queue.CheckIn), act(queue.Cancel), act(queue.Rate)}
}

// takerRights are for devices that take numbers for citizens.
func takerRights() []right {
	return append([]right{mayRead, mayLookUp, mayTicket, mayTake, mayWhy, mayBook, mayOwn, act(queue.Confirm)}, citizenActions()...)
}

// staffRights is everything but rating, for nobody rates the own work, changing
// the setup, and asking what a given person has.
func staffRights() []right {
	return slices.DeleteFunc(allRights(), func(r right) bool { return r == act(queue.Rate) || r == mayConfigure || r == mayMine })
}

// allRights is everything that exists but pages.
func allRights() []right {
	all := []right{mayRead, mayLookUp, mayTicket, mayTake, mayMine, mayPhone, mayTakeAsStaff, mayCounter, mayPutBack, mayWhy, mayReasons, mayIssuing, mayCard, maySetup, mayConfigure, mayFigures, mayAnnounced}
	all = append(all, bookingRights()...)
	for _, a := range queue.Actions() {
		all = append(all, act(a))
	}
	return all
}

// act is the right to one ticket action.
func act(a queue.Action) right { return right("ticket:" + string(a)) }

// allows reports whether an actor has a right.
func (s *Server) allows(a actor, r right) bool { return slices.Contains(s.rights[a], r) }
