package api

import (
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/officetest"
)

// TestOffice holds the client, with a server and an engine behind it, to what
// every office must do.
func TestOffice(t *testing.T) {
	officetest.Run(t, func(t *testing.T, setup queue.Setup) queue.Office {
		b := newBenchOf(t, setup)
		return NewClient(b.http.URL, setup.Office, "token-admin", b.http.Client())
	})
}

func TestOfficeCallers(t *testing.T) {
	officetest.RunCallers(t, func(t *testing.T, setup queue.Setup) (one, other queue.Office) {
		b := newBenchOf(t, setup)
		return NewClient(b.http.URL, setup.Office, "token-staff", b.http.Client()),
			NewClient(b.http.URL, setup.Office, "token-kiosk", b.http.Client())
	})
}

func TestManagement(t *testing.T) {
	officetest.RunManagement(t, func(t *testing.T, setup queue.Setup) queue.Management {
		b := newBenchOf(t, setup)
		return NewClient(b.http.URL, setup.Office, "token-admin", b.http.Client())
	})
}
