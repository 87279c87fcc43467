package desk

import (
	"net/http/httptest"
	"testing"

	"github.com/xinmoi/xinmoi/queue/people"
)

// What went wrong is said in the page's own language alone.
func TestWrongIsSaidInOneLanguage(t *testing.T) {
	for lang, want := range map[string]string{
		"vi": "Mã không đúng hoặc đã dùng: chờ mã mới trên điện thoại rồi nhập lại.",
		"en": "The code is wrong or was used: wait for the next one and type it.",
	} {
		r := httptest.NewRequest("POST", "/account/codes/finish?lang="+lang, nil)
		if got := failed(r, people.ErrCode).Text; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}
