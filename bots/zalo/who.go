package zalo

import (
	"context"
	"encoding/json"

	"github.com/xinmoi/xinmoi/bots/liberal"
)

// Who asks Zalo which bot the token belongs to, with getMe. The error is a
// *bots.Failure.
func (a *Adapter) Who(ctx context.Context) (string, error) {
	got, err := a.call(ctx, "getMe", struct{}{})
	if err != nil {
		return "", a.failure(err, false)
	}
	var me struct {
		Name    liberal.Text `json:"account_name"`
		Display liberal.Text `json:"display_name"`
	}
	if err := json.Unmarshal(got, &me); err != nil {
		return "", a.failure(err, false)
	}
	if me.Display != "" {
		return liberal.Clip(string(me.Display), liberal.MaxID), nil
	}
	return liberal.Clip(string(me.Name), liberal.MaxID), nil
}
