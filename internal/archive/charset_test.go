package archive

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// rssOf is a feed of one item, with a declaration of its encoding unless that is
// empty.
func rssOf(declared, title, text string) string {
	declaration := ""
	if declared != "" {
		declaration = `<?xml version="1.0" encoding="` + declared + `"?>` + "\n"
	}
	return declaration + `<rss version="2.0"><channel><title>Harbours</title><item><title>` + title +
		`</title><description>` + text + `</description></item></channel></rss>`
}

func in(e encoding.Encoding, text string) []byte {
	return must(e.NewEncoder().Bytes([]byte(text)))
}

// A feed is read in the encoding of its mark, else of its declaration; wide ones are
// told by their content.
func TestFeedEncodings(t *testing.T) {
	const western, mark = "José Peña öffnet Lünsund – für €5", "\uFEFF"
	var (
		utf16le = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		utf16be = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
		utf32le = utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
		utf32be = utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	)
	tests := []struct {
		name     string
		title    string
		encoding encoding.Encoding
		declared string
		mark     string
	}{
		{"UTF-8", western, encoding.Nop, "utf-8", ""},
		{"UTF-8 undeclared", western, encoding.Nop, "", ""},
		{"UTF-8 with its mark", western, encoding.Nop, "", mark},
		{"UTF-8 with its mark against the declaration", western, encoding.Nop, "iso-8859-1", mark},
		{"UTF-8 that says UTF-16", western, encoding.Nop, "utf-16", ""},
		{"UTF-8 that says something unknown", western, encoding.Nop, "x-harbour", ""},
		{"windows-1252", western, charmap.Windows1252, "windows-1252", ""},
		{"windows-1252 as Latin 1", western, charmap.Windows1252, "ISO-8859-1", ""},
		{"windows-1252 as UTF-8", western, charmap.Windows1252, "utf-8", ""},
		{"windows-1252 undeclared", "¿Qué? £5“, José Peña", charmap.Windows1252, "", ""},
		{"Latin 9", "José Peña öffnet für €5", charmap.ISO8859_15, "iso-8859-15", ""},
		{"Latin 2", "Żółć w Łodzi", charmap.ISO8859_2, "iso-8859-2", ""},
		{"DOS", "José Peña", charmap.CodePage850, "ibm850", ""},
		{"KOI8-R", "Порт открыт", charmap.KOI8R, "koi8-r", ""},
		{"windows-1251", "Порт открыт", charmap.Windows1251, "windows-1251", ""},
		{"Shift JIS", "港が再開した", japanese.ShiftJIS, "shift_jis", ""},
		{"EUC-JP", "港が再開した", japanese.EUCJP, "euc-jp", ""},
		{"ISO-2022-JP", "港が再開した", japanese.ISO2022JP, "iso-2022-jp", ""},
		{"GB 2312", "港口重新开放", simplifiedchinese.GBK, "gb2312", ""},
		{"GB 18030", "港口重新开放", simplifiedchinese.GB18030, "GB18030", ""},
		{"Big 5", "港口重新開放", traditionalchinese.Big5, "big5", ""},
		{"EUC-KR", "항구가 다시 열렸다", korean.EUCKR, "euc-kr", ""},
		{"UTF-16LE with its mark", western, utf16le, "utf-16", mark},
		{"UTF-16BE with its mark", western, utf16be, "utf-16", mark},
		{"UTF-16LE", western, utf16le, "utf-16", ""},
		{"UTF-16BE", western, utf16be, "utf-16be", ""},
		{"UTF-16LE undeclared", western, utf16le, "", ""},
		{"UTF-16BE that says UTF-8", western, utf16be, "utf-8", ""},
		{"UTF-32LE with its mark", western, utf32le, "utf-32", mark},
		{"UTF-32BE", western, utf32be, "utf-32", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const text = "Ferries sail again."
			content := in(tt.encoding, tt.mark+rssOf(tt.declared, tt.title, text))
			for _, format := range []Format{FormatAuto, FormatFeed} {
				got := outcomes(t, []string{put(t, t.TempDir(), "in.xml", content)}, Options{Format: format})
				if len(got) != 1 || got[0].Article == nil {
					t.Fatalf("format %q: %v", format, got)
				}
				if diff := cmp.Diff([]string{tt.title, text}, []string{got[0].Article.Title, got[0].Article.HTML}); diff != "" {
					t.Errorf("format %q: -want +got:\n%s", format, diff)
				}
			}
		})
	}
}

// What cannot be decoded is an error, never a garbled article.
func TestFeedsInNoEncoding(t *testing.T) {
	for name, content := range map[string][]byte{
		"another encoding than it says": in(encoding.Nop, rssOf("utf-8", "Zürnau", strings.Repeat("Zür", 9)+strings.Repeat("\xfc\xe4 ", 9))),
		"an encoding that is not known": in(charmap.ISO8859_1, rssOf("x-harbour", "Zürnau", "text")),
		"KOI8-R undeclared":             in(charmap.KOI8R, rssOf("", "Порт", "Порт открыт после шторма.")),
		"windows-1251 as UTF-8":         in(charmap.Windows1251, rssOf("utf-8", "Порт", "Порт открыт.")),
		"Latin 2 undeclared":            in(charmap.ISO8859_2, rssOf("", "Łódź", "Statki znów pływają.")),
		"Shift JIS undeclared":          in(japanese.ShiftJIS, rssOf("", "港", "港が再開した")),
		"one that is not decoded":       []byte(rssOf("iso-2022-kr", "\x1b$)C\x0e0!3*", "text")),
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), "in.xml", content)}, Options{})
		if len(got) != 1 || got[0].Reason != RowInvalid || !strings.Contains(got[0].Message, "encoding") && !strings.Contains(got[0].Message, "but is not: convert") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Pages that only their XML declaration says the encoding of, and documents in wide
// encodings without a mark.
func TestOtherEncodings(t *testing.T) {
	const text = "Żółć: a story of the port."
	utf16le := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	for name, content := range map[string][]byte{
		"page.xhtml": in(charmap.ISO8859_2, `<?xml version="1.0" encoding='ISO-8859-2' ?><html><body><p>`+text),
		"page.html":  in(charmap.ISO8859_2, `<html><meta charset="iso-8859-2"><body><p>`+text),
		"old.html":   in(charmap.ISO8859_1, `<html><meta http-equiv="content-type" content="text/html; charset=iso-8859-1"><body><p>A: `+strings.Repeat("Åéîöü", 9)+text[len("Żółć"):]),
		"wide.html":  in(utf16le, "<html><body><p>"+text),
		"wide.txt":   in(utf16le, "A: "+text),
		"wide":       in(utf16le, "A: "+text),
		"wide.md":    in(utf16le, "A: "+text),
		"wide.csv":   in(utf16le, "id,text\n1,"+text+"\n"),
		"wide.jsonl": in(utf16le, `{"text":"`+text+`"}`+"\n"),
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), name, content)}, Options{})
		if len(got) != 1 || got[0].Article == nil || !strings.Contains(plain(got[0].Article), text[len("Żółć"):]) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Pages in GB18030 call themselves GB2312 or GBK, and are read whole.
func TestFourByteCharacters(t *testing.T) {
	const text = "市长李䶮星期一说，㐂字街的水位已经开始下降。"
	content, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"gb2312", "GBK", "gb18030"} {
		page, fault := decodePage([]byte(`<meta charset="`+label+`"><p>`+content), "")
		if fault != "" || page.guessed != "" || !strings.HasSuffix(page.text, text) {
			t.Errorf("%s: guessed %q, %q:\n%s", label, page.guessed, fault, page.text)
		}
	}
}
