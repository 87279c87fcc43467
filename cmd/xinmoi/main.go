// Command xinmoi is the take-a-number system of a public office: phone, kiosk,
// chat, counters, boards and loudspeakers behind one queue, in one binary.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	_ "time/tzdata" // Small machines come without time zones.
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // A second Ctrl+C ends the program at once.
	syscall.Umask(0o077)         // What the office keeps is nobody else's.
	tuneGC()
	tuneThreads()
	code := run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// tuneGC trades memory, of which an office needs little, for processor time:
// the heap may grow to five times what is alive, short of a gigabyte.
func tuneGC() {
	const percent, most = 400, 1 << 30
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(most)
	}
}

// tuneThreads lets more threads run at a time than there are cores. Which of
// them does is then up to the system, which knows priorities: the one that paces
// the sound of all telephone calls comes first. With as many as cores, Go would
// have it wait for a thread that another program has displaced (measured under
// load: 25 ms instead of 1 ms in one of 100 packets).
func tuneThreads() {
	const spare = 2
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + spare)
	}
}

// streams is where a command writes: what was asked for to out, the rest to err.
type streams struct{ out, err io.Writer }

// command is one word after xinmoi.
type command struct {
	name, args, help string
	// run declares its flags on f, then parses args.
	run func(ctx context.Context, f *flag.FlagSet, args []string, s streams) error
}

func commands() []command {
	return []command{
		{"serve", "[-data DIR] [-http ADDR] [-sip ADDR] [-config FILE] [-trust-clock]", "run the office: phone, kiosk, counters, board, loudspeaker, chat", runServe},
		{"words", "[-region north|central|south] [-money|-minutes|-time|-date|-digits|-phone|-decimal] [--] N", "say a number, amount, time, day or code in Vietnamese words", runWords},
		{"say", "-ticket A012 -counter 3 [-o FILE.wav]", "say a call, to the speaker or into a file", runSay},
		{"voice", "build|check|list|use|export|import|remove [-region R] [-data DIR] [-json] …", "make, check, list, choose, hand on, take in and remove voices", runVoice},
		{"kiosk", "-queue http://SERVER:8080 [-printer tcp://192.168.1.50|usb|…] [-profile P] [-name NAME] [-token-file FILE] [-probe|-test] [-data DIR] [-http ADDR]", "the agent on a kiosk's own computer: screen and printer here, the queue there", runKiosk},
		{"phone", "[-press \"1,2\" | -script FILE [-voice DIR | -data DIR] [-region R]] [-record FILE.wav] [-from 0912345678] sip:…", "a test telephone: presses keys, or follows a script that says what must be heard", runPhone},
		{"ivr", "[-server URL] [-office ID] -token-file FILE [-config FILE] [-data DIR] [-sip ADDR]", "answer the telephone for an office that runs elsewhere; several may serve one queue", runIVR},
		{"keypad", "-counter 3 -token-file FILE (-device /dev/input/event3 [-share] | -serial /dev/ttyUSB0 [-baud 9600]) [-server URL] [-office ID] | -list", "call numbers with a number pad on a counter's computer", runKeypad},
		{"trunk", "doctor [-config FILE] [-trunk NAME] [-number N] [-wait 60s] [-trace FILE] [-listen ADDR]", "call the office through its SIP trunk, and say what the trunk does wrong", runTrunk},
		{"token", "-role admin|staff|kiosk|board|channel [-agency ID] | -list | -revoke ID [-data DIR]", "make a token for a device or a program; list or revoke them", runToken},
		{"user", "add NAME -role agent|supervisor|leader|auditor|admin [-display NAME] [-counters 1,2] | list | reset NAME | disable NAME | enable NAME [-data DIR]", "make accounts of staff, list them, give another password, shut one", runUser},
		{"doctor", "[-data DIR] [-config FILE] [-json]", "how everything is and what to do about it: as /admin/health", runDoctor},
		{"backup", "[-data DIR] [-o FILE]", "copy store, messages, accounts, alarms and appointments, also beside a running server; the newest 14 are kept", runBackup},
		{"restore", "-data DIR FILE", "put a backup in place of the store; numbers issued after it are gone from the log", runRestore},
		{"verify", "[-data DIR] [-head HASH] [FILE]", "check the store or a backup: pages, hash chain, replay, ticket rows", runVerify},
		{"report", "[-data DIR] [-day 2026-11-21] [-json|-csv] [-public]", "how a day went: numbers, waits, counters, calls out of order", runReport},
		{"whatif", "[-data DIR] (-day 2026-11-21 | -plan 2026-11-23 [-within 15m] [-share 0.9]) [-rates 1:2:2] [-add-counter A,B [-from 07:30 -to 11:30]] [-remove-counter 3] [-service-minutes A=4]", "replay a past day under another policy or with other counters, and compare waits", runWhatIf},
		{"estimate-eval", "-train FILE -test FILE [-from 2020-01-09] [-v]", "measure wait estimates on recorded days of real offices", runEstimateEval},
		{"bench", "queue [-callers 1,64,256,1024] [-seconds 2] [-slow 0,1ms,10ms] [-dir DIR] [-json] | announce [-voice DIR] [-json] | kiosk [-seconds 10] [-json] | calls [-calls 1000] [-rate 100] [-seconds 10] [-soak N] [-json] | boards [-boards 1000] [-seconds 10] | console [-seconds 10] | notices [-seconds 10] [-json] | phones [-phones 5000] [-seconds 10] | reports [-log-days 250] [-log-tickets 1000] [-keep DIR] | policy [-days 400] [-seed N]", "measure the queue beside the disk's own limit, the announcing beside copying, telephone calls beside a bare sender, or compare rules of who is next", runBench},
		{"simulate", "-seed N [-seeds M] [-days D] [-bug NAME] [-v] | -week -seed N [-v]", "live through office days with crashes and other faults, and look whether every promise was kept", runSimulate},
		{"config", "example|check FILE", "print the documented configuration, or check one", runConfig},
		{"openapi", "", "print the OpenAPI description of the HTTP interface", runOpenAPI},
		{"version", "", "print the version", runVersion},
	}
}

// usageError is a mistake in how a command was called.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// run finds the command and turns its error into an exit code and one line.
func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(s.err)
		return exitUsage
	}
	if args[0] == "play" { // For our own speaker process; not in the list of commands.
		if err := runPlay(ctx, s); err != nil {
			return exitFailed
		}
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return runCommand(ctx, c, args[1:], s)
		}
	}
	fmt.Fprintf(s.err, "xinmoi: unknown command %q; \"xinmoi help\" lists them\n", args[0])
	return exitUsage
}

func runCommand(ctx context.Context, c command, args []string, s streams) int {
	f := flag.NewFlagSet("xinmoi "+c.name, flag.ContinueOnError)
	f.SetOutput(s.err)
	f.Usage = func() {
		fmt.Fprintf(s.err, "usage: xinmoi %s %s\n  %s\n", c.name, c.args, c.help)
		f.PrintDefaults()
	}
	err := c.run(ctx, f, args, s)
	var misuse usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, flag.ErrHelp):
		return exitUsage
	case errors.As(err, &misuse):
		fmt.Fprintf(s.err, "xinmoi %s: %v\nusage: xinmoi %s %s\n", c.name, err, c.name, c.args)
		return exitUsage
	default:
		fmt.Fprintf(s.err, "xinmoi %s: %v\n", c.name, err)
		return exitFailed
	}
}

// parse reads flags wherever they stand, as people type them, and gives the
// other arguments; "--" ends the flags. What the flag package has already
// complained about becomes a usage error without a second complaint.
func parse(f *flag.FlagSet, args []string) ([]string, error) {
	var tail []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, tail = args[:i], args[i+1:]
	}
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			return nil, flag.ErrHelp
		}
		if f.NArg() == 0 {
			return append(rest, tail...), nil
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// parseFlags is parse for a command that takes no other arguments.
func parseFlags(f *flag.FlagSet, args []string) error {
	words, err := parse(f, args)
	if err == nil && len(words) > 0 {
		err = usagef("unexpected %q", words[0])
	}
	return err
}

func usage(w io.Writer) {
	fmt.Fprint(w, "xinmoi — the take-a-number system of a public office\n\nusage: xinmoi COMMAND\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n           %s\n", c.name, c.args, c.help)
	}
}
