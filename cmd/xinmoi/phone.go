package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/phone"
)

func runPhone(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	press := f.String("press", "", "keys; a comma waits until the speech ends, \"1,2\"")
	script := f.String("script", "", "`file` of steps, - for the standard input: press 1, wait speech, wait 2s, expect \"words\", expect number A012, expect hangup, hangup")
	voices := announce.Voices{}
	f.StringVar(&voices.Dir, "voice", "", "voice pack of the far end, for scripts (default: the voice in use in the data directory)")
	data := f.String("data", defaultData, "data directory of the far end, where its voice is")
	var region string
	regionFlag(f, &region, ", the far end's")
	f.Float64Var(&voices.Speed, "speed", 1, "speed of the far end's voice, as in its configuration")
	record := f.String("record", "", "write what was heard to a WAV `file`")
	from := f.String("from", "", "caller's number, 0912345678")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usagef("which address? sip:127.0.0.1:5060")
	}
	if !strings.HasPrefix(words[0], "sip:") {
		return usagef("%q is not a SIP address: sip:127.0.0.1:5060", words[0])
	}
	if _, err := phone.ParsePress(*press); err != nil {
		return usagef("-press: %v", err)
	}
	o := phone.Options{URI: words[0], Press: *press, Record: *record, From: *from}
	if *script != "" {
		if *press != "" {
			return usagef("give -press or -script, not both")
		}
		if voices.Region, err = regionOf(ctx, region, *data); err != nil {
			return err
		}
		voices.Shelf = shelfOf(*data)
		if err := readScript(&o, *script, voices); err != nil {
			return err
		}
	}
	return phone.Run(ctx, o, s.out)
}

// readScript makes a call follow a script.
func readScript(o *phone.Options, path string, voices announce.Voices) error {
	text, err := scriptText(path)
	if err != nil {
		return err
	}
	if o.Script, err = phone.ParseScript(string(text)); err != nil {
		return usagef("-script %s: %v", path, err)
	}
	renderer, notes, err := voices.OpenRenderer()
	switch {
	case err != nil:
		return err
	case renderer.Voice() == nil && expectsWords(o.Script):
		return fmt.Errorf("no voice to compare with: %s; name the far end's with -voice or -data", strings.Join(notes, "; "))
	}
	render := ivr.RenderWith(renderer)
	o.Speak = func(ctx context.Context, s announce.Sentence) ([]int16, error) {
		samples, err := render(ctx, s)
		if err != nil && len(notes) > 0 {
			err = fmt.Errorf("%w (%s)", err, strings.Join(notes, "; "))
		}
		return samples, err
	}
	return nil
}

func expectsWords(script []phone.Step) bool {
	return slices.ContainsFunc(script, func(s phone.Step) bool { return s.Do == phone.Expect })
}

// scriptText reads a script, a little more than one may have.
func scriptText(path string) ([]byte, error) {
	const most = 1 << 20
	if path == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, most))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most))
}
