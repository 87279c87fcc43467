package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// runToken makes a device token, also beside a running server.
func runToken(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	role := f.String("role", "", "admin, staff, kiosk, board or channel")
	data := f.String("data", defaultData, "data directory")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if !slices.Contains(queue.Roles(), queue.Role(*role)) {
		return usagef("-role %q: give one of %s", *role, strings.Join(roleNames(), ", "))
	}
	if _, err := os.Stat(filepath.Join(*data, sqlite.FileName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no office in %s: start \"xinmoi serve\" once, or name its directory with -data DIR", *data)
	}
	db, err := sqlite.Open(ctx, *data)
	if err != nil {
		return err
	}
	token, err := db.NewToken(ctx, queue.Role(*role))
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "A token for role %s. It is shown this once; keep it secret.\n", *role)
	_, err = fmt.Fprintln(s.out, token)
	return err
}

func roleNames() []string {
	var names []string
	for _, r := range queue.Roles() {
		names = append(names, string(r))
	}
	return names
}
