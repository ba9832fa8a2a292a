package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Entry is one article as an archive has it.
type Entry struct {
	// ID is the article's own id, else Location.ID. Never empty; not
	// necessarily unique.
	ID string

	Title string

	// Text is the plain text and HTML the page. Where an archive has both, both
	// are set; where it has neither, both are empty.
	Text, HTML string

	Language  string    // BCP-47 as the archive has it; empty when absent or no such tag
	Published time.Time // zero when absent or in no known form
	URL       string    // where the article comes from; may be empty

	// StandfirstOnly says that the archive holds no more of the article than its
	// standfirst, as many feeds do.
	StandfirstOnly bool

	// Truncated says that the archive holds no more than the beginning of the article.
	Truncated bool

	// GuessedEncoding names the encoding that the article was decoded from, such as
	// "windows-1251", where that is a guess from its bytes; else it is empty.
	GuessedEncoding string

	// Story identifies what the publisher sends again when it changes, in all archives:
	// the uri of ninjs, the guid of NewsML-G2 and of feeds. Empty: nothing is known of other
	// versions. Version tells which of two is newer, and Status is StatusCanceled,
	// StatusWithheld or empty.
	Story   string
	Version Version
	Status  string

	// Subjects are the codes, addresses or names of concepts that the publisher gives.
	Subjects []string

	// Item is the item of ninjs as it came; nil unless Options.KeepItems is set.
	Item []byte

	Location Location
}

// Content returns the text, or the page where there is no text, and its media type; empty
// for one that the text tells.
func (a *Entry) Content() (text, mediaType string) {
	if a.Text == "" && a.HTML != "" {
		return a.HTML, "text/html"
	}
	return a.Text, ""
}

// Location says where in an archive something was found. No two articles of one reading
// have the same.
type Location struct {
	Path    string `json:"path"`              // as named or found, by utf8Name; "-" for standard input
	Member  string `json:"member"`            // the entry inside the file, by utf8Name; empty when it has none
	Ordinal int64  `json:"ordinal,omitempty"` // of several members of that name, which one: 2 for the second; 0 for the first
	Line    int64  `json:"line"`              // line, row, record or item, counted from 1; 0 means the whole file
}

// placeOf returns the location of a whole file.
func placeOf(path string) Location { return Location{Path: utf8Name(path)} }

// utf8Name writes the bytes of a name that are not UTF-8 as \xNN. A row, which is JSON, can then
// hold the name of any file, and two names stay two.
func utf8Name(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for len(name) > 0 {
		r, size := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, name[0])
		} else {
			b.WriteString(name[:size])
		}
		name = name[size:]
	}
	return b.String()
}

// IsDocument reports whether s is a file that is one article, or standard input.
func (s Location) IsDocument() bool { return s.Member == "" && s.Line == 0 }

// ID returns an id that depends on nothing but s, 32 hexadecimal digits.
func (s Location) ID() string {
	h := sha256.New()
	for _, part := range []string{s.Path, s.Member} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(s.Line)))
	if s.Ordinal > 0 {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(s.Ordinal)))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// String returns "path", "path:line", "path(member):line" or "path(member, no. 2)".
func (s Location) String() string {
	where := s.Path
	switch {
	case s.Ordinal > 0:
		where += fmt.Sprintf("(%s, no. %d)", s.Member, s.Ordinal)
	case s.Member != "":
		where += "(" + s.Member + ")"
	}
	if s.Line > 0 {
		where += fmt.Sprintf(":%d", s.Line)
	}
	return where
}

// ErrorReason says what is wrong with an input.
type ErrorReason string

// The reasons.
const (
	RowInvalid        ErrorReason = "ROW_INVALID"        // not of the format, not UTF-8, or a field of a wrong type
	RowTooLarge       ErrorReason = "ROW_TOO_LARGE"      // longer than the bound on rows and documents
	FormatUnknown     ErrorReason = "FORMAT_UNKNOWN"     // a file that no reader knows
	FormatUnsupported ErrorReason = "FORMAT_UNSUPPORTED" // a form, or a part of one, that is known and not read
	MemberRefused     ErrorReason = "MEMBER_REFUSED"     // a member whose name leads out of its archive, or an archive in an archive
	ExpandsTooMuch    ErrorReason = "EXPANDS_TOO_MUCH"   // compressed data of a size that only an attack has
	InputUnreadable   ErrorReason = "INPUT_UNREADABLE"   // the file cannot be opened or breaks off
)

// ReadError stands for an input that could not be read.
type ReadError struct {
	Location Location
	Reason   ErrorReason
	Message  string // for people; holds nothing of the row
	ID       string // the article's own id, where it can be read; else empty
	Err      error  // the cause; nil for a bad row
}

// Error returns the place and the message.
func (e *ReadError) Error() string { return e.Location.String() + ": " + e.Message }

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }

// Skip names what an archive holds beside articles. It is counted, and has no
// row of its own.
type Skip string

// The kinds of inputs that are passed over.
const (
	SkipBlank     Skip = "blank line"
	SkipEmptyFile Skip = "empty file"               // holds nothing but white space
	SkipNoArticle Skip = "input without an article" // a path that was given to Files
	SkipFile      Skip = "file of no known format"  // beside articles in a directory or an archive
	SkipDuplicate Skip = "file that more than one input leads to"
	SkipOutput    Skip = "file that this run writes" // see Options.Exclude
	SkipLink      Skip = "link or special file"
	SkipRecord    Skip = "WARC record that is no page" // warcinfo, request, metadata, logs of the crawler and the like
	SkipRevisit   Skip = "WARC record of a page that had not changed"
	SkipStatus    Skip = "page with an error status"
	SkipMedia     Skip = "page that is not text"
	SkipEmpty     Skip = "feed item without text"
	SkipNewsItem  Skip = "news item that is no text" // pictures, packages, events and the like
	SkipOlder     Skip = "older or repeated version of a story"
)
