package pulse

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// errAddress says that no address of a sound server can be made of a string.
var errAddress = errors.New(`not the address of a sound server; write "unix:/run/user/1000/pulse/native" or "tcp:192.0.2.1:4713"`)

// address is where a sound server listens.
type address struct{ network, path string }

// parseAddress reads PulseAudio's server strings as far as they name one
// server: "unix:/path", "/path", "tcp:host:port", "tcp4:…", "tcp6:…", with an
// optional "{machine}" in front.
func parseAddress(s string) (address, error) {
	text := strings.TrimSpace(s)
	if strings.HasPrefix(text, "{") {
		_, rest, ok := strings.Cut(text, "}")
		if !ok {
			return address{}, fmt.Errorf("%w: %q", errAddress, s)
		}
		text = rest
	}
	if strings.HasPrefix(text, "/") {
		return address{"unix", text}, nil
	}
	network, path, _ := strings.Cut(text, ":")
	switch network {
	case "unix":
		if strings.HasPrefix(path, "/") {
			return address{network, path}, nil
		}
	case "tcp", "tcp4", "tcp6":
		if path == "" {
			break
		}
		if i := strings.LastIndexByte(path, ':'); i < 0 || strings.HasSuffix(path, "]") {
			path += ":4713" // The protocol's own port.
		}
		return address{network, path}, nil
	}
	return address{}, fmt.Errorf("%w: %q", errAddress, s)
}

// addresses gives where to look for a server: the configured one, else the
// environment's, else the user's and the system's.
func addresses(configured string) ([]address, error) {
	if configured == "" {
		configured = os.Getenv("PULSE_SERVER")
	}
	if configured != "" {
		var all []address
		for field := range strings.FieldsSeq(configured) {
			a, err := parseAddress(field)
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
		if len(all) > 0 {
			return all, nil
		}
	}
	var all []address
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		all = append(all, address{"unix", filepath.Join(dir, "pulse", "native")})
	}
	return append(all,
		address{"unix", fmt.Sprintf("/run/user/%d/pulse/native", os.Getuid())},
		address{"unix", "/run/pulse/native"}), nil
}
