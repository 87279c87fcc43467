package telegram

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/xinmoi/xinmoi/bots"
)

// Who asks Telegram which bot the token belongs to, with getMe: "@name". The
// error is a *bots.Failure.
func (a *Adapter) Who(ctx context.Context) (string, error) {
	got, err := a.call(ctx, "getMe", struct{}{})
	if err != nil {
		return "", err
	}
	var me struct {
		Name string `json:"username"`
	}
	if err := json.Unmarshal(got, &me); err != nil {
		return "", &bots.Failure{Class: bots.Unreachable, Err: a.scrub(fmt.Errorf("getMe: %w", err))}
	}
	return "@" + me.Name, nil
}
