package clean

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

func TestRemovesPeopleAndSecrets(t *testing.T) {
	got := Message([]byte(invite))
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

// A trunk may put other things beside the description of the sound.
func TestSecretsInParts(t *testing.T) {
	got := Message([]byte("INVITE sip:1022@h SIP/2.0\r\nCall-ID: 1\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" +
		"v=0\r\ns=call of Hoa\r\nm=audio 40000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0Rmd\r\n--b\r\n\r\ntel:+84912345678\r\n--b--\r\n"))
	for _, secret := range []string{"d0Rmd", "Hoa", "912345678"} {
		if strings.Contains(got, secret) {
			t.Errorf("still tells %q:\n%s", secret, got)
		}
	}
	if !strings.Contains(got, "m=audio 40000 RTP/SAVP 8") || !strings.Contains(got, "a=crypto:***") {
		t.Error(got)
	}
}

// Some switchboards write the plus of a number as %2B.
func TestEscapedPlus(t *testing.T) {
	for _, plus := range []string{"%2B", "%2b"} {
		got := Message([]byte("INVITE sip:1022@h SIP/2.0\r\nFrom: <sip:" + plus + "84912345678@h>;tag=1\r\nCall-ID: 84912345678-7@h\r\n\r\n"))
		if strings.Contains(got, "912345678") || !strings.Contains(got, "0912***678@h") {
			t.Errorf("%s:\n%s", plus, got)
		}
	}
}

func TestBodies(t *testing.T) {
	for body, want := range map[string]string{
		"application/dtmf-relay|Signal=5\r\nDuration=160": "Signal=•",
		"application/dtmf|7":                              "•",
		"text/plain|gọi lại 0987654321":                   "gọi lại 0987***321",
	} {
		kind, text, _ := strings.Cut(body, "|")
		got := Message([]byte("INFO sip:a@b SIP/2.0\r\nContent-Type: " + kind + "\r\n\r\n" + text))
		_, got, _ = strings.Cut(got, "\n\n")
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestSmallThings(t *testing.T) {
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
		if got := strings.TrimRight(Message([]byte(in)), "\n"); got != want {
			t.Errorf("%q became\n%q, want\n%q", in, got, want)
		}
	}
}

// However a number is written, wherever it stands in an address or a name, it
// is not there afterwards.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tail := rapid.StringMatching(`[1-9][0-9]{7}`).Draw(t, "tail")
		number := rapid.SampledFrom([]string{"09", "+849", "849", "00849"}).Draw(t, "prefix") + tail
		header := rapid.SampledFrom([]string{"From", "f", "To", "Contact", "P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info", "X-Number", "Refer-To"}).Draw(t, "header")
		form := rapid.SampledFrom([]string{"<sip:%@h>", "\"%\" <sip:anonymous@h>", "<tel:%>", "sip:%@h;user=phone", "<sips:%;ext=1@h>", "<sip:a@h;x=%>"}).Draw(t, "form")
		message := "INVITE sip:a@h SIP/2.0\r\nCall-ID: " + number + "-1@h\r\n" + header + ": " + strings.ReplaceAll(form, "%", number) + ";tag=1\r\n\r\n"
		got := Message([]byte(message))
		if _, rest, _ := strings.Cut(got, header+":"); strings.Contains(rest, tail) {
			t.Fatalf("%q became %q", message, got)
		}
		if form != "\"%\" <sip:anonymous@h>" && strings.Contains(got, tail) {
			t.Fatalf("the Call-ID still tells it: %q", got)
		}
	})
}

// What a provider gets of an examination is as clean as a trace of a live call.
func TestForAProvider(t *testing.T) {
	in := strings.ReplaceAll(`INVITE sip:0912345678@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK12345678
From: "0912345678" <sip:+84912345678@x>;tag=1
To: <sip:0912345678@x>
Call-ID: 1234567890@x
P-Asserted-Identity: <tel:+84912345678>
P-Preferred-Identity: tel:+84 912 345 678
Authorization: Digest username="u", response="0123456789abcdef"
X-Token: tok-4711
CSeq: 1 INVITE

v=0
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secretsecret
m=audio 4000 RTP/AVP 8
`, "\n", "\r\n")
	out := Message([]byte(in))
	for _, gone := range []string{"912345678", "0123456789abcdef", "secretsecret", "tok-4711"} {
		if strings.Contains(out, gone) {
			t.Errorf("%q is still in %s", gone, out)
		}
	}
	for _, kept := range []string{"sip:0912***678@192.0.2.1", "Call-ID: 1234567890@x", "branch=z9hG4bK12345678", "m=audio 4000 RTP/AVP 8", "CSeq: 1 INVITE"} {
		if !strings.Contains(out, kept) {
			t.Errorf("%q is not in %s", kept, out)
		}
	}
}

func TestIDAndText(t *testing.T) {
	if got := ID("84912345678-77@h\x00"); strings.Contains(got, "912345678") || !strings.HasSuffix(got, "@h·") {
		t.Errorf("ID %q", got)
	}
	if got := Text("gọi 0912345678: bận"); got != "gọi 0912***678: bận" {
		t.Errorf("Text %q", got)
	}
	// Days stay readable, in a trace and in a line; numbers written like them do not.
	for in, want := range map[string]string{
		"nghỉ 2026-11-23, gọi 0912-345-678": "nghỉ 2026-11-23, gọi 0912***678",
		"2026-11-23T07:30:00Z":              "2026-11-23T07:30:00Z",
		"1900-11-23":                        "0190***123",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever stands around them, a telephone number in an address and the answer
// to a challenge do not come through.
func FuzzSecrets(f *testing.F) {
	f.Add("From", "\"Hoa\" <sip:", "@h>;tag=1", "Subject: x\r\n")
	f.Add("X-Any", "tel:", "", "")
	f.Fuzz(func(t *testing.T, name, before, after, more string) {
		const number, answer = "+84912345678", "0123456789abcdef0123456789abcdef"
		for _, s := range []string{name, before, after, more} {
			if len(s) > 1<<10 || strings.ContainsAny(s, "0123456789\r\n") || strings.Contains(answer, s) && s != "" {
				return
			}
		}
		if !tokens(name) || before != "" && isLetter(before[len(before)-1]) {
			return // No header, or the number is part of a word.
		}
		got := Message([]byte("INVITE sip:a@h SIP/2.0\r\n" + name + ": " + before + number + after + "\r\nAuthorization: Digest response=\"" + answer + "\"\r\n\r\n" + more))
		if strings.Contains(got, answer) {
			t.Fatalf("the answer to the challenge is in %q", got)
		}
		if strings.Contains(got, "912345678") && !verbatim(strings.ToLower(name)) {
			t.Fatalf("the number is in %q", got)
		}
	})
}

// tokens reports whether s can be the name of a header.
func tokens(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-') })
}

func FuzzMessage(f *testing.F) {
	for _, s := range []string{invite, "", "\r\n\r\n", "INVITE\r\n a\r\n\tb", "x\nFrom: \"\\", "sip:", "sipsip:@?", "\xe6sip", "a\r\nAuthorization: x\r\n y"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 1<<16 {
			return
		}
		got := Message(message)
		if len(got) > 8*MaxMessage {
			t.Fatalf("%d bytes became %d", len(message), len(got))
		}
		for line := range strings.SplitSeq(got, "\n") {
			if line == "" {
				break // The body has no headers.
			}
			name, value, found := strings.Cut(line, ":")
			if found && strings.EqualFold(name, "Authorization") && strings.TrimSpace(value) != Removed && !strings.HasPrefix(got, line) {
				t.Fatalf("tells %q", line)
			}
		}
	})
}
