// Package web shows one office to people: the citizens' start page and ticket
// page, the board of the hall, the counter console and the administrator's
// overview.
//
// Pages are complete when they leave the server and stay true by server-sent
// events. One goroutine (Web.Run) follows the office; every change becomes one
// snapshot, rendered once and put into a mailbox of size one per watcher, so
// that a slow TV skips states but never shows an old one for longer than it
// must, and blocks nobody.
//
// The package decides nothing about who may see what: Public, Counter and
// Admin are separate handlers, and the program guards them.
package web
