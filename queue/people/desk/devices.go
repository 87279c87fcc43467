package desk

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/pairing"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// devicesData is the list of devices.
type devicesData struct {
	form
	Devices []deviceRow
	Waiting []waitingRow
	Kinds   []kindRow
	Token   string // Shown once.
	Path    string // The page that the token is for.
}

type deviceRow struct{ ID, Name, Kind, Agency, Made, Seen string }

type waitingRow struct{ Kind, Name, Address string }

type kindRow struct{ ID, Name string }

// kind is what a device is called by the role of its token.
func kind(l page.Lang, r queue.Role) string {
	switch r {
	case queue.RoleBoard:
		return l.T("Bảng hiển thị", "Board")
	case queue.RoleStaff:
		return l.T("Máy ở quầy", "Counter's computer")
	case queue.RoleKiosk:
		return l.T("Máy lấy số", "Kiosk")
	case queue.RoleChannel:
		return l.T("Kênh (điện thoại, tin nhắn)", "Channel (telephone, chat)")
	case queue.RoleAdmin:
		return l.T("Quản trị", "Administrator")
	default:
		return string(r)
	}
}

// pageFor is where a device goes with its token.
func pageFor(r queue.Role) string {
	switch r {
	case queue.RoleBoard:
		return "/board"
	case queue.RoleKiosk:
		return "/kiosk"
	default:
		return "/counter"
	}
}

var devicesDone = page.Phrases{
	"pair":   {"Đã ghép thiết bị; màn hình của thiết bị tự chuyển trang.", "The device is paired; its screen goes on by itself."},
	"name":   {"Đã đặt tên.", "The name is kept."},
	"revoke": {"Đã thu hồi; thiết bị đó không dùng được nữa.", "Revoked; that device has no access any more."},
}

func (d *Desk) showDevices(w http.ResponseWriter, r *http.Request, status int, f form) {
	d.renderDevices(w, r, status, devicesData{form: f})
}

func (d *Desk) renderDevices(w http.ResponseWriter, r *http.Request, status int, data devicesData) {
	l := page.Language(r)
	grants, err := d.Tokens.Grants(r.Context())
	if err != nil {
		data.Text = page.Sentence(l, err)
	}
	known, err := d.People.Devices(r.Context())
	if err != nil {
		data.Text = page.Sentence(l, err)
	}
	for _, g := range grants {
		data.Devices = append(data.Devices, deviceRow{
			ID: g.ID, Name: known[g.ID].Name, Kind: kind(l, g.Role), Agency: g.Agency, Made: d.stamp(g.CreatedAt), Seen: d.stamp(known[g.ID].Seen),
		})
	}
	for _, one := range d.pairing.Waiting() {
		data.Waiting = append(data.Waiting, waitingRow{kind(l, one.Role), one.Name, one.Address})
	}
	for _, one := range []queue.Role{queue.RoleBoard, queue.RoleStaff, queue.RoleKiosk, queue.RoleChannel} {
		data.Kinds = append(data.Kinds, kindRow{string(one), kind(l, one)})
	}
	if data.Done == "" {
		data.Done = devicesDone.In(l, r.URL.Query().Get("done"))
	}
	d.kit.Render(w, r, status, "devices", page.View{Title: l.T("Thiết bị", "Devices"), Once: data.Token != "", Data: data})
}

// make makes a token and names its device.
func (d *Desk) make(ctx context.Context, by people.Who, role queue.Role, name string) (string, error) {
	token, err := d.Tokens.NewToken(ctx, role, "")
	if err != nil {
		return "", err
	}
	g, ok, err := d.Tokens.Grant(ctx, queue.HashToken(token))
	if err != nil || !ok {
		return token, err // It is good; only its name is missing.
	}
	if err := d.People.Note(ctx, people.Deed{Who: by, What: people.DidToken, Object: g.ID, Detail: string(role)}); err != nil {
		return token, err
	}
	if name != "" {
		err = d.People.NameDevice(ctx, by, g.ID, name)
	}
	return token, err
}

// approve lets in the device whose code was typed.
func (d *Desk) approve(w http.ResponseWriter, r *http.Request) {
	by := d.who(r)
	_, err := d.pairing.Approve(r.Context(), r.PostForm.Get("code"), func(ctx context.Context, one pairing.Device) (string, error) {
		return d.make(ctx, by, one.Role, one.Name)
	})
	if err != nil {
		d.showDevices(w, r, status(err), failed(r, err))
		return
	}
	see(w, r, DevicesPath+"?done=pair")
}

func (d *Desk) nameDevice(w http.ResponseWriter, r *http.Request) {
	if err := d.known(r, func(id string) error { return d.People.NameDevice(r.Context(), d.who(r), id, r.PostForm.Get("name")) }); err != nil {
		d.showDevices(w, r, status(err), failed(r, err))
		return
	}
	see(w, r, DevicesPath+"?done=name")
}

func (d *Desk) revoke(w http.ResponseWriter, r *http.Request) {
	err := d.known(r, func(id string) error {
		if err := d.Tokens.RevokeToken(r.Context(), id); err != nil {
			return err
		}
		return d.People.Note(r.Context(), people.Deed{Who: d.who(r), What: people.DidRevoke, Object: id})
	})
	if err != nil {
		d.showDevices(w, r, status(err), failed(r, err))
		return
	}
	see(w, r, DevicesPath+"?done=revoke")
}

// known does something to a device that there is.
func (d *Desk) known(r *http.Request, do func(id string) error) error {
	grants, err := d.Tokens.Grants(r.Context())
	if err != nil {
		return err
	}
	id := r.PostForm.Get("id")
	for _, g := range grants {
		if g.ID == id {
			return do(id)
		}
	}
	return &people.FieldError{Field: "id", VI: "Thiết bị này không còn trong danh sách", EN: "This device is not in the list any more"}
}

// newToken makes a token to be typed or copied by hand.
func (d *Desk) newToken(w http.ResponseWriter, r *http.Request) {
	role := queue.Role(r.PostForm.Get("role"))
	switch role {
	case queue.RoleBoard, queue.RoleStaff, queue.RoleKiosk, queue.RoleChannel:
	default:
		d.showDevices(w, r, http.StatusUnprocessableEntity, failed(r, &people.FieldError{Field: "role", VI: "Chọn loại thiết bị", EN: "Choose the kind of device"}))
		return
	}
	token, err := d.make(r.Context(), d.who(r), role, strings.TrimSpace(r.PostForm.Get("name")))
	if err != nil {
		d.showDevices(w, r, status(err), failed(r, err))
		return
	}
	d.renderDevices(w, r, http.StatusOK, devicesData{Token: token, Path: pageFor(role)})
}

// pairData is what a device's screen shows while it is let in.
type pairData struct {
	form
	Code, Kind, Name string
	Kinds            []kindRow
}

// pair shows the code, and goes on when somebody has typed it.
func (d *Desk) pair(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	one, token, ok := d.pairing.Ask(cookie(r, pairCookie))
	if ok && token != "" {
		d.setCookie(w, r, http.Cookie{Name: pairCookie, Path: PairPath, MaxAge: -1})
		w.Header().Set("Cache-Control", "no-store")
		// The token's own way in: it becomes a cookie there, and leaves the address.
		see(w, r, pageFor(one.Role)+"?token="+token)
		return
	}
	data := pairData{Code: one.Code, Kind: kind(l, one.Role), Name: cmp.Or(one.Name, "–")}
	d.showPair(w, r, http.StatusOK, data)
}

func (d *Desk) showPair(w http.ResponseWriter, r *http.Request, status int, data pairData) {
	l := page.Language(r)
	for _, one := range []queue.Role{queue.RoleBoard, queue.RoleStaff, queue.RoleKiosk} {
		data.Kinds = append(data.Kinds, kindRow{string(one), kind(l, one)})
	}
	if data.Code != "" {
		w.Header().Set("Refresh", "3")
	}
	d.kit.Render(w, r, status, "pair", page.View{Title: l.T("Ghép thiết bị", "Pair this device"), Home: "/", Data: data})
}

func (d *Desk) askPairing(w http.ResponseWriter, r *http.Request) {
	_, secret, err := d.pairing.Begin(queue.Role(r.PostForm.Get("role")), strings.TrimSpace(r.PostForm.Get("name")), d.Address(r))
	if err != nil {
		d.showPair(w, r, status(err), pairData{form: failed(r, err)})
		return
	}
	d.setCookie(w, r, http.Cookie{Name: pairCookie, Value: secret, Path: PairPath, MaxAge: 600})
	see(w, r, PairPath)
}
