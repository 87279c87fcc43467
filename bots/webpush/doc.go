// Package webpush is for citizens who have nothing but a browser: the page of
// their ticket asks once whether it may tell them of their turn, and then does,
// also when it is closed (Push API; RFC 8030, 8188, 8291, 8292).
//
// A chat of this channel is a browser's subscription: an address at the service
// of the browser's maker and two keys, by which only that browser can read what
// is sent. Nobody writes there; what would be answered is done on the ticket's
// page. A page without Push, or without https, is told by its own live stream.
package webpush
