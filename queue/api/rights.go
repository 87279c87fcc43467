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
	mayCounter right = "counter" // Open, pause, close, next, call.
)

// actor is who a right is given to: a role, or one of the two below.
type actor string

const (
	public actor = "public" // Anyone, without a token.
	holder actor = "link"   // Who holds a ticket's own link; for that ticket alone.
)

// rights is the whole of who may do what.
func rights() map[actor][]right {
	return map[actor][]right{
		public:                   {mayRead, mayLookUp},
		holder:                   {mayRead, mayLookUp, act(queue.Cancel)},
		actor(queue.RoleKiosk):   {mayRead, mayLookUp, mayTicket, mayTake, act(queue.Confirm), act(queue.Cancel)},
		actor(queue.RoleChannel): {mayRead, mayLookUp, mayTicket, mayTake, act(queue.Confirm), act(queue.Cancel)},
		actor(queue.RoleBoard):   {mayRead, mayLookUp},
		actor(queue.RoleStaff):   allRights(),
		actor(queue.RoleAdmin):   allRights(),
	}
}

// allRights is everything that exists; rating, which staff may not, does not
// exist yet.
func allRights() []right {
	all := []right{mayRead, mayLookUp, mayTicket, mayTake, mayCounter}
	for _, a := range queue.Actions() {
		all = append(all, act(a))
	}
	return all
}

// act is the right to one ticket action.
func act(a queue.Action) right { return right("ticket:" + string(a)) }

// allows reports whether an actor has a right.
func (s *Server) allows(a actor, r right) bool { return slices.Contains(s.rights[a], r) }
