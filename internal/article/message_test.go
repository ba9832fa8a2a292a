package article

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
)

// textPart makes a part of a message: its header, and body in a charset and a transfer
// encoding.
func textPart(mediaType, charset, transfer, body string) (textproto.MIMEHeader, string) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		panic(err)
	}
	encoded, err := e.NewEncoder().String(strings.ReplaceAll(body, "\n", "\r\n"))
	if err != nil {
		panic(err)
	}
	header := textproto.MIMEHeader{"Content-Type": {mediaType + "; charset=" + charset}, "Content-Transfer-Encoding": {transfer}}
	var b bytes.Buffer
	switch transfer {
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		_, _ = io.WriteString(w, encoded)
		_ = w.Close()
	case "base64":
		for s := base64.StdEncoding.EncodeToString([]byte(encoded)); s != ""; {
			n := min(76, len(s))
			b.WriteString(s[:n] + "\r\n")
			s = s[n:]
		}
	default:
		b.WriteString(encoded)
	}
	return header, b.String()
}

// oneText makes a message of one part.
func oneText(subject, mediaType, charset, transfer, body string) string {
	header, encoded := textPart(mediaType, charset, transfer, body)
	return "From: Press <press@skerry.example>\r\nTo: desk@paper.example\r\nSubject: " + subject + "\r\nMIME-Version: 1.0\r\nContent-Type: " +
		header.Get("Content-Type") + "\r\nContent-Transfer-Encoding: " + transfer + "\r\n\r\n" + encoded
}

// section is a part of a multipart.
type section struct{ mediaType, charset, transfer, body string }

// severalTexts makes a message of several parts. The body of a section with an empty charset
// stands as it is.
func severalTexts(mediaType string, sections ...section) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, s := range sections {
		header, body := textproto.MIMEHeader{"Content-Type": {s.mediaType}}, s.body
		if s.charset != "" {
			header, body = textPart(s.mediaType, s.charset, s.transfer, s.body)
		} else if s.transfer != "" {
			header.Set("Content-Disposition", s.transfer)
		}
		part, _ := w.CreatePart(header)
		_, _ = io.WriteString(part, body)
	}
	_ = w.Close()
	return "Received: from mx.skerry.example\r\n\tby mail.paper.example; Tue, 6 May 2031 10:02:00 +0000\r\nDKIM-Signature: v=1; a=rsa-sha256;\r\n b=Zm9v\r\nFrom: Press <press@skerry.example>\r\nSubject: Ferry sails again" +
		"\r\nMIME-Version: 1.0\r\nContent-Type: " + mediaType + "; boundary=" + w.Boundary() + "\r\n\r\nThis is a message in several parts.\r\n" + b.String()
}

const (
	ferryPlain = "Dear editors,\n\nThe ferry between Lorn and Skerry sails again – three weeks after the flood tore away the landing stage, the harbour authority said.\n\nThe repair cost “two million” crowns.\n\nKind regards,\nAda Roe\n"
	ferryPage  = "<html><body><p>The ferry between Lorn and Skerry sails again – three weeks after the flood tore away the landing stage, the harbour authority said.</p><p>The repair cost “two million” crowns.</p></body></html>"
	pier       = "Der Fährverkehr nach Süderoog ruht seit Montag, weil der Anleger beschädigt ist.\n\nDie Gemeinde prüft Hilfen für die 60 Bewohner.\n"
	steamer    = "Паром вернулся в порт Кемь после трёх дней ремонта, сообщила администрация.\n\nСледующий рейс назначен на пятницу.\n"
	lamp       = "北浜の灯台が金曜日に再び点灯した。修理には三か月かかった。\n\n点灯式には百人が集まった。\n"
)

var ferry = []string{
	"The ferry between Lorn and Skerry sails again – three weeks after the flood tore away the landing stage, the harbour authority said.",
	"The repair cost “two million” crowns.",
}

// messages are e-mails as servers hand them on, with the title and the sentences of each.
var messages = []struct {
	name, text, title string
	sentences         []string
}{
	{"two forms", severalTexts("multipart/alternative",
		section{"text/plain", "utf-8", "quoted-printable", ferryPlain},
		section{"text/html", "utf-8", "quoted-printable", ferryPage}), "Ferry sails again", ferry},
	{"a page alone", severalTexts("multipart/alternative",
		section{"text/plain", "utf-8", "quoted-printable", " \n"},
		section{"text/html", "utf-8", "base64", ferryPage}), "Ferry sails again", ferry},
	{"an attachment first", severalTexts("multipart/mixed",
		section{"text/plain", "", `attachment; filename="list.txt"`, "Ada Roe, +1 212 555 0147. She is the author of this list."},
		section{"image/png", "", "", "iVBORw0KGgo="},
		section{"text/plain", "windows-1252", "base64", ferryPlain}), "Ferry sails again", ferry},
	{"a page in a charset of its own", oneText("Ferry", "text/html", "utf-16le", "base64", ferryPage), "Ferry", ferry},
	{
		"windows-1252", oneText(mime.QEncoding.Encode("utf-8", "AW: Fähre nach Süderoog fällt aus"), "text/plain", "windows-1252", "quoted-printable", pier), "Fähre nach Süderoog fällt aus",
		[]string{"Der Fährverkehr nach Süderoog ruht seit Montag, weil der Anleger beschädigt ist.", "Die Gemeinde prüft Hilfen für die 60 Bewohner."},
	},
	{
		"koi8-r", oneText(mime.BEncoding.Encode("utf-8", "Паром вернулся в порт"), "text/plain", "koi8-r", "base64", steamer), "Паром вернулся в порт",
		[]string{"Паром вернулся в порт Кемь после трёх дней ремонта, сообщила администрация.", "Следующий рейс назначен на пятницу."},
	},
	{
		"iso-2022-jp", oneText("Lamp", "text/plain", "iso-2022-jp", "base64", lamp), "Lamp",
		[]string{"北浜の灯台が金曜日に再び点灯した。", "修理には三か月かかった。", "点灯式には百人が集まった。"},
	},
	{"parts in parts", severalTexts("multipart/mixed",
		section{"multipart/alternative; boundary=in", "", "", "--in\r\nContent-Type: text/plain\r\n\r\n" + ferryPlain + "\r\n--in\r\nContent-Type: text/html\r\n\r\n" + ferryPage + "\r\n--in--\r\n"},
		section{"application/pdf", "", "", "JVBERi0xLjQK"}), "Ferry sails again", ferry},
	{"no header of its own", strings.TrimPrefix(oneText("Ferry sails again", "text/plain", "utf-8", "quoted-printable", ferryPlain), "From: Press <press@skerry.example>\r\nTo: desk@paper.example\r\n"), "Ferry sails again", ferry},
	{"a broken header", strings.Replace(severalTexts("multipart/mixed",
		section{"text/plain", "utf-8", "base64", ferryPlain}), "From:", "for <desk@paper.example>\r\nFrom:", 1), "Ferry sails again", ferry},
	{"one part as it stands", oneText("Ferry sails again", "text/plain", "utf-8", "8bit", ferryPlain), "Ferry sails again", ferry},
	{"no Base64", strings.Replace(oneText("Ferry sails again", "text/plain", "utf-8", "8bit", strings.TrimPrefix(ferryPlain, "Dear editors,\n\n")), "8bit", "base64", 1), "Ferry sails again", ferry},
	{"broken off", strings.TrimSuffix(severalTexts("multipart/mixed",
		section{"text/plain", "utf-8", "quoted-printable", ferryPlain}), "--\r\n"), "Ferry sails again", ferry},
}

func TestMessages(t *testing.T) {
	for _, m := range messages {
		t.Run(m.name, func(t *testing.T) {
			src := Raw{Text: m.text}
			d := Clean(src)
			checkInvariants(t, src, d)
			checkOffsets(t, src, d)
			if d.Title != m.title {
				t.Errorf("title %q, want %q", d.Title, m.title)
			}
			var got []string
			for _, s := range d.Sentences {
				got = append(got, d.Slice(s.Span))
			}
			if strings.Join(got, "|") != strings.Join(m.sentences, "|") {
				t.Errorf("got %q, want %q", got, m.sentences)
			}
			if len(d.Removed) == 0 || d.Removed[0].Rule != RuleMail || d.Removed[0].Begin != 0 {
				t.Errorf("the header is not among what is left out: %v", d.Removed)
			}
		})
	}
}

// TestMessageOffsets checks that a sentence leads to where it is encoded in the message.
func TestMessageOffsets(t *testing.T) {
	text := messages[0].text
	d := Clean(Raw{Text: text})
	o := d.Original(d.Sentences[0].Span)
	decoded, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(text[o.Begin:o.End])))
	if err != nil || string(decoded) != ferry[0] {
		t.Errorf("the original of %q is %q: %v", ferry[0], decoded, err)
	}
}

// TestNoMessage reads articles that begin like messages as they are.
func TestNoMessage(t *testing.T) {
	for _, text := range []string{
		"Ferry: a line reopens\n\nThe ferry between Lorn and Skerry sailed again on Friday.",
		"From: here to Skerry\n\nThe ferry between Lorn and Skerry sailed again on Friday.",
		"Subject: a ferry\nContent-Type: multipart/mixed; boundary=x\n\nThe ferry between Lorn and Skerry sailed again on Friday.",
		"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\nThe ferry between Lorn and Skerry sailed again on Friday.",
	} {
		if !strings.Contains(Clean(Raw{Text: text}).Text, "sailed again on Friday.") {
			t.Errorf("nothing is left of %q", text)
		}
	}
}

// TestMessageOfAttachments reads nothing of a message that holds no text.
func TestMessageOfAttachments(t *testing.T) {
	src := Raw{Text: severalTexts("multipart/mixed", section{"image/png", "", "", "iVBORw0KGgo="})}
	d := Clean(src)
	checkInvariants(t, src, d)
	if d.Text != "" || d.Title != "Ferry sails again" {
		t.Errorf("title %q, text %q", d.Title, d.Text)
	}
}
