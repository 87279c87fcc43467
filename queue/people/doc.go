// Package people is for knowing who works with the office's pages: accounts of
// staff with passwords, one-use codes and sessions, what was done by whom, and
// the devices that hold tokens. It keeps them in a file of their own beside the
// log, people.db; which role may do what is the one table in queue/api.
package people
