package archive

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	wide "golang.org/x/text/encoding/unicode"
)

// zipWith returns a zip archive of members, "name=content", in their order. The content of
// one whose name begins with "*" is said to be encrypted.
func zipWith(members ...string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, member := range members {
		name, content, _ := strings.Cut(member, "=")
		header := &zip.FileHeader{Name: strings.TrimPrefix(name, "*"), Method: zip.Store}
		if strings.HasPrefix(name, "*") {
			header.Flags |= zipEncrypted
		}
		must(must(w.CreateHeader(header)).Write([]byte(content)))
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Documents of other programs are refused by their names, also under the name of a format,
// and passed over where they stand beside articles. No part of one becomes an article.
func TestDocumentsOfOtherPrograms(t *testing.T) {
	for name, content := range map[string]string{
		"a PDF document":         "%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nBT (The harbour opens on Monday.) Tj ET\n",
		"a PostScript document":  "%!PS-Adobe-3.0\n(The harbour opens on Monday.) show\n",
		"an RTF document":        "{\\rtf1\\ansi\n{\\fonttbl\\f0 Helvetica;}\nThe harbour opens on Monday.\\par\n}\n",
		"an image":               "\xff\xd8\xff\xe0\x00\x10JFIF\x00",
		"an SQLite database":     "SQLite format 3\x00\x10\x00",
		"an index of web archiv": "com,example)/port 20310501000000 {\"url\": \"https://news.example/port\", \"status\": \"200\"}\n",
		"a document of Office":   string(zipWith("[Content_Types].xml=<Types/>", "word/document.xml=<w:document/>", "word/note.xml=<b:Sources xmlns:b=\"b\">The harbour.</b:Sources>")),
		"an OpenDocument file,":  string(zipWith("mimetype=application/epub+zip", "chapter.xhtml=<html><body><p>The harbour opens on Monday.</p></body></html>")),
		"a Java archive":         string(zipWith("META-INF/MANIFEST.MF=Manifest-Version: 1.0", "about.html=<p>The harbour opens on Monday.</p>")),
	} {
		for _, file := range []string{"harbour", "harbour.txt", "harbour.html", "harbour.bin"} {
			dir := t.TempDir()
			path := put(t, dir, file, []byte(content))
			got := outcomes(t, []string{path}, Options{})
			if len(got) != 1 || got[0].Reason != FormatUnsupported || !strings.HasPrefix(got[0].Message, "it is "+name) {
				t.Errorf("%s as %s: %v", name, file, got)
			}
		}
		dir, skipped := t.TempDir(), map[Skip]int{}
		put(t, dir, "harbour.bin", []byte(content))
		put(t, dir, "news.txt", []byte("The ferry sails."))
		got := outcomes(t, []string{dir}, Options{Skipped: func(_ Location, what Skip) { skipped[what]++ }})
		if len(got) != 1 || got[0].Article == nil || skipped[SkipFile] != 1 {
			t.Errorf("%s in a directory: %v, %v", name, got, skipped)
		}
	}
}

// XML of another kind is no page, with or without a declaration, and also where its root has
// the name of an attribute of HTML.
func TestForeignXML(t *testing.T) {
	const declaration = "<?xml version=\"1.0\"?>\n"
	for markup, want := range map[string]Format{
		"<urlset><url/></urlset>":                              FormatAuto,
		"<x:xmpmeta xmlns:x='x'>The harbour.</x:xmpmeta>":      FormatAuto,
		"<svg xmlns='s'><text>The harbour.</text></svg>":       FormatAuto,
		"<manifest><item/></manifest>":                         FormatAuto,
		"<data><value>1</value></data>":                        FormatAuto,
		"<!-- A port. --><DOC><TEXT>The harbour.</TEXT></DOC>": FormatAuto,
		"<html><body>The harbour.</body></html>":               FormatHTML,
		"<nitf><body>The harbour.</body></nitf>":               FormatHTML,
		"<article><p>The harbour.</p></article>":               FormatHTML,
		"<CENTER>The harbour.</CENTER>":                        FormatHTML,
	} {
		for _, before := range []string{"", declaration} {
			if got := formatOf([]byte(before+markup), "input", Fields{}.columns()); got != want {
				t.Errorf("%q is %q, want %q", before+markup, got, want)
			}
		}
	}
	for markup, want := range map[string]Format{
		"<news-story>The harbour.</news-story>":                               FormatHTML, // an element that a page defines
		declaration + "<o:news-story xmlns:o='o'>The harbour.</o:news-story>": FormatAuto,
	} {
		if got := formatOf([]byte(markup), "input", Fields{}.columns()); got != want {
			t.Errorf("%q is %q, want %q", markup, got, want)
		}
	}
}

// A web archive in the form WACZ holds pages and indexes of them.
func TestWACZ(t *testing.T) {
	record := strings.Join([]string{"WARC/1.0", "WARC-Type: resource", "WARC-Record-ID: <urn:uuid:1>", "WARC-Target-URI: https://news.example/1", "Content-Type: text/plain", "Content-Length: 16", "", "The ferry sails.", "", ""}, "\r\n")
	path := put(t, t.TempDir(), "port.wacz", zipWith("datapackage.json={}", "indexes/index.cdx=com,example)/ 20310501000000 {}", "archive/port.warc="+record, `pages/pages.jsonl={"format": "json-pages-1.0"}`))
	skipped := map[Skip]int{}
	got := outcomes(t, []string{path}, Options{Skipped: func(_ Location, what Skip) { skipped[what]++ }})
	if len(got) != 1 || got[0].Article == nil || got[0].Article.Text != "The ferry sails." {
		t.Error(got)
	}
	if diff := cmp.Diff(map[Skip]int{SkipFile: 3}, skipped); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The content of an encrypted member may look like text in some encoding.
func TestEncryptedMember(t *testing.T) {
	path := put(t, t.TempDir(), "port.zip", zipWith("*sealed.txt=\xe9\xe8\xe0 la mer", "open.txt=The ferry sails."))
	got := outcomes(t, []string{path}, Options{})
	if len(got) != 2 || got[0].Reason != FormatUnsupported || got[0].Message != "it is encrypted: decrypt it first" || got[1].Article == nil {
		t.Error(got)
	}
}

// A file that begins like a text and goes on otherwise is no article.
func TestTextThatIsNone(t *testing.T) {
	head := strings.Repeat("SIMPLE  =                    T / made of lines of eighty characters\n", 20)
	for name, content := range map[string]string{
		"in ASCII": head + strings.Repeat("\x00\x01\x02 a", 100),
		"declared": "<html><meta charset=windows-1252>" + head + strings.Repeat("\x00\x01\xe9 a", 100) + "</html>",
		"UTF-16":   must(wide.UTF16(wide.LittleEndian, wide.UseBOM).NewEncoder().String(head + strings.Repeat("\x01\x02 a", 100))),
	} {
		path := put(t, t.TempDir(), "port", []byte(content))
		if got := outcomes(t, []string{path}, Options{}); len(got) != 1 || got[0].Reason != RowInvalid {
			t.Errorf("%s: %v", name, got)
		}
	}
	path := put(t, t.TempDir(), "port.txt", []byte("A form feed\f, a tab\t, and a slip\x07 of a key."))
	if got := outcomes(t, []string{path}, Options{}); len(got) != 1 || got[0].Article == nil {
		t.Error(got)
	}
}
