package main

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"

	"github.com/xinmoi/xinmoi/queue/api"
)

// release is the version of the program; see CHANGELOG.md.
const release = "0.1.0"

// version is the release, with the commit where the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return release + "+" + s.Value[:12]
			}
		}
	}
	return release
}

func runVersion(_ context.Context, f *flag.FlagSet, args []string, s streams) error {
	if _, err := parse(f, args); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.out, "xinmoi", version())
	return err
}

func runOpenAPI(_ context.Context, f *flag.FlagSet, args []string, s streams) error {
	if _, err := parse(f, args); err != nil {
		return err
	}
	spec, err := api.OpenAPI()
	if err != nil {
		return err
	}
	_, err = s.out.Write(append(spec, '\n'))
	return err
}
