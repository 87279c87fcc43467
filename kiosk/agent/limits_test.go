package agent_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue"
)

// Numbers set aside count among those of the day. When all are given out, the
// kiosk gives its own, and no more than the office gives in all.
func TestQuotaAndNumbersSetAside(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*queue.Service)
		code queue.Code
		most int // Numbers of the kiosk in all.
	}{
		{"of the service", func(s *queue.Service) { s.Quota = 4 }, queue.CodeServiceFull, 3},
		{"of the kiosks", func(s *queue.Service) { s.Quotas = map[queue.Channel]int{queue.Kiosk: 5} }, queue.CodeChannelFull, 5},
		{"of the series", func(s *queue.Service) { s.Last = 4 }, queue.CodeServiceFull, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setup := queue.CommuneCentre()
			tt.set(&setup.Services[0])
			apartFrom(t, setup, 3, func(d *distant, open func() (*agent.Office, func())) {
				o, end := open()
				if free, _ := o.Stock(); free["A"] != 3 {
					t.Fatalf("set aside: %v", free)
				}
				if _, err := d.Office.Take(context.Background(), queue.TakeRequest{Service: "A", Channel: queue.Phone}); err != nil {
					t.Fatal(err)
				}
				for i := range tt.most {
					if all, err := o.Services(context.Background()); err != nil || !all[0].Open {
						t.Fatalf("before number %d: %+v, %v", i, all[0], err)
					}
					got, err := o.Take(context.Background(), touch(fmt.Sprint("touch-", i)))
					if err != nil {
						t.Fatalf("number %d: %v", i, err)
					}
					confirm(t, o, got)
					time.Sleep(5 * time.Second) // In the bubble: no time passes.
					synctest.Wait()
					if known, err := d.Office.Ticket(context.Background(), got.Code); err != nil || known.State != queue.Waiting || known.Procedure != "khai-sinh" {
						t.Errorf("%s is %+v, %v", got.Number, known, err)
					}
				}
				if _, err := o.Take(context.Background(), touch("one more")); queue.ErrorCode(err) != tt.code {
					t.Errorf("one more: %v", err)
				}
				if len(o.Refused())+len(o.Orphans()) > 0 {
					t.Errorf("refused %v, orphans %v", o.Refused(), o.Orphans())
				}
				end()
			})
		})
	}
}

// What staff had closed or stopped before the line was cut stays so; what was
// full is given from the shelf.
func TestCutOffAfterStaffHadStopped(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop func(o queue.Management) error
		open bool
	}{
		{"the service closed", func(o queue.Management) error {
			v, err := o.Setup(context.Background())
			if err == nil {
				v.Setup.Services[0].Closed = true
				_, err = o.Configure(context.Background(), queue.ConfigureRequest{Setup: v.Setup, Version: v.Version})
			}
			return err
		}, false},
		{"the numbers stopped", func(o queue.Management) error {
			_, err := o.SetIssuing(context.Background(), queue.IssuingRequest{Service: "A", Stopped: true})
			return err
		}, false},
		{"the quota full", func(o queue.Management) error {
			v, err := o.Setup(context.Background())
			if err == nil {
				v.Setup.Services[0].Quota = 3
				_, err = o.Configure(context.Background(), queue.ConfigureRequest{Setup: v.Setup, Version: v.Version})
			}
			return err
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			apart(t, 3, func(d *distant, open func() (*agent.Office, func())) {
				o, end := open()
				if err := tt.stop(d.Office.(queue.Management)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second) // In the bubble: no time passes.
				d.set(true, false)
				_, err := o.Take(context.Background(), touch("one"))
				all, err2 := o.Services(context.Background())
				if (err == nil) != tt.open || err2 != nil || all[0].Open != tt.open {
					t.Errorf("%v; %+v, %v", err, all[0], err2)
				}
				end()
			})
		})
	}
}
