package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/keypad"
)

// runKeypad lets a number pad on a counter's PC call numbers.
func runKeypad(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	server := f.String("server", "http://127.0.0.1:8080", "address of the office's server")
	office := f.String("office", queue.CommuneCentre().Office, "`id` of the office")
	counter := f.String("counter", "", "number of the counter")
	tokenFile := f.String("token-file", "", "`file` with a token of the role staff (xinmoi token -role staff)")
	device := f.String("device", "", "a pad on USB, /dev/input/by-id/…-event-kbd; -list shows what there is")
	share := f.Bool("share", false, "let other programs have the pad's keys as well")
	serial := f.String("serial", "", "a keypad on a serial line, /dev/ttyUSB0")
	baud := f.Int("baud", 9600, "its speed")
	list := f.Bool("list", false, "list the keyboards and pads of this computer, and end")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	switch {
	case *list:
		return listPads(s)
	case *counter == "":
		return usagef("name the counter with -counter 3")
	case (*device == "") == (*serial == ""):
		return usagef("give -device or -serial, one of them; -list shows the pads on USB")
	}
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		return fmt.Errorf("-token-file: %w; make one with \"xinmoi token -role staff\" at the server", err)
	}
	c := keypad.Config{
		Office: api.NewClient(*server, *office, strings.TrimSpace(string(token)), nil), Counter: *counter, Caller: "keypad",
		Logger: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Keys:   keypad.OpenSerial(*serial, *baud),
		Tell:   func(o keypad.Outcome) { fmt.Fprintln(s.out, padWords(o)) },
	}
	if *device != "" {
		c.Keys = keypad.OpenEvents(*device, !*share)
	}
	agent, err := keypad.New(c)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Bàn phím quầy %s: Enter = bước tiếp theo, + gọi lại, − vắng mặt, 0 hoàn thành, / tạm dừng, số rồi Enter = gọi số đó, * quầy Enter = chuyển\n"+
		"(keypad of counter %s: Enter = next step, + recall, − no-show, 0 finish, / pause, digits Enter = call that number, * counter Enter = transfer)\n", *counter, *counter)
	return agent.Run(ctx)
}

func listPads(s streams) error {
	pads, err := keypad.Devices()
	if err != nil {
		return err
	}
	if len(pads) == 0 {
		return fmt.Errorf("không thấy bàn phím nào: cắm vào rồi thử lại (no keyboard or pad is there: plug it in and try again)")
	}
	for _, p := range pads {
		fmt.Fprintln(s.out, p)
	}
	return nil
}

// padWords says what became of a press.
func padWords(o keypad.Outcome) string {
	what := string(o.Verb)
	if number := o.Number(); number != "" {
		what += " " + number
	}
	if o.Err != nil {
		return what + ": chưa làm (not done): " + o.Err.Error()
	}
	return what + ": xong (done)"
}
