// Package setup is for the pages on which an administrator sets an office up:
// its name, fields and procedures, services, counters, hours, holidays, rules,
// and the wizard that leads through all of it the first time. Two
// administrators may work at once: see package form.
package setup

import "embed"

//go:embed all:templates static
var files embed.FS

// Prefix is where the pages are, and WizardPath where the wizard is. Whoever
// mounts them guards them for administrators.
const (
	Prefix     = "/admin/setup"
	WizardPath = "/admin/wizard"
)
