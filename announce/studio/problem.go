package studio

import (
	"errors"
	"fmt"
	"net/http"
)

// Problem is a refusal in people's words: what is wrong and what to do. Any
// other error of this package is the machine's.
type Problem struct {
	Status int // HTTP status.
	VI, EN string
}

// Error gives the English words.
func (p *Problem) Error() string { return p.EN }

func refuse(status int, vi, en string, measured ...any) *Problem {
	return &Problem{Status: status, VI: fmt.Sprintf(vi, measured...), EN: fmt.Sprintf(en, measured...)}
}

// asProblem gives the refusal in err, or a general one for a fault of the
// machine (own is then false).
func asProblem(err error) (p *Problem, own bool) {
	if errors.As(err, &p) {
		return p, true
	}
	return refuse(http.StatusInternalServerError,
		"Máy chủ gặp lỗi, bản thu chưa được lưu. Xin thử lại; nếu vẫn lỗi, kiểm tra dung lượng đĩa.",
		"The server failed, the recording is not saved. Please try again; if it fails again, check the disk space."), false
}

func noSuchClip(id string) *Problem {
	return refuse(http.StatusNotFound, "Không có câu %.40q trong kịch bản. Xin tải lại trang.", "The script has no clip %.40q. Please reload the page.", id)
}

func noSuchTake(clip string, take int) *Problem {
	return refuse(http.StatusNotFound, "Không còn lần thu %[2]d của câu %[1].40q. Xin tải lại trang.", "Take %[2]d of clip %[1].40q is gone. Please reload the page.", clip, take)
}
