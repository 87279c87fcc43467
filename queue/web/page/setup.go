package page

import (
	"cmp"
	"context"

	"github.com/xinmoi/xinmoi/queue"
)

// Setup reads and changes the office's setup; queue.Management is one.
type Setup interface {
	Setup(ctx context.Context) (queue.SetupView, error)
	Configure(ctx context.Context, r queue.ConfigureRequest) (queue.SetupView, error)
}

// Configure puts what an administrator has arranged in force. view.Version is
// that of the setup it began with: Stale tells that somebody else was quicker.
// The log names who did it, if a guard of the page has looked.
func Configure(ctx context.Context, s Setup, view queue.SetupView) (queue.SetupView, error) {
	now, err := s.Configure(ctx, queue.ConfigureRequest{Meta: queue.Meta{Caller: cmp.Or(Who(ctx), string(queue.RoleAdmin))}, Setup: view.Setup, Version: view.Version})
	if queue.ErrorCode(err) == queue.CodeStaleVersion {
		err = Stale()
	}
	return now, err
}

// Stale is what is told, with what was typed and the version of now below it,
// when somebody else was quicker.
func Stale() error {
	return queue.Errorf(queue.CodeStaleVersion, "có người vừa đổi cài đặt. Những gì quý vị gõ còn ở dưới: xem lại rồi bấm Lưu lần nữa "+
		"(somebody has changed the setup meanwhile. What you typed is below: look at it and save again)")
}
