//go:build !linux

package rtp

import "net"

// NewSender sends through conn.
func NewSender(conn *net.UDPConn) Sender { return udpSender{conn} }
