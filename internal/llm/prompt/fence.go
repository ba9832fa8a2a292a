package prompt

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
)

// forgedFence matches text that looks like a line of the fence.
var forgedFence = regexp.MustCompile(`(?i)\[\s*(/?)\s*(article|claims)\b`)

// blanks matches the gaps that withheld text leaves.
var blanks = regexp.MustCompile(`[ \x{a0}\x{3000}]{2,}`)

// fenced puts title and text between two lines that hold the same random
// number. Whatever looks like such a line in the article loses its bracket.
func fenced(title, text string) string {
	code := newFenceCode()
	begin, end := "[ARTICLE "+code+"]\n", "\n[/ARTICLE "+code+"]"
	whole := begin + article.OneLine(title) + "\n" + text + end
	article := whole[len(begin) : len(whole)-len(end)]
	if plain := defused(article, code); plain != article {
		return begin + plain + end
	}
	return whole
}

// fencedClaims puts sentences, each after its number, between two lines that hold the same
// random number.
func fencedClaims(sentences []string) string {
	code := newFenceCode()
	var b strings.Builder
	b.WriteString("[CLAIMS " + code + "]\n")
	for i, sentence := range sentences {
		fmt.Fprintf(&b, "%d. %s\n", i+1, defused(sentence, code))
	}
	b.WriteString("[/CLAIMS " + code + "]")
	return b.String()
}

// newFenceCode returns a random number that nobody can guess.
func newFenceCode() string {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails
	return hex.EncodeToString(nonce[:])
}

// defused takes out of an article what a fence with this code is made of, and the
// blanks that are left of withheld text.
func defused(article, code string) string {
	if strings.Contains(article, "[") {
		article = forgedFence.ReplaceAllStringFunc(article, func(line string) string {
			parts := forgedFence.FindStringSubmatch(line)
			return "(" + parts[1] + " " + strings.ToLower(parts[2])
		})
	}
	article = strings.ReplaceAll(article, code, "")
	if strings.Contains(article, "  ") || strings.Contains(article, "\u00a0") || strings.Contains(article, "\u3000") {
		article = blanks.ReplaceAllString(article, " ")
	}
	return article
}
