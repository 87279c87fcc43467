package main

import (
	"context"

	whatifdesk "github.com/xinmoi/xinmoi/queue/whatif/desk"
)

// openWhatIf makes the page on which leaders ask what would have been.
func (a *app) openWhatIf() (err error) {
	a.whatIf, err = whatifdesk.New(whatifdesk.Config{
		Log: a.db, ID: a.info.ID, Build: version(), Logger: a.log,
		Days: func(context.Context) ([]string, error) { return a.waits.Days(), nil },
	})
	return err
}
