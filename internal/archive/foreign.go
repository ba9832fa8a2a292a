package archive

import (
	"archive/zip"
	"bytes"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// documents are forms of files that may hold an article and are not read, by their first
// characters.
var documents = []struct{ mark, name string }{
	{"%PDF-", "a PDF document"},
	{"%!PS", "a PostScript document"},
	{`{\rtf`, "an RTF document"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of Office 97 or a kind like it"},
	{"\x89PNG\r\n\x1a\n", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"GIF8", "an image"},
	{"II*\x00", "an image"},
	{"MM\x00*", "an image"},
	{"SQLite format 3\x00", "an SQLite database"},
	{"!<arch>\n", "an ar archive"},
}

// documentOf returns what a file is that is not read; empty for none of documents.
func documentOf(head []byte) string {
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	for _, d := range documents {
		if bytes.HasPrefix(start, []byte(d.mark)) {
			return d.name
		}
	}
	if webArchiveIndex.Match(head) {
		return "an index of web archives"
	}
	return ""
}

// webArchiveIndex matches the first line of CDX and CDXJ: its heading, or a key, a time and
// fields.
var webArchiveIndex = regexp.MustCompile(`^(?: CDX [A-Za-z ]+\r?\n|!meta \d+ \{|[^\s)]+\)\S* \d{14} (?:\{|\S+ \S+ \d{3} |\S+\t))`)

// zipDocuments are forms of documents that are zip archives, by a member that each has.
var zipDocuments = map[string]string{
	"[Content_Types].xml":    "a document of Office or a kind like it",
	"mimetype":               "an OpenDocument file, an EPUB book or a kind like it",
	"META-INF/manifest.xml":  "an OpenDocument file or a kind like it",
	"META-INF/container.xml": "an EPUB book",
	"META-INF/MANIFEST.MF":   "a Java archive",
	"Index/Document.iwa":     "a document of iWork",
}

// documentOfZip returns the document that a zip archive is; empty for an archive of files.
func documentOfZip(members []*zip.File) string {
	for _, file := range members {
		if name := zipDocuments[file.Name]; name != "" {
			return name
		}
	}
	return ""
}

// isWACZ reports whether a zip archive is a web archive in the form WACZ, which has indexes
// beside its WARC files.
func isWACZ(members []*zip.File) bool {
	named := func(is func(name string) bool) bool {
		return slices.ContainsFunc(members, func(file *zip.File) bool { return is(file.Name) })
	}
	return named(func(name string) bool { return name == "datapackage.json" }) && named(isWARCOfWACZ)
}

func isWARCOfWACZ(name string) bool {
	return strings.HasPrefix(name, "archive/") && strings.Contains(path.Base(name), ".warc")
}

// refuseDocument refuses a file that is not read, or passes it over where it stands among
// articles and its name does not say that it is one.
func (r *scanner) refuseDocument(in *inputFile, what string) bool {
	if _, known := extensions[strings.ToLower(path.Ext(filepath.ToSlash(in.name)))]; !in.named && !known {
		return r.skip(in.location, SkipFile)
	}
	return r.fail(in.location, FormatUnsupported, "it is %s, which is not read: save its articles as text or HTML", what)
}

// isForeignXML reports whether a file is XML of another kind than a page, such as a site
// map. NITF counts as HTML, since its elements are nearly the same.
func isForeignXML(start []byte) bool {
	root, _ := rootElement(start)
	isCustom := strings.Contains(root, "-") && !bytes.HasPrefix(start, []byte("<?xml")) // an element that a page defines
	return root != "" && !isCustom && !slices.Contains(pageElements, root)
}

// pageElements are the elements that a page, or a part of one, may begin with. The names of
// others, such as data and map, are common in XML.
var pageElements = strings.Fields(`
	html head title meta link base style script noscript template body nitf
	main article section header footer nav aside hgroup search div center
	h1 h2 h3 h4 h5 h6 p pre blockquote ul ol dl dt dd li hr br figure figcaption table tbody tr td th
	a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark nobr q s samp small span strike
	strong sub sup time tt u var wbr img picture video audio iframe form fieldset frameset details dialog marquee`)
