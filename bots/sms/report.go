package sms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/webhook"
)

// receiptTime is how long a gateway is waited for to tell whether a message
// arrived. A telephone that is switched off is told of hours later: by then the
// turn is over.
const receiptTime = 10 * time.Minute

// What Kannel is asked to tell (User Guide, "Delivery Reports"): that a message
// arrived (1), did not (2), or was refused by the network (16); with its code (%d)
// and the network's words (%A).
const (
	kannelMask  = "19"
	kannelTells = "&status=%d&why=%A"

	kannelArrived = 0x01
	kannelFailed  = 0x02
	kannelRefused = 0x10
	kannelUnknown = 0x40 // With kannelFailed: the network does not know.
)

// reportPath is where reports come, below the webhook, before their secret.
const reportPath = "/report/"

// pass is what a report is known by: a gateway's addresses are in its logs, so that
// the secret with which messages are signed is not part of one.
func (a *Adapter) pass() string {
	sum := hmac.New(sha256.New, []byte(a.in.Secret))
	sum.Write([]byte("reports"))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// reportTo is the address that a gateway is given; empty = it is not asked.
func (a *Adapter) reportTo() string {
	if a.reports == "" {
		return ""
	}
	return a.reports + reportPath + a.pass()
}

// isReport reports whether a request tells of a message that we sent, and comes
// from whom we gave the address.
func (a *Adapter) isReport(r *http.Request) bool {
	return webhook.SameSecret(path.Base(r.URL.Path), a.pass())
}

// markForm is how marks are made (crypto/rand.Text), at most 32 letters.
var markForm = regexp.MustCompile(`^[A-Za-z0-9]{8,32}$`)

// report makes of a gateway's words what the outbox takes; nothing of what is still
// on its way.
func report(mark string, arrived, failed bool, why string) ([]bots.Inbound, error) {
	in := bots.Inbound{Kind: bots.Arrived, Mark: mark}
	switch {
	case !markForm.MatchString(mark):
		return nil, fmt.Errorf("%w: a report of no message of ours", webhook.ErrMalformed)
	case arrived:
	case failed:
		in.Kind, in.Text = bots.NotArrived, clip([]byte(why))
	default:
		return nil, nil
	}
	return []bots.Inbound{in}, nil
}

// kannelReport reads what Kannel was asked to tell.
func (a *Adapter) kannelReport(q url.Values) ([]bots.Inbound, error) {
	status, err := strconv.ParseUint(q.Get("status"), 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: a report without a status", webhook.ErrMalformed)
	}
	failed := status&(kannelFailed|kannelRefused) != 0 && status&kannelUnknown == 0
	return report(q.Get("mark"), status&kannelArrived != 0, failed, fmt.Sprintf("kannel: %d %s", status, q.Get("why")))
}

// esmsReport reads what an aggregator of the eSMS form tells of one message ("Callback
// URL"): what became of it (4 refused, 5 done), and how many arrived and did not.
func (a *Adapter) esmsReport(q url.Values) ([]bots.Inbound, error) {
	status, arrived := q.Get("SendStatus"), count(q.Get("SendSuccess"))
	if status == "" {
		return nil, fmt.Errorf("%w: a report without a status", webhook.ErrMalformed)
	}
	if q.Get("RequestId") == "" {
		return nil, nil // Of a message that somebody else sent with this account.
	}
	failed := status == "4" || status == "5" && arrived == 0
	return report(q.Get("RequestId"), status == "5" && arrived > 0, failed, fmt.Sprintf("esms: %s, %s", status, q.Get("error_info")))
}

// count reads a number; 0 if it is none.
func count(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
