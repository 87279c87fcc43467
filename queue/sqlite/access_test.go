package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

func TestTokenOfAnAgency(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	for _, agency := range []string{"", "so-tu-phap"} {
		token, err := db.NewToken(t.Context(), queue.RoleStaff, agency)
		if err != nil {
			t.Fatal(err)
		}
		g, ok, err := open(t, dir).Grant(t.Context(), queue.HashToken(token))
		if err != nil || !ok || g.Agency != agency || g.Role != queue.RoleStaff || g.CreatedAt.IsZero() {
			t.Errorf("agency %q: %+v, %v, %v", agency, g, ok, err)
		}
	}
}

func TestRevokedTokenIsNone(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	lost, err := db.NewToken(t.Context(), queue.RoleKiosk, "")
	if err != nil {
		t.Fatal(err)
	}
	good, err := db.NewToken(t.Context(), queue.RoleKiosk, "so-y-te")
	if err != nil {
		t.Fatal(err)
	}
	g, _, err := db.Grant(t.Context(), queue.HashToken(lost))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // Repeating it changes nothing.
		if err := db.RevokeToken(t.Context(), g.ID); err != nil {
			t.Error(err)
		}
	}
	for _, store := range []interface {
		queue.Tokens
	}{db, open(t, dir)} { // Also for a server that was running meanwhile.
		if _, ok, err := store.Grant(t.Context(), queue.HashToken(lost)); ok || err != nil {
			t.Errorf("the revoked token is good, %v", err)
		}
		if _, ok, err := store.Grant(t.Context(), queue.HashToken(good)); !ok || err != nil {
			t.Errorf("another token went with it, %v", err)
		}
	}
	grants, err := db.Grants(t.Context())
	if err != nil || len(grants) != 1 || grants[0].Agency != "so-y-te" {
		t.Errorf("%+v, %v", grants, err)
	}
	if err := db.RevokeToken(t.Context(), "kiosk-nobody"); err == nil || !strings.Contains(err.Error(), "kiosk-nobody") {
		t.Errorf("revoked what is not there: %v", err)
	}
}

// The links that a start shows must work, also after the first were revoked
// because somebody else had them.
func TestFirstTokenAfterRevocation(t *testing.T) {
	db := open(t, t.TempDir())
	var seen []string
	for range 3 {
		token, err := db.FirstToken(t.Context(), queue.RoleAdmin)
		if err != nil || slices.Contains(seen, token) {
			t.Fatalf("again the token that was revoked, or %v", err)
		}
		if again, err := db.FirstToken(t.Context(), queue.RoleAdmin); again != token || err != nil {
			t.Errorf("another token at the next start, %v", err)
		}
		g, ok, err := db.Grant(t.Context(), queue.HashToken(token))
		if !ok || err != nil || g.Role != queue.RoleAdmin {
			t.Fatalf("%+v, %v, %v", g, ok, err)
		}
		if err := db.RevokeToken(t.Context(), g.ID); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, token)
	}
}
