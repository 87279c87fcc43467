package sip

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxParts bounds the parts of a multipart body that are looked at.
const maxParts = 8

// typeSDP is the type of session descriptions (RFC 8866 §8).
const typeSDP = "application/sdp"

// sdpBody finds the session description in a message: the whole body, or a
// part of a multipart one (trunks put ISUP or a location beside it). A body
// without type that looks like a description is one.
func sdpBody(msg sip.Message) (sdp []byte, ok bool) {
	body := msg.Body()
	if len(body) == 0 {
		return nil, false
	}
	kind, params := contentType(msg)
	switch {
	case kind == typeSDP:
		return body, true
	case strings.HasPrefix(kind, "multipart/"):
		return sdpPart(body, params["boundary"])
	case kind == "":
		return body, bytes.HasPrefix(body, []byte("v="))
	}
	return nil, false
}

func contentType(msg sip.Message) (kind string, params map[string]string) {
	type typed interface{ ContentType() *sip.ContentTypeHeader }
	m, ok := msg.(typed)
	if !ok || m.ContentType() == nil {
		return "", nil
	}
	value := m.ContentType().Value()
	if value == typeSDP {
		return value, nil // As nearly always.
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(value), ";")
		return strings.TrimSpace(kind), nil
	}
	return kind, params
}

func sdpPart(body []byte, boundary string) ([]byte, bool) {
	if boundary == "" {
		return nil, false
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxParts {
		part, err := r.NextRawPart()
		if err != nil {
			return nil, false
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if kind != typeSDP {
			continue
		}
		sdp, err := io.ReadAll(io.LimitReader(part, maxSDP+1))
		return sdp, err == nil
	}
	return nil, false
}
