// Package alarm is for nobody overlooking that something is wrong, and for
// nobody being told the same thing all day: what is wrong long enough is raised
// once, told to the people who chose to hear it, told to more of them when
// nobody takes care, and closed when it has been well again for a while. The
// book of it lies beside the log and outlives the program.
package alarm
