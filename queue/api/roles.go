package api

import "github.com/xinmoi/xinmoi/queue"

// Right is something that a caller may be allowed to do; pages name one for
// Server.Need.
type Right = right

// The rights to pages. What a page shows and what it changes are told apart
// where not everybody who may look may change.
const (
	SeeKiosk      Right = "page:kiosk"       // The touch screen, and what kiosks on other machines ask for.
	SeeBoardSound Right = "page:board-sound" // The sound of a board.
	SeeCounter    Right = "page:counter"     // The counter console.
	SeeLive       Right = "page:live"        // The live overview.
	DoLive        Right = "live:do"          // Change something there: which services a counter calls.
	AckAlarm      Right = "alarm:ack"        // Say that an alarm is being seen to.
	SeeReports    Right = "page:reports"
	SeeWhatIf     Right = "page:what-if"
	SeeSound      Right = "page:sound"  // Messages to the hall, loudspeakers.
	SeeAdmin      Right = "page:admin"  // The administration and all settings.
	SeeAudit      Right = "page:audit"  // Who did what.
	SeePeople     Right = "page:people" // Accounts and devices.
	SeeMetrics    Right = "page:metrics"
)

// pageRights lists the rights to pages.
func pageRights() []Right {
	return []Right{
		SeeKiosk, SeeBoardSound, SeeCounter, SeeLive, DoLive, AckAlarm, SeeReports, SeeWhatIf, SeeSound, SeeAdmin, SeeAudit, SeePeople, SeeMetrics,
	}
}

// staffPages are those of a device with a token of role staff.
func staffPages() []Right {
	return []Right{SeeCounter, SeeLive, DoLive, AckAlarm, SeeReports, SeeSound}
}

// columns are the roles of people in the order of the table below.
func columns() []queue.Role {
	return []queue.Role{queue.RoleAgent, queue.RoleSupervisor, queue.RoleLeader, queue.RoleAdmin, queue.RoleAuditor}
}

// roleRow says which roles of people have a right: a letter in the role's
// column, a dash where it has not.
type roleRow struct {
	right Right
	roles string
}

// peopleTable is the whole of what people who have signed in may do: a line for
// every right there is, a column for every role.
func peopleTable() []roleRow {
	return []roleRow{
		// agent A, supervisor S, leader L, admin D, auditor U
		{mayRead, "ASLDU"},
		{mayLookUp, "ASLDU"},
		{mayTicket, "AS-D-"},
		{mayTake, "AS-D-"},
		{mayTakeAsStaff, "AS-D-"},
		{mayMine, "---D-"},
		{mayPhone, "-S-D-"},
		{mayCounter, "AS-D-"},
		{mayPutBack, "AS-D-"},
		{mayWhy, "ASLDU"},
		{mayReasons, "-SLDU"},
		{mayIssuing, "-S-D-"},
		{mayCard, "-S-D-"},
		{maySetup, "-SLDU"},
		{mayConfigure, "---D-"},
		{mayFigures, "-SLDU"},
		{mayAnnounced, "---D-"},
		{mayBook, "ASLDU"},
		{mayOwn, "ASLDU"},
		{mayBookings, "AS-D-"},

		{act(queue.Confirm), "AS-D-"},
		{act(queue.CheckIn), "AS-D-"},
		{act(queue.Later), "AS-D-"},
		{act(queue.Recall), "AS-D-"},
		{act(queue.Start), "AS-D-"},
		{act(queue.Finish), "AS-D-"},
		{act(queue.Absent), "AS-D-"},
		{act(queue.Park), "AS-D-"},
		{act(queue.Resume), "AS-D-"},
		{act(queue.Transfer), "AS-D-"},
		{act(queue.Requeue), "AS-D-"},
		{act(queue.Restore), "AS-D-"},
		{act(queue.Undo), "AS-D-"},
		{act(queue.Cancel), "AS-D-"},
		{act(queue.Rate), "-----"}, // Nobody rates the office's work but citizens.
		{act(queue.Entitle), "AS-D-"},
		{act(queue.Disentitle), "AS-D-"},

		{SeeKiosk, "---D-"},
		{SeeBoardSound, "---D-"},
		{SeeCounter, "AS-D-"},
		{SeeLive, "-SLDU"},
		{DoLive, "-S-D-"},
		{AckAlarm, "-SLD-"},
		{SeeReports, "-SLDU"},
		{SeeWhatIf, "--LD-"},
		{SeeSound, "-S-D-"},
		{SeeAdmin, "---D-"},
		{SeeAudit, "---DU"},
		{SeePeople, "---D-"},
		{SeeMetrics, "---D-"},
	}
}

// withPeople adds the columns of the table to the rights of devices. The
// administrator has one row for both: what a person in that role may not do,
// the token may.
func withPeople(all map[actor][]right) map[actor][]right {
	for i, role := range columns() {
		a := person(role)
		for _, row := range peopleTable() {
			if row.roles[i] != '-' {
				all[a] = append(all[a], row.right)
			}
		}
	}
	return all
}

// person is the actor of somebody who has signed in.
func person(role queue.Role) actor { return "person:" + actor(role) }

// actorOf is who a grant makes its holder.
func actorOf(g queue.Grant) actor {
	if g.Person != "" {
		return person(g.Role)
	}
	return actor(g.Role)
}

// RoleTable gives, for people who decide about roles, every right and the roles
// of people that have it.
func RoleTable() map[Right][]queue.Role {
	out := map[Right][]queue.Role{}
	for _, row := range peopleTable() {
		out[row.right] = nil
		for i, role := range columns() {
			if row.roles[i] != '-' {
				out[row.right] = append(out[row.right], role)
			}
		}
	}
	return out
}
