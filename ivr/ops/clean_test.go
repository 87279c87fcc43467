package ops

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const invite = "INVITE sip:19001234@203.0.113.9:5060;user=phone SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.168.100.100:5060;branch=z9hG4bK0912345678;rport\r\n" +
	"From: \"Nguyễn Thị Hoa\" <sip:0912345678@192.168.100.100>;tag=9123456789\r\n" +
	"To: <sip:19001234@203.0.113.9>\r\n" +
	"Call-ID: 84912345678-77@192.168.100.100\r\n" +
	"CSeq: 314159265 INVITE\r\n" +
	"Contact: Hoa <sip:+84-912-345-678:geheim@192.168.100.100:5062;transport=udp>\r\n" +
	"P-Asserted-Identity: \"Hoa\" <tel:+84912345678>\r\n" +
	"Diversion: <sip:02438251234@vnpt.vn>;reason=unconditional\r\n" +
	"Proxy-Authorization: Digest username=\"office\",\r\n realm=\"vnpt\", response=\"f00dbabe\"\r\n" +
	"Authorization:Digest response=\"cafe1234\"\r\n" +
	"Identity: eyJhbGciOi\r\n" +
	"X-Auth-Token: hunter2\r\n" +
	"X-Remark: call of 0912.345.678\r\n" +
	"Date: Sun, 22 Nov 2026 06:18:50 GMT\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 300\r\n\r\n" +
	"v=0\r\no=0912345678 3900000001 3900000002 IN IP4 192.168.100.100\r\ns=call of Hoa\r\nc=IN IP4 192.168.100.100\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/SAVP 8 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n" +
	"a=rtpmap:101 telephone-event/8000\r\n"

func TestCleanRemovesPeopleAndSecrets(t *testing.T) {
	got := Clean([]byte(invite))
	for _, secret := range []string{
		"912345678", "12345678@", "Hoa", "geheim", "f00dbabe", "cafe1234", "office", "eyJ", "hunter2", "38251234", "d0Rmd", "19001234", "912-345", "912.345",
	} {
		if strings.Contains(got, secret) {
			t.Errorf("still tells %q:\n%s", secret, got)
		}
	}
	for _, kept := range []string{
		"INVITE sip:", "203.0.113.9:5060;user=phone SIP/2.0", "SIP/2.0/UDP 192.168.100.100:5060;branch=", "0912***678@192.168.100.100", "CSeq: 314159265 INVITE",
		"192.168.100.100:5062;transport=udp", "Date: Sun, 22 Nov 2026 06:18:50 GMT", "Proxy-Authorization: ***", "c=IN IP4 192.168.100.100", "3900000001 3900000002",
		"m=audio 40000 RTP/SAVP 8 101", "a=crypto:***", "a=rtpmap:101 telephone-event/8000", ";reason=unconditional", "tag=",
	} {
		if !strings.Contains(got, kept) {
			t.Errorf("lost %q:\n%s", kept, got)
		}
	}
}

// Some switchboards write the plus of a number as %2B.
func TestCleanEscapedPlus(t *testing.T) {
	for _, plus := range []string{"%2B", "%2b"} {
		got := Clean([]byte("INVITE sip:1022@h SIP/2.0\r\nFrom: <sip:" + plus + "84912345678@h>;tag=1\r\nCall-ID: 84912345678-7@h\r\n\r\n"))
		if strings.Contains(got, "912345678") || !strings.Contains(got, "0912***678@h") {
			t.Errorf("%s:\n%s", plus, got)
		}
	}
}

func TestCleanBodies(t *testing.T) {
	for body, want := range map[string]string{
		"application/dtmf-relay|Signal=5\r\nDuration=160": "Signal=•",
		"application/dtmf|7":                              "•",
		"text/plain|gọi lại 0987654321":                   "gọi lại 0987***321",
	} {
		kind, text, _ := strings.Cut(body, "|")
		got := Clean([]byte("INFO sip:a@b SIP/2.0\r\nContent-Type: " + kind + "\r\n\r\n" + text))
		_, got, _ = strings.Cut(got, "\n\n")
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestCleanSmallThings(t *testing.T) {
	for in, want := range map[string]string{
		"OPTIONS sip:1022@10.0.0.1 SIP/2.0":                                  "OPTIONS sip:1022@10.0.0.1 SIP/2.0", // An extension.
		"INVITE sip:a:pw@h?Authorization=x SIP/2.0":                          "INVITE sip:a:***@h?*** SIP/2.0",
		"A b\r\nTo: Bà Năm <sip:5@h>, \"Ông \\\"Tư\\\"\" <sip:6@h>;tag=1":    "A b\nTo: *** <sip:5@h>, \"***\" <sip:6@h>;tag=1",
		"A b\r\nf: <sip:0281234567@h>;tag=a1234567":                          "A b\nf: <sip:***@h>;tag=a1234567",
		"A b\r\nWWW-Authenticate: Digest nonce=\"1234567890\"":               "A b\nWWW-Authenticate: Digest nonce=\"1234567890\"",
		"A b\r\nFrom: \"unterminated <sip:0912345678@h>":                     "A b\nFrom: \"***\"",
		"A b\r\nContact: <sip:u@[2001:db8::12345678]>;expires=3600;q=0.5678": "A b\nContact: <sip:u@[2001:db8::***]>;expires=3600;q=0.5678",
		"\xff\x00\x1b[2J": "···[2J",
	} {
		if got := strings.TrimRight(Clean([]byte(in)), "\n"); got != want {
			t.Errorf("%q became\n%q, want\n%q", in, got, want)
		}
	}
}

// However a number is written, wherever it stands in an address or a name, it
// is not there afterwards.
func TestCleanProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tail := rapid.StringMatching(`[1-9][0-9]{7}`).Draw(t, "tail")
		number := rapid.SampledFrom([]string{"09", "+849", "849", "00849"}).Draw(t, "prefix") + tail
		header := rapid.SampledFrom([]string{"From", "f", "To", "Contact", "P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info", "X-Number", "Refer-To"}).Draw(t, "header")
		form := rapid.SampledFrom([]string{"<sip:%@h>", "\"%\" <sip:anonymous@h>", "<tel:%>", "sip:%@h;user=phone", "<sips:%;ext=1@h>", "<sip:a@h;x=%>"}).Draw(t, "form")
		message := "INVITE sip:a@h SIP/2.0\r\nCall-ID: " + number + "-1@h\r\n" + header + ": " + strings.ReplaceAll(form, "%", number) + ";tag=1\r\n\r\n"
		got := Clean([]byte(message))
		if _, rest, _ := strings.Cut(got, header+":"); strings.Contains(rest, tail) {
			t.Fatalf("%q became %q", message, got)
		}
		if form != "\"%\" <sip:anonymous@h>" && strings.Contains(got, tail) {
			t.Fatalf("the Call-ID still tells it: %q", got)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{invite, "", "\r\n\r\n", "INVITE\r\n a\r\n\tb", "x\nFrom: \"\\", "sip:", "sipsip:@?", "\xe6sip", "a\r\nAuthorization: x\r\n y"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 1<<16 {
			return
		}
		got := Clean(message)
		if len(got) > 8*maxMessage {
			t.Fatalf("%d bytes became %d", len(message), len(got))
		}
		for line := range strings.SplitSeq(got, "\n") {
			if line == "" {
				break // The body has no headers.
			}
			name, value, found := strings.Cut(line, ":")
			if found && strings.EqualFold(name, "Authorization") && strings.TrimSpace(value) != removed && !strings.HasPrefix(got, line) {
				t.Fatalf("tells %q", line)
			}
		}
	})
}
