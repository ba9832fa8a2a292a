package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cleantext"
)

// Content is what archives hold, as a dry run finds it.
type Content struct {
	Articles   int64 // that a run would have answered
	Withdrawn  int64 // that have a row of status "skipped"
	Unreadable int64 // inputs that have a row of status "error"
	Refused    int64 // articles that the service refuses, such as texts without letters
	Bytes      int64 // of the texts of Articles

	Reasons []ReasonCount // why inputs are unreadable or refused
}

// DryRun reads articles as a run would, until there are limit rows (0: all) or ctx ends.
// Each is called with the text of each article that would be answered.
func DryRun(ctx context.Context, articles iter.Seq2[*archive.Entry, error], limit int64, each func(text string)) (*Content, error) {
	c := new(Content)
	for a, err := range articles {
		var unread *archive.ReadError
		switch {
		case ctx.Err() != nil:
			return c, ctx.Err()
		case errors.As(err, &unread):
			c.Unreadable++
			addReason(&c.Reasons, unreadRow(unread).Error.count(unread.Location))
		case err != nil:
			return c, err
		case a.Status != "":
			c.Withdrawn++
		default:
			c.add(a, each)
		}
		if limit > 0 && c.rows() >= limit {
			break
		}
	}
	return c, nil
}

func (c *Content) add(a *archive.Entry, each func(text string)) {
	if reason, message := cleantext.Of(a).Refusal(); reason != "" {
		c.Refused++
		addReason(&c.Reasons, (&RowError{Reason: reason, Message: message}).count(a.Location))
		return
	}
	text := cmp.Or(a.Text, a.HTML)
	c.Articles++
	c.Bytes += int64(len(text))
	each(text)
}

func (c *Content) rows() int64 { return c.Articles + c.Withdrawn + c.Failing() }

// Failing returns the number of rows of status "error" that a run would write.
func (c *Content) Failing() int64 { return c.Unreadable + c.Refused }

// WriteTable writes a count a line behind its name and a tab.
func (c *Content) WriteTable(table io.Writer) {
	fmt.Fprintf(table, "articles\t%d\n", c.Articles)
	fmt.Fprintf(table, "cannot be read\t%d\n", c.Unreadable)
	if c.Refused > 0 {
		fmt.Fprintf(table, "would be refused\t%d\n", c.Refused)
	}
	if c.Withdrawn > 0 {
		fmt.Fprintf(table, "withdrawn\t%d\n", c.Withdrawn)
	}
	fmt.Fprintf(table, "bytes of text\t%d\n", c.Bytes)
}
