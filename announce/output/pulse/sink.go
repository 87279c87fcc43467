package pulse

import (
	"context"
	"errors"
	"fmt"

	"github.com/jfreymuth/pulse/proto"
)

// Sink is one output of a sound server.
type Sink struct {
	ID    string // For Config.Sink.
	Name  string // For people.
	Muted bool
}

// Sinks lists what a server has, as help for the configuration; server is as
// Config.Server.
func Sinks(ctx context.Context, server string) ([]Sink, error) {
	s, err := connect(ctx, server)
	if err != nil {
		return nil, faultOf(err)
	}
	defer s.close()
	var list proto.GetSinkInfoListReply
	if err := s.client.Request(&proto.GetSinkInfoList{}, &list); err != nil {
		return nil, faultOf(fmt.Errorf("list the sinks: %w", err))
	}
	all := make([]Sink, len(list))
	for i, info := range list {
		name := info.Device
		if d, ok := info.Properties["device.description"]; ok {
			name = d.String()
		}
		all[i] = Sink{ID: info.SinkName, Name: name, Muted: info.Mute}
	}
	return all, nil
}

// sink looks a sink up; an empty name is the default.
func (s *server) sink(name string) (*proto.GetSinkInfoReply, error) {
	var info proto.GetSinkInfoReply
	err := s.client.Request(&proto.GetSinkInfo{SinkIndex: proto.Undefined, SinkName: name}, &info)
	switch {
	case errors.Is(err, proto.ErrNoSuchEntity):
		return nil, fmt.Errorf("%w: %q", ErrSink, name)
	case err != nil:
		return nil, fmt.Errorf("ask about sink %q: %w", name, err)
	}
	return &info, nil
}
