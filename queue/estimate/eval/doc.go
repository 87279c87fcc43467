// Package eval measures wait estimates on recorded days of real offices:
// snapshots of how many wait and which number is being served, as public
// offices publish them. It reads such a file, finds the moments at which
// somebody could have asked "how long will I wait?", what the true answer was,
// and what each method would have said from what was known at that moment.
package eval
