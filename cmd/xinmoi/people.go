package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/output/browser"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/people"
	peopledesk "github.com/xinmoi/xinmoi/queue/people/desk"
	"github.com/xinmoi/xinmoi/queue/people/openid"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// staff is who works with the pages.
type staff struct {
	people  *people.People
	desk    *peopledesk.Desk
	doorway *doorway
}

// peopleConfig is how long what people did can be read.
type peopleConfig struct {
	KeepAudit int `toml:"keep_audit_months"`
}

// openidConfig is the provider by which staff may sign in.
type openidConfig struct {
	Issuer     string `toml:"issuer"`
	ClientID   string `toml:"client_id"`
	SecretFile string `toml:"client_secret_file"`
	Name       string `toml:"name"`
	Claim      string `toml:"claim"`
}

// provider is nil where there is none.
func (c openidConfig) provider(base string) (*openid.Provider, error) {
	if c.Issuer == "" {
		return nil, nil
	}
	secret := ""
	if c.SecretFile != "" {
		text, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("openid.client_secret_file: %w", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	p, err := openid.New(openid.Config{
		Name: c.Name, Issuer: c.Issuer, ClientID: c.ClientID, Secret: secret, Redirect: base + peopledesk.OpenBack, Claim: c.Claim,
	})
	if err != nil {
		return nil, fmt.Errorf("openid: %w", err)
	}
	return p, nil
}

// openPeople opens the accounts of staff and their pages.
func (a *app) openPeople(ctx context.Context) error {
	provider, err := a.cfg.OpenID.provider(a.base)
	if err != nil {
		return err
	}
	if a.people, err = people.Open(ctx, people.Config{Path: filepath.Join(a.data.path, people.FileName), Logger: a.log, Keep: a.cfg.People.KeepAudit}); err != nil {
		return err
	}
	a.parts = append(a.parts, part{"people", a.people.Run, false})
	a.desk, err = peopledesk.New(peopledesk.Config{
		People: a.people, Tokens: a.db, Log: a.db, ID: a.info.ID, Counters: a.counterIDs, Address: api.ClientIP,
		OpenID: provider, Secure: strings.HasPrefix(a.base, "https:"), Location: a.where.location, Build: version(), Logger: a.log,
		ByThemselves: []string{browser.AckPath},
	})
	return err
}

func (a *app) closePeople() error {
	if a.people == nil {
		return nil
	}
	return a.people.Close()
}

func (a *app) counterIDs(ctx context.Context) ([]string, error) {
	counters, err := a.engine.Counters(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range counters {
		ids = append(ids, c.ID)
	}
	return ids, nil
}

// mountPeople puts the pages of people behind their rights.
func (a *app) mountPeople(mount func(string, http.Handler)) {
	public := a.desk.Public()
	for _, path := range []string{peopledesk.LoginPath, peopledesk.OutPath, peopledesk.AccountPath, peopledesk.PairPath} {
		mount(path, public)
	}
	admin := a.api.Need(api.SeePeople)(a.desk.Admin())
	mount(peopledesk.PeoplePath, admin)
	mount(peopledesk.DevicesPath, admin)
	mount(peopledesk.AuditPath, a.api.Need(api.SeeAudit)(a.desk.Audit()))
}

// doorway is the server's pages, and remembers every path that it has: a test
// asks at each of them as everybody.
type doorway struct {
	*http.ServeMux
	paths []string
}

func newDoorway() *doorway { return &doorway{ServeMux: http.NewServeMux()} }

// Handle adds a path.
func (d *doorway) Handle(path string, h http.Handler) {
	d.paths = append(d.paths, path)
	d.ServeMux.Handle(path, h)
}

// userFlags are what the command user is told.
type userFlags struct{ role, display, counters, office string }

// runUser makes, lists and shuts accounts, also beside a running server.
func runUser(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	var u userFlags
	f.StringVar(&u.role, "role", "", "agent, supervisor, leader, auditor or admin")
	f.StringVar(&u.display, "display", "", "what the person is called: \"Nguyễn Thị Lan\"")
	f.StringVar(&u.counters, "counters", "", "the only counters an agent may work at: \"1,2\"")
	f.StringVar(&u.office, "office", queue.CommuneCentre().Office, "the `id` of the office")
	data := f.String("data", defaultData, "data directory")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0] != "list" && len(words) != 2 || words[0] == "list" && len(words) != 1 {
		return usagef("say add NAME, list, reset NAME, disable NAME or enable NAME")
	}
	if _, err := os.Stat(filepath.Join(*data, sqlite.FileName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no office in %s: start \"xinmoi serve\" once, or name its directory with -data DIR", *data)
	}
	all, err := people.Open(ctx, people.Config{Path: filepath.Join(*data, people.FileName)})
	if err != nil {
		return err
	}
	return errors.Join(u.run(ctx, all, words, s), all.Close())
}

func (u userFlags) run(ctx context.Context, all *people.People, words []string, s streams) error {
	switch words[0] {
	case "list":
		return listUsers(ctx, all, s)
	case "add":
		return u.add(ctx, all, words[1], s)
	case "reset":
		password, err := all.Reset(ctx, people.Command(), words[1])
		if err != nil {
			return err
		}
		return tellPassword(s, words[1], password)
	case "disable", "enable":
		if err := all.Disable(ctx, people.Command(), words[1], words[0] == "disable"); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "The account %s is %sd.\n", words[1], words[0])
		return nil
	default:
		return usagef("%q: say add NAME, list, reset NAME, disable NAME or enable NAME", words[0])
	}
}

func (u userFlags) add(ctx context.Context, all *people.People, name string, s streams) error {
	role, err := people.RoleOf(u.role)
	if err != nil {
		return usageError{err.Error()}
	}
	post := people.Post{Office: u.office, Role: role, Counters: people.CountersOf(u.counters)}
	a, password, err := all.Add(ctx, people.Command(), people.NewAccount{Name: name, Display: u.display, Posts: []people.Post{post}})
	if err != nil {
		return err
	}
	return tellPassword(s, a.Name, password)
}

// tellPassword prints a password alone on the last line, as token does.
func tellPassword(s streams, name, password string) error {
	fmt.Fprintf(s.err, "The first password of %s. It is shown this once; an own one must be chosen at the first sign-in.\n", name)
	_, err := fmt.Fprintln(s.out, password)
	return err
}

// listUsers prints name, roles, state, last sign-in and what each is called,
// with tabs between.
func listUsers(ctx context.Context, all *people.People, s streams) error {
	accounts, err := all.Accounts(ctx)
	for _, a := range accounts {
		state, seen := "good", "never"
		switch {
		case a.Disabled:
			state = "disabled"
		case a.MustChange:
			state = "first password"
		}
		if !a.SeenAt.IsZero() {
			seen = a.SeenAt.Local().Format(time.DateTime + " -07:00")
		}
		var posts []string
		for _, p := range a.Posts {
			posts = append(posts, strings.TrimSpace(string(p.Role)+" "+strings.Join(p.Counters, ",")))
		}
		fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\t%s\n", a.Name, strings.Join(posts, ";"), state, seen, a.Display)
	}
	return err
}
