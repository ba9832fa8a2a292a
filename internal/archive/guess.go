package archive

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Bounds of a guess. They were chosen on sentences of 30 to 140 characters in 25
// languages: a detector's confidence, in percent, is lower for characters of one byte.
const (
	maxSample     = 64 << 10 // bytes that are looked at
	minSample     = 8        // bytes beyond ASCII in them
	minConfidence = 30       // of an encoding with one byte a character
	minMultibyte  = 90       // of one with several
	leadAgainst   = 150      // percent of that in windows-1252, where that gives western words, too
)

// guessEncoding returns the likely encoding of text and its name on the web; nil when
// none is likely. Text that gives western words in windows-1252, the encoding that
// browsers assume, is in another one only if a detector is much surer of that.
func guessEncoding(raw []byte) (e encoding.Encoding, name string) {
	best, western := detect(sampleOf(raw))
	text, _ := charmap.Windows1252.NewDecoder().Bytes(raw)
	isWestern := isWestern(string(text))
	least := minConfidence
	switch {
	case isMultibyte(best.Charset):
		least = minMultibyte
	case isWestern && hasTurkish(best.Charset):
		best.Charset = "" // Turkish has letters that western words do not have
	case isWestern:
		least = max(minConfidence, leadAgainst*western/100)
	}
	if best.Charset != "" && best.Confidence >= least {
		e, name = lookupWeb(bestLabel(best.Charset, raw))
	}
	if e == nil && isWestern {
		return charmap.Windows1252, "windows-1252"
	}
	return e, name
}

// detect returns the likeliest encoding that is not windows-1252 or a part of it, zero for
// none, and the confidence in windows-1252.
func detect(sample []byte) (best chardet.Result, western int) {
	beyond := 0
	for _, b := range sample {
		if b >= utf8.RuneSelf {
			beyond++
		}
	}
	results, err := chardet.NewTextDetector().DetectAll(sample)
	if err != nil || beyond < minSample {
		return best, 0
	}
	for _, r := range results {
		switch _, name := charset.Lookup(r.Charset); {
		case name == "windows-1252":
			western = max(western, r.Confidence)
		case name == "" || name == "utf-8" || r.Confidence < best.Confidence:
		case r.Confidence > best.Confidence || r.Charset < best.Charset: // results of one confidence come in any order
			best = r
		}
	}
	if western > best.Confidence {
		return chardet.Result{}, western
	}
	return best, western
}

// isMultibyte reports whether a detector counts characters of several bytes to tell an
// encoding.
func isMultibyte(name string) bool {
	switch name {
	case "Shift_JIS", "EUC-JP", "EUC-KR", "Big5", "GB18030", "ISO-2022-JP", "ISO-2022-KR", "ISO-2022-CN":
		return true
	}
	return false
}

// hasTurkish reports whether an encoding is windows-1252 but for the letters of Turkish.
func hasTurkish(name string) bool { return name == "ISO-8859-9" || name == "windows-1254" }

// bestLabel returns the encoding that has the letters of a detected one. Hebrew is the
// same in both encodings of one byte, and Greek but for one letter: windows-1253 has
// the capital alpha with an accent where ISO-8859-7 has an apostrophe.
func bestLabel(detected string, raw []byte) string {
	switch {
	case strings.HasPrefix(detected, "ISO-8859-8"):
		return "windows-1255"
	case detected == "ISO-8859-7" && bytes.IndexByte(raw, 0xb6) < 0:
		for i, b := range raw {
			if b == 0xa2 && i+1 < len(raw) && raw[i+1] < utf8.RuneSelf {
				return detected
			}
		}
		return "windows-1253"
	}
	return detected
}

// sampleOf returns what people read of a page or text, as far as it has bytes beyond
// ASCII: names and code of markup look English.
func sampleOf(raw []byte) []byte {
	var sample []byte
	tokens := html.NewTokenizer(bytes.NewReader(raw))
	for len(sample) < maxSample {
		switch tokens.Next() {
		case html.ErrorToken:
			return sample
		case html.StartTagToken:
			if name, _ := tokens.TagName(); string(name) == "script" || string(name) == "style" {
				tokens.Next()
			}
		case html.TextToken:
			for line := range bytes.Lines(tokens.Raw()) {
				if bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) {
					sample = append(append(sample, line...), '\n')
				}
			}
		}
	}
	return sample[:maxSample]
}

// isWestern reports whether text decoded as windows-1252 looks like a western language.
// Cyrillic in a code page of its own gives words of accented letters alone, and Polish
// gives superscripts among its letters. In the encoding of old Macintoshes umlauts are
// capitals and daggers within words.
func isWestern(text string) bool {
	const (
		openers = "¡¿"    // before a capital
		units   = "£¥¢ºª" // behind a figure, or before no letter
		letters = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜàáâãäåæçèéêëìíîïñòóôõöøùúûüßÿŸŒœŠšŽž"
		inside  = "ŠŒŽŸ†‡" // never behind a small letter and before another
		marks   = "‘’‚“”„†‡•–—…‰‹›«»€™©®§°·´\u00a0\u00ad"
	)
	var before rune
	accented := 0 // letters in a row
	for i, r := range text {
		after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		switch {
		case r < utf8.RuneSelf:
			accented = -1
		case strings.ContainsRune(inside, r) && unicode.IsLower(before) && unicode.IsLower(after):
			return false
		case strings.ContainsRune(letters, r):
			if accented == 2 {
				return false
			}
		case strings.ContainsRune(openers, r):
			accented = -1
			if !unicode.IsUpper(after) {
				return false
			}
		case strings.ContainsRune(units, r):
			accented = -1
			if unicode.IsLetter(after) && !unicode.IsDigit(before) {
				return false
			}
		case strings.ContainsRune(marks, r):
			accented = -1
		default:
			return false
		}
		accented++
		before = r
	}
	return true
}
