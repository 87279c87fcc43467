package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// doctorTime bounds one examination.
const doctorTime = 3 * time.Minute

// runTrunk examines the trunks of a configuration.
func runTrunk(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	file := f.String("config", "", "configuration `file` with the trunks")
	name := f.String("trunk", "", "only the trunk of this name")
	number := f.String("number", "", "number to call instead of the trunk's own")
	wait := f.Duration("wait", 0, "wait so long for a call from outside instead of calling")
	trace := f.String("trace", "", "`file` for all SIP messages, to send to the provider: secrets removed, numbers masked")
	listen := f.String("listen", "", "own address instead of sip.listen, such as 0.0.0.0:5070 beside a running server")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) != 1 || words[0] != "doctor" {
		return usagef("say \"doctor\"")
	}
	cfg, err := loadConfig(*file)
	if err != nil {
		return err
	}
	if *listen != "" {
		cfg.SIP.Listen = *listen
	}
	chosen, err := cfg.SIP.choose(*name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(chosen))*(doctorTime+*wait))
	defer cancel()
	var sick []string
	for i, each := range chosen {
		report, err := examineTrunk(ctx, cfg.SIP, each, *number, *wait, s)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := report.WriteText(s.out); err != nil {
			return err
		}
		if *trace != "" {
			if err := writeTrace(*trace, each.Name, len(chosen) > 1, report.Trace, s); err != nil {
				return err
			}
		}
		if !report.Healthy() {
			sick = append(sick, each.Name)
		}
	}
	if len(sick) > 0 {
		return fmt.Errorf("%s: không hoạt động tốt (does not work well)", strings.Join(sick, ", "))
	}
	return nil
}

// choose gives the trunks to examine.
func (c sipConfig) choose(name string) ([]trunk.Config, error) {
	if len(c.Trunks) == 0 {
		return nil, errors.New("chưa có [[sip.trunk]] trong cấu hình: xem \"xinmoi config example\" (no trunk is configured: see \"xinmoi config example\")")
	}
	if name == "" {
		return c.Trunks, nil
	}
	i := slices.IndexFunc(c.Trunks, func(t trunk.Config) bool { return t.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("không có trung kế %q (no trunk is called that)", name)
	}
	return c.Trunks[i : i+1], nil
}

// examineTrunk lets the doctor look at one trunk, from the address that the
// office uses: a firewall may let no other through.
func examineTrunk(ctx context.Context, c sipConfig, t trunk.Config, number string, wait time.Duration, s streams) (*trunk.Report, error) {
	var line sip.Config
	c.Trunks = []trunk.Config{t}
	if _, err := c.fill(&line, trunk.Options{}); err != nil {
		return nil, err
	}
	line.Leave, line.Lost = nil, nil
	report, err := trunk.Examine(ctx, trunk.Examination{
		Trunk: t, SIP: line, Number: number, Wait: wait,
		Tell: func(vi, en string) { fmt.Fprintf(s.err, "%s (%s)\n", vi, en) },
	})
	if errors.Is(err, sip.ErrPortTaken) {
		return nil, fmt.Errorf("%w; dừng xinmoi serve trước, hoặc dùng -listen (stop xinmoi serve first, or use -listen)", err)
	}
	return report, err
}

// writeTrace writes the messages of an examination; with several trunks each
// has a file of its own.
func writeTrace(path, name string, several bool, text []byte, s streams) error {
	if several {
		path += "-" + name
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nTệp gửi nhà mạng (trace for the provider): %s\n", path)
	return nil
}
