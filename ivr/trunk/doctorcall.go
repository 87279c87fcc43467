package trunk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// own is the number that the doctor calls.
func (d *doctor) own() string {
	for _, n := range []string{d.Number, d.Trunk.FromNumber, d.Trunk.User} {
		if n != "" {
			if e164, err := Callable(n); err == nil {
				return d.line.cfg.dialled(e164)
			}
			return n
		}
	}
	return ""
}

// callItself calls the office's own number through the trunk and takes the call.
func (d *doctor) callItself(ctx context.Context) {
	r, number := d.report, d.own()
	if number == "" {
		r.add(Warn, "call", "Không biết số của văn phòng: cho from_number trong cấu hình, hoặc dùng -number.", "The office's number is unknown: give from_number in the configuration, or -number.")
		return
	}
	d.Tell("Gọi chính mình: "+media.MaskNumber(number)+" …", "Calling ourselves: "+media.MaskNumber(number)+" …")
	ctx, cancel := context.WithTimeout(ctx, ringTime)
	defer cancel()
	caller := &ear{}
	c, t, err := d.place(ctx, number, caller)
	if err != nil {
		d.explainCall(err)
		d.offers()
		return
	}
	defer func() {
		bye, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		c.Stop()
		if err := c.Hangup(bye); err != nil {
			r.add(Warn, "bye", "Nhà mạng không xác nhận khi kết thúc cuộc gọi (BYE): cuộc gọi có thể bị tính tiền mãi.", "The provider does not confirm the end of a call (BYE): it may be charged on and on.")
			r.ask("BYE của chúng tôi không được trả lời.", "Our BYE is not answered.")
		}
	}()
	d.line.note(t, nil)
	select {
	case in := <-d.calls:
		r.add(Good, "call", "Gọi ra và gọi vào đều nối được.", "Calls go out and come in.")
		c.Play(tone(callerTone, toneTime))
		d.listen(ctx, caller, in)
		d.pressKeys(c, in)
	case <-time.After(partTime):
		r.add(Fail, "call", "Gọi ra được, nhưng cuộc gọi vào không đến máy này: số này được chuyển đi nơi khác.", "The call was answered, but not by this machine: the number leads elsewhere.")
		r.ask("Xin chuyển cuộc gọi đến số của chúng tôi về tài khoản này.", "Please route calls for our number to this account.")
	case <-ctx.Done():
	}
	d.offers()
}

// place calls by the first server that takes the call.
func (d *doctor) place(ctx context.Context, number string, e *ear) (*sip.Call, *target, error) {
	var err error = errNoTrunk
	for _, t := range d.line.inOrder(time.Now()) {
		var c *sip.Call
		if c, err = d.line.dialUser(ctx, t, number, e.hear); err == nil {
			return c, t, nil
		}
		if classify(err).Class != TrunkDown {
			break
		}
	}
	return nil, nil, err
}

// explainCall says why the call to ourselves was not answered.
func (d *doctor) explainCall(err error) {
	r := d.report
	var refused *sip.RejectedError
	_ = errors.As(err, &refused)
	in, came := d.book.find(func(m message) bool { return !m.sent && m.method() == "INVITE" })
	switch {
	case came && !in.sound().g711() && in.sound().present:
		codecs := strings.Join(in.sound().codecs, ", ")
		r.add(Fail, "codec", "Nhà mạng chỉ cho mã tiếng "+codecs+": cần G.711 (PCMA).", "The provider offers only "+codecs+": G.711 (PCMA) is needed.")
		r.ask("Xin bật G.711A (PCMA, payload 8) cho trung kế của chúng tôi, thay vì chỉ "+codecs+".", "Please enable G.711A (PCMA, payload type 8) on our trunk, instead of only "+codecs+".")
	case came && refused == nil:
		r.add(Fail, "call", "Cuộc gọi vào đến máy, nhưng trả lời của máy không đến được nhà mạng: kiểm tra tường lửa và SIP ALG của router.", fmt.Sprintf("The call came in, but our answer did not get back: check firewall and the router's SIP ALG (%v).", err))
	case refused == nil:
		r.add(Fail, "call", "Gọi ra không có trả lời: gói INVITE quá lớn bị mất, hoặc tường lửa.", fmt.Sprintf("A call gets no answer: the INVITE is too large for the network, or a firewall is in the way (%v).", err))
		r.ask("INVITE của chúng tôi không được trả lời; xin xem tệp đính kèm.", "Our INVITE is not answered; please see the attached trace.")
	default:
		d.explainStatus(refused)
	}
}

func (d *doctor) explainStatus(e *sip.RejectedError) {
	r, got := d.report, fmt.Sprintf("%d %s", e.Code, e.Reason)
	switch {
	case e.Code == 486 || e.Code == 600:
		r.add(Warn, "call", "Số của văn phòng báo bận: trung kế chỉ có một kênh. Dùng \"-wait\" và gọi vào bằng di động.", "Our own number is busy: the trunk has one channel only. Use -wait and call in from a mobile telephone.")
		r.ask("Trung kế có bao nhiêu kênh đồng thời?", "How many simultaneous calls does the trunk allow?")
	case e.Code == 401 || e.Code == 407:
		r.add(Fail, "call", "Nhà mạng không nhận mật khẩu khi gọi ra.", "The provider does not take the password for calls ("+got+").")
	case e.Code == 403:
		r.add(Fail, "call", "Không được phép gọi ra hoặc số gọi đi không đúng: kiểm tra from_number.", "Calling out is not allowed, or the caller's number is not ours: check from_number ("+got+").")
		r.ask("Xin mở gọi ra, và cho biết số gọi đi phải viết thế nào.", "Please allow outgoing calls, and tell how our number must be written.")
	case e.Code == 404 || e.Code == 484 || e.Code == 604:
		r.add(Fail, "call", "Nhà mạng không biết số này: thử dial = \"e164\" hoặc \"84\", hoặc kiểm tra from_number.", "The provider does not know the number as we dial it: try dial = \"e164\" or \"84\", or check from_number ("+got+").")
		r.ask("Số bị gọi phải viết thế nào: 0912…, 84912… hay +84912…?", "How must the called number be written: 0912…, 84912… or +84912…?")
	case e.Code == 488 || e.Code == 606 || e.Code == 415:
		r.add(Fail, "codec", "Nhà mạng không nhận G.711.", "The provider does not take G.711 ("+got+").")
		r.ask("Xin bật G.711A (PCMA, payload 8) cho trung kế của chúng tôi.", "Please enable G.711A (PCMA, payload type 8) on our trunk.")
	case e.Code == 513:
		r.add(Fail, "size", "Bản tin quá lớn cho nhà mạng: dùng transport = \"tcp\".", "The message is too large for the provider: use transport = \"tcp\" ("+got+").")
	default:
		r.add(Fail, "call", "Gọi chính mình không được: "+got+". Dùng \"-wait\" để thử gọi vào.", "Calling ourselves fails: "+got+". Use -wait to try calls that come in.")
		r.ask("Vì sao INVITE của chúng tôi nhận "+got+"? Xin xem tệp đính kèm.", "Why does our INVITE get "+got+"? Please see the attached trace.")
	}
}

// awaitCall lets somebody call from outside.
func (d *doctor) awaitCall(ctx context.Context) {
	d.Tell(fmt.Sprintf("Xin gọi vào số của văn phòng trong %d giây, nghe tiếng tút, nói vài câu, rồi bấm 1 5 9 #.", int(d.Wait.Seconds())),
		fmt.Sprintf("Please call the office's number within %d seconds, listen to the tone, speak, then press 1 5 9 #.", int(d.Wait.Seconds())))
	select {
	case in := <-d.calls:
		d.report.add(Good, "call", "Cuộc gọi vào đến được máy này.", "A call came in.")
		if !d.hearOut(ctx, in) {
			return
		}
		if !heardAnything(in.ear) {
			d.noSound("audio-in", "Không nghe được người gọi (tiếng một chiều).", "The caller is not heard (one-way audio).")
		} else {
			d.report.add(Good, "audio-in", "Nghe được người gọi.", "The caller is heard.")
		}
		d.judgeKeys(in)
		bye, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		in.call.Stop()
		_ = in.call.Hangup(bye)
	case <-time.After(d.Wait):
		d.report.add(Fail, "call", "Không có cuộc gọi nào đến.", "No call came in.")
		d.report.ask("Cuộc gọi đến số của chúng tôi không tới máy chủ của chúng tôi.", "Calls for our number do not reach our server.")
	case <-ctx.Done():
	}
	d.offers()
}

// hearOut follows a call from outside until its keys and some sound have come,
// it is over, or it has been waited for long enough; false when ctx ends.
func (d *doctor) hearOut(ctx context.Context, in *incoming) bool {
	limit, look := time.NewTimer(d.Wait), time.NewTicker(100*time.Millisecond)
	defer limit.Stop()
	defer look.Stop()
	for spoken := 0; spoken < 20; { // Two seconds more for sound, after the last key.
		select {
		case <-in.over:
			return true
		case <-limit.C:
			return true
		case <-ctx.Done():
			return false
		case <-look.C:
		}
		digits, _ := in.keys()
		if !strings.HasSuffix(digits, "#") {
			continue
		}
		if spoken++; heardAnything(in.ear) {
			return true
		}
	}
	return true
}

func heardAnything(e *ear) bool {
	_, any := e.heard(callerTone)
	return any >= heardTime
}

// listen checks that both ends hear each other.
func (d *doctor) listen(ctx context.Context, caller *ear, in *incoming) {
	limit := time.Now().Add(partTime)
	var out, back time.Duration
	for time.Now().Before(limit) && ctx.Err() == nil && (out < heardTime || back < heardTime) {
		sleep(ctx, 50*time.Millisecond)
		out, _ = in.ear.heard(callerTone)
		back, _ = caller.heard(calleeTone)
	}
	r := d.report
	switch {
	case out >= heardTime && back >= heardTime:
		r.add(Good, "audio", "Tiếng đi cả hai chiều.", "Sound goes both ways.")
	case out < heardTime && back < heardTime:
		d.noSound("audio", "Không có tiếng cả hai chiều.", "There is no sound in either direction.")
	case out < heardTime:
		d.noSound("audio", "Tiếng một chiều: bên được gọi không nghe thấy bên gọi.", "One-way audio: the called side does not hear the caller.")
	default:
		d.noSound("audio", "Tiếng một chiều: bên gọi không nghe thấy bên được gọi.", "One-way audio: the caller does not hear the called side.")
	}
}

// noSound says what to do about missing sound.
func (d *doctor) noSound(id, vi, en string) {
	d.report.add(Fail, id, vi+" Mở cổng RTP (rtp_ports) trong tường lửa, tắt SIP ALG, đặt public_address nếu có IP tĩnh.",
		en+" Open the RTP ports (rtp_ports) in the firewall, switch off SIP ALG, set public_address where the address is fixed.")
	d.report.ask("Tiếng (RTP) không đến: xin bật symmetric RTP (NAT traversal), và cho biết dải địa chỉ và cổng RTP của nhà mạng.", "Sound (RTP) does not arrive: please enable symmetric RTP (NAT traversal), and tell the addresses and ports of your RTP.")
}

// pressKeys sends digits and looks how they arrive.
func (d *doctor) pressKeys(c *sip.Call, in *incoming) {
	ctx, cancel := context.WithTimeout(context.Background(), keysTime)
	defer cancel()
	for _, k := range doctorKeys {
		if err := c.SendDigit(ctx, k); err != nil {
			break
		}
	}
	for ctx.Err() == nil {
		if digits, _ := in.keys(); len(digits) >= len(doctorKeys) {
			break
		}
		if !sleep(ctx, 50*time.Millisecond) {
			break
		}
		if offered, known := d.eventsOffered(); known && !offered {
			break
		}
	}
	d.judgeKeys(in)
}

// eventsOffered tells whether the call that came in can carry keys.
func (d *doctor) eventsOffered() (offered, known bool) {
	m, ok := d.book.find(func(m message) bool { return !m.sent && m.method() == "INVITE" && m.sound().present })
	return m.sound().events, ok
}

func (d *doctor) judgeKeys(in *incoming) {
	r := d.report
	digits, source := in.keys()
	offered, known := d.eventsOffered()
	const askVI, askEN = "Xin bật DTMF theo RFC 4733 (RFC 2833), telephone-event/8000, payload 101, cả hai chiều.", "Please enable DTMF by RFC 4733 (RFC 2833), telephone-event/8000, payload type 101, in both directions."
	switch {
	case digits == doctorKeys && source[media.SourceEvent] == len(doctorKeys):
		r.add(Good, "dtmf", "Phím bấm đến đủ (RFC 4733).", "All keys arrive (RFC 4733).")
	case digits == doctorKeys:
		r.add(Warn, "dtmf", "Phím bấm đến đủ, nhưng không theo RFC 4733: kém tin cậy hơn.", fmt.Sprintf("All keys arrive, but not by RFC 4733: less reliable (%v).", source))
		r.ask(askVI, askEN)
	case known && !offered:
		r.add(Fail, "dtmf", "Nhà mạng không cho phím bấm (telephone-event): người gọi không chọn được.", "The provider does not offer telephone events: callers cannot choose.")
		r.ask(askVI, askEN)
	case digits == "":
		r.add(Fail, "dtmf", "Không phím nào đến.", "No key arrives.")
		r.ask(askVI, askEN)
	default:
		r.add(Fail, "dtmf", fmt.Sprintf("Mất phím: bấm %s, nhận %s.", doctorKeys, digits), fmt.Sprintf("Keys are lost: pressed %s, received %s.", doctorKeys, digits))
		r.ask(askVI, askEN)
	}
}

// offers looks at what the trunk says in a call that came in.
func (d *doctor) offers() {
	in, ok := d.book.find(func(m message) bool { return !m.sent && m.method() == "INVITE" })
	if !ok {
		return
	}
	r := d.report
	if s := in.sound(); s.present {
		list := strings.Join(s.codecs, ", ")
		if s.events {
			list += ", telephone-event"
		}
		r.add(Note, "offer", "Nhà mạng chào: "+list+"; tiếng tại "+s.addr+":"+s.port+".", "The trunk offers "+list+"; sound at "+s.addr+":"+s.port+".")
	}
	d.callerNumber(in)
	d.sessionTimer(in)
	if n := len(in.headers("Record-Route", "")); n > 4 {
		r.add(Note, "route", fmt.Sprintf("Cuộc gọi qua %d máy trung gian.", n), fmt.Sprintf("Calls pass %d proxies.", n))
	}
	if strings.Contains(strings.ToLower(in.header("Require", "")), "100rel") {
		r.add(Note, "100rel", "Nhà mạng đòi PRACK (100rel): có hỗ trợ.", "The trunk requires PRACK (100rel): it is supported.")
	}
}

// callerNumber looks how the trunk writes who calls.
func (d *doctor) callerNumber(in message) {
	r := d.report
	asserted, from := in.header("P-Asserted-Identity", ""), in.header("From", "f")
	from, _, _ = strings.Cut(from, ";tag=")
	raw, where := from, "From"
	if asserted != "" {
		raw, where = asserted, "P-Asserted-Identity"
	}
	e164 := media.NormalizeCaller(raw)
	switch {
	case e164 != "":
		form := "0…"
		if user := userPart(raw); strings.HasPrefix(user, "+") {
			form = "+84…"
		} else if strings.HasPrefix(user, "84") {
			form = "84…"
		}
		r.add(Good, "caller", fmt.Sprintf("Số người gọi đọc được (%s trong %s): %s.", form, where, media.MaskNumber(raw)), fmt.Sprintf("The caller's number is readable (%s in %s): %s.", form, where, media.MaskNumber(raw)))
	case strings.Contains(strings.ToLower(raw), "anonymous"):
		r.add(Warn, "caller", "Nhà mạng không cho biết số người gọi.", "The provider withholds the caller's number.")
		r.ask("Xin bật hiển thị số gọi đến (CLIP).", "Please enable calling line identification (CLIP).")
	default:
		r.add(Warn, "caller", "Số người gọi không phải số điện thoại: người gọi lại không được nhận ra, không gọi báo được.", "The caller's number is no telephone number ("+where+"): callers are not recognised and cannot be called back.")
		r.ask("Xin gửi số người gọi dạng +84…, 84… hoặc 0… trong From hoặc P-Asserted-Identity.", "Please send the caller's number as +84…, 84… or 0… in From or P-Asserted-Identity.")
	}
}

// userPart gives what stands before the @ of an address.
func userPart(nameAddr string) string {
	_, rest, found := strings.Cut(nameAddr, ":")
	if !found {
		return ""
	}
	user, _, _ := strings.Cut(rest, "@")
	return user
}

// sessionTimer looks at RFC 4028.
func (d *doctor) sessionTimer(in message) {
	value, _, _ := strings.Cut(in.header("Session-Expires", "x"), ";")
	seconds, err := strconv.Atoi(strings.TrimSpace(value))
	switch {
	case err != nil:
		d.report.add(Note, "timer", "Nhà mạng không dùng session timer (RFC 4028).", "The trunk uses no session timer (RFC 4028).")
	case seconds < 90:
		d.report.add(Fail, "timer", fmt.Sprintf("Session timer %d giây là quá ngắn (ít nhất 90).", seconds), fmt.Sprintf("A session timer of %d seconds is too short (90 at least).", seconds))
		d.report.ask("Xin đặt session timer từ 90 giây trở lên.", "Please set the session timer to 90 seconds or more.")
	default:
		d.report.add(Good, "timer", fmt.Sprintf("Session timer %d giây.", seconds), fmt.Sprintf("The session timer is %d seconds.", seconds))
	}
}

// Sizes of messages on the way by UDP.
const (
	fitsAlways = 1300 // RFC 3261 §18.1.1.
	fitsEther  = 1472
)

// sizes looks for messages that do not fit into one packet.
func (d *doctor) sizes() {
	if d.line.cfg.Transport != "udp" {
		return
	}
	largest := 0
	for _, m := range d.book.messages() {
		if !m.sent {
			largest = max(largest, len(m.text))
		}
	}
	if largest > fitsAlways {
		level := Note
		if largest > fitsEther {
			level = Warn
		}
		d.report.add(level, "size", fmt.Sprintf("Bản tin dài đến %d byte: trên UDP có thể bị cắt và mất. Dùng transport = \"tcp\" nếu nhà mạng cho.", largest),
			fmt.Sprintf("Messages are up to %d bytes long: by UDP they are cut, and get lost in some networks. Use transport = \"tcp\" where the provider has it.", largest))
		d.report.ask("Xin rút gọn header SIP, hoặc cho dùng TCP.", "Please shorten the SIP headers, or let us use TCP.")
	}
}
