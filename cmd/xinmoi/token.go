package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// runToken makes, lists or revokes device tokens, also beside a running server.
func runToken(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	role := f.String("role", "", "admin, staff, kiosk, board or channel")
	agency := f.String("agency", "", "the `id` of the one agency whose counters and tickets the token is for, where several share the hall")
	list := f.Bool("list", false, "list the tokens that are good, by id")
	revoke := f.String("revoke", "", "make the token with this `id` good for nothing")
	data := f.String("data", defaultData, "data directory")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	switch {
	case *list || *revoke != "":
		if *role != "" || *list && *revoke != "" {
			return usagef("give one of -role, -list and -revoke")
		}
	case !slices.Contains(queue.Roles(), queue.Role(*role)):
		return usagef("-role %q: give one of %s", *role, strings.Join(roleNames(), ", "))
	}
	db, err := sqlite.Attach(ctx, *data)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no office in %s: start \"xinmoi serve\" once, or name its directory with -data DIR", *data)
	}
	if err != nil {
		return err
	}
	switch {
	case *list:
		err = listTokens(ctx, db, s)
	case *revoke != "":
		if err = db.RevokeToken(ctx, *revoke); err == nil {
			fmt.Fprintf(s.err, "The token %s is good for nothing from now on.\n", *revoke)
		}
	default:
		err = newToken(ctx, db, queue.Role(*role), *agency, s)
	}
	return errors.Join(err, db.Close())
}

func newToken(ctx context.Context, db *sqlite.DB, role queue.Role, agency string, s streams) error {
	if agency != "" {
		list, err := agenciesOf(ctx, db, queue.CommuneCentre().Office)
		if err != nil {
			return err
		}
		if err := knownAgency(agency, list); err != nil {
			return err
		}
	}
	token, err := db.NewToken(ctx, role, agency)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "A token for role %s. It is shown this once; keep it secret.\n", role)
	_, err = fmt.Fprintln(s.out, token)
	return err
}

// agenciesOf lists the agencies that an office has, by its latest setup.
func agenciesOf(ctx context.Context, store queue.Store, office string) ([]queue.Agency, error) {
	day, err := store.Load(ctx, office, time.Now())
	if err != nil {
		return nil, fmt.Errorf("look for the setup of %s: %w", office, err)
	}
	for _, e := range slices.Backward(day.Events) {
		if e.Setup != nil {
			return e.Setup.Agencies, nil
		}
	}
	return nil, fmt.Errorf("the log has no setup of %s yet: start \"xinmoi serve\" once", office)
}

// knownAgency refuses the id of an agency that is not among those there are.
func knownAgency(id string, list []queue.Agency) error {
	if slices.ContainsFunc(list, func(a queue.Agency) bool { return a.ID == id }) {
		return nil
	}
	if len(list) == 0 {
		return fmt.Errorf("-agency %q: this office has no agencies; leave -agency away, or first add the agency to the office's setup", id)
	}
	var names []string
	for _, a := range list {
		names = append(names, a.ID+" ("+a.Name+")")
	}
	return fmt.Errorf("-agency %q: give one of %s", id, strings.Join(names, ", "))
}

// listTokens prints id, role, agency and date of each, with tabs between.
func listTokens(ctx context.Context, db *sqlite.DB, s streams) error {
	grants, err := db.Grants(ctx)
	for _, g := range grants {
		fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\n", g.ID, g.Role, g.Agency, g.CreatedAt.Local().Format(time.DateOnly))
	}
	return err
}

func roleNames() []string {
	var names []string
	for _, r := range queue.Roles() {
		names = append(names, string(r))
	}
	return names
}
