// Package multicast pages IP loudspeakers and telephones: a clip is sent once,
// as RTP to a multicast group, and every device that listens to the group plays
// it — no SIP, no registration, any number of devices. Groups are zones.
//
// Nothing comes back from the devices: a page counts as played when it was
// sent. Read multicast.go for a page from top to bottom, codec.go for what is
// sent, control.go for the packets that Linksys and Cisco SPA telephones want
// around it.
package multicast
