package people

import (
	"context"
	"errors"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/pairing"
)

// Pairing lets devices of the hall in, and says in people's words why not.
type Pairing struct{ pairing.Pairing }

// pairRoles may be asked for: whatever else is no device in the hall.
func pairRoles() []queue.Role { return []queue.Role{queue.RoleBoard, queue.RoleStaff, queue.RoleKiosk} }

// Begin lets a device wait; the secret is by which it asks for its token.
func (p *Pairing) Begin(role queue.Role, name, address string) (r pairing.Request, secret string, err error) {
	if !slices.Contains(pairRoles(), role) {
		return r, "", &FieldError{"role", "Chọn loại thiết bị", "Choose the kind of device"}
	}
	if err := checkDisplay(name); err != nil {
		return r, "", err
	}
	r, secret, err = p.Pairing.Begin(pairing.Device{Role: role, Name: name, Address: address})
	if err != nil {
		err = errors.New("nhiều thiết bị đang chờ ghép: thử lại sau 10 phút (too many devices wait to be paired: try again in 10 minutes)")
	}
	return r, secret, err
}

// Approve lets in the device whose screen shows a code, with a token from give.
func (p *Pairing) Approve(ctx context.Context, code string, give func(context.Context, pairing.Device) (string, error)) (pairing.Device, error) {
	digits, _ := digitsOnly(code)
	d, err := p.Pairing.Approve(ctx, digits, give)
	switch {
	case errors.Is(err, pairing.ErrGuesses):
		err = &FieldError{"code", "Đã nhập sai nhiều lần: thử lại sau 10 phút", "Too many wrong codes: try again in 10 minutes"}
	case errors.Is(err, pairing.ErrCode):
		err = &FieldError{"code", "Không có thiết bị nào đang hiện mã này: xem lại mã trên màn hình thiết bị", "No device shows this code: look at the device's screen again"}
	}
	return d, err
}
