package api

import (
	"net/http"
)

// serveUnknown answers for addresses and methods that no operation has. The
// router knows which of the two it is, and what is allowed instead.
func (s *Server) serveUnknown(w http.ResponseWriter, r *http.Request) {
	h, _ := s.mux.Handler(r)
	probe := &probeWriter{header: http.Header{}}
	h.ServeHTTP(probe, r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		allow := probe.header.Get("Allow")
		writeProblem(w, r, newProblem(CodeMethodNotAllowed, "%s is not among %s", r.Method, allow).
			withHeader("Allow", allow))
	case probe.status >= 300 && probe.status < 400: // To the clean path.
		w.Header().Set("Location", probe.header.Get("Location"))
		w.WriteHeader(probe.status)
	default:
		writeProblem(w, r, newProblem(CodeNotFound, "nothing is at this address"))
	}
}

// probeWriter takes an answer without sending it.
type probeWriter struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (p *probeWriter) Header() http.Header { return p.header }

// WriteHeader implements http.ResponseWriter.
func (p *probeWriter) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

// Write implements io.Writer.
func (p *probeWriter) Write(b []byte) (int, error) { return len(b), nil }
