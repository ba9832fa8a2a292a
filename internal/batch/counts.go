package batch

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// Counts says what became of the inputs so far: OK + Failed + Skipped is the
// number of rows written.
type Counts struct {
	OK, Failed, Skipped int64

	// Answers by the source of their summary; Degraded are the answers that a
	// language model should have made.
	LLM, Cache, Stale, Local int64
	Degraded                 int64
	Degradations             []ReasonCount // why, without messages

	// Verified are the summaries of which a verifier found every sentence supported,
	// Unverified the summaries that should have been verified and were not, and Dropped the
	// sentences that fell.
	Verified, Unverified, Dropped int64

	Sample Sample

	// DuplicateIDs is the number of rows whose id an earlier row of the run has, of
	// the first million ids.
	DuplicateIDs int64

	// Reasons why rows have no result, in the order of their first rows: one for each
	// message, up to maxMessages of a reason.
	Reasons []ReasonCount

	// Consumption upstream. CachedTokens is the part of InputTokens that an endpoint had
	// cached.
	InputTokens, CachedTokens, OutputTokens, CostMicroUSD int64
}

// Sample is the summaries that are verified once their rows are made, and the cost of that,
// which is in no row.
type Sample struct {
	Verified int64 // summaries with a verdict
	Refuted  int64 // of these, summaries with a sentence that is not supported
	Missed   int64 // summaries without a verdict

	InputTokens, OutputTokens, CostMicroUSD int64
}

// AddSample adds a sample and its cost.
func (c *Counts) AddSample(s Sample) {
	c.Add(Counts{Sample: s, InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, CostMicroUSD: s.CostMicroUSD})
}

// ReasonCount counts rows of one reason and message.
type ReasonCount struct {
	Reason, Message string
	Count           int64
	Place           string // of the first
}

// String returns "10 ROW_INVALID: no "text" in in.jsonl:3".
func (r ReasonCount) String() string {
	return fmt.Sprintf("%d %s: %s in %s", r.Count, r.Reason, r.Message, r.Place)
}

// maxMessages bounds the messages of a reason that are counted apart, as some hold figures and
// names of the input.
const maxMessages = 8

// addReason counts more rows of one kind, or under otherMessages if there are too many kinds.
func addReason(counts *[]ReasonCount, more ReasonCount) {
	same, last := 0, -1
	for i, r := range *counts {
		if r.Reason != more.Reason {
			continue
		}
		if r.Message == more.Message {
			(*counts)[i].Count += more.Count
			return
		}
		same, last = same+1, i
	}
	switch {
	case same < maxMessages:
		*counts = append(*counts, more)
	case same == maxMessages:
		more.Message = otherMessages
		*counts = append(*counts, more)
	default:
		(*counts)[last].Count += more.Count
	}
}

// otherMessages stands for the messages beyond the first ones.
const otherMessages = "other causes, the first"

// Add adds the counts of another run over the same archive.
func (c *Counts) Add(other Counts) {
	for _, r := range other.Reasons {
		addReason(&c.Reasons, r)
	}
	for _, r := range other.Degradations {
		addReason(&c.Degradations, r)
	}
	for _, sum := range []struct {
		to   *int64
		more int64
	}{
		{&c.OK, other.OK},
		{&c.Failed, other.Failed},
		{&c.Skipped, other.Skipped},
		{&c.LLM, other.LLM},
		{&c.Cache, other.Cache},
		{&c.Stale, other.Stale},
		{&c.Local, other.Local},
		{&c.Degraded, other.Degraded},
		{&c.Verified, other.Verified},
		{&c.Unverified, other.Unverified},
		{&c.Dropped, other.Dropped},
		{&c.Sample.Verified, other.Sample.Verified},
		{&c.Sample.Refuted, other.Sample.Refuted},
		{&c.Sample.Missed, other.Sample.Missed},
		{&c.DuplicateIDs, other.DuplicateIDs},
		{&c.InputTokens, other.InputTokens},
		{&c.CachedTokens, other.CachedTokens},
		{&c.OutputTokens, other.OutputTokens},
		{&c.CostMicroUSD, other.CostMicroUSD},
	} {
		*sum.to += sum.more
	}
}

// Rows returns the number of rows written.
func (c *Counts) Rows() int64 { return c.OK + c.Failed + c.Skipped }

// String tells what there is to tell, on one line.
func (c *Counts) String() string {
	line := fmt.Sprintf("%d ok, %d failed", c.OK, c.Failed)
	if c.Skipped > 0 {
		line += fmt.Sprintf(", %d skipped", c.Skipped)
	}
	var by []string
	for _, source := range []struct {
		count int64
		name  string
	}{{c.LLM, "LLM"}, {c.Cache, "cache"}, {c.Stale, "stale cache"}, {c.Local, "local engine"}} {
		if source.count > 0 {
			by = append(by, fmt.Sprintf("%d %s", source.count, source.name))
		}
	}
	if len(by) > 0 {
		line += "; by " + strings.Join(by, ", ")
	}
	if c.Degraded > 0 {
		line += fmt.Sprintf("; %d degraded%s", c.Degraded, c.degradations())
	}
	if c.Verified+c.Unverified > 0 {
		line += fmt.Sprintf("; %d verified (%.0f%%)", c.Verified, 100*float64(c.Verified)/float64(max(c.LLM+c.Cache+c.Stale, 1)))
	}
	if c.Unverified > 0 {
		line += fmt.Sprintf(", %d without the verification that was asked for", c.Unverified)
	}
	if s := c.Sample; s.Verified+s.Missed > 0 {
		line += fmt.Sprintf("; sample: %d verified, %d with a false sentence, %d missed", s.Verified, s.Refuted, s.Missed)
	}
	if c.Dropped > 0 {
		line += fmt.Sprintf("; %d sentences dropped", c.Dropped)
	}
	if c.DuplicateIDs > 0 {
		line += fmt.Sprintf("; %d with a duplicate id", c.DuplicateIDs)
	}
	if c.InputTokens+c.OutputTokens > 0 {
		line += fmt.Sprintf("; %d tokens in", c.InputTokens)
		if c.CachedTokens > 0 {
			line += fmt.Sprintf(" (%d cached)", c.CachedTokens)
		}
		line += fmt.Sprintf(", %d out", c.OutputTokens)
	}
	if c.CostMicroUSD > 0 {
		line += fmt.Sprintf("; $%.4f", float64(c.CostMicroUSD)/1e6)
	}
	return line
}

// degradations lists why answers are degraded: " (10 LLM_TIMEOUT, 2 LLM_REFUSED)".
func (c *Counts) degradations() string {
	var by []string
	for _, r := range c.Degradations {
		by = append(by, fmt.Sprintf("%d %s", r.Count, r.Reason))
	}
	if len(by) == 0 {
		return ""
	}
	return " (" + strings.Join(by, ", ") + ")"
}

// WriteTable writes what there is to tell, a count a line behind its name and a tab.
func (c *Counts) WriteTable(table io.Writer) {
	for i, row := range []struct {
		name  string
		count int64
	}{
		{"rows", c.Rows()},
		{"ok", c.OK},
		{"failed", c.Failed},
		{"skipped", c.Skipped},
		{"by LLM", c.LLM},
		{"by cache", c.Cache},
		{"by stale cache", c.Stale},
		{"by local engine", c.Local},
		{"degraded", c.Degraded},
		{"verified", c.Verified},
		{"not verified as they should be", c.Unverified},
		{"verified as a sample", c.Sample.Verified},
		{"of them with a false sentence", c.Sample.Refuted},
		{"missed in the sample", c.Sample.Missed},
		{"sentences dropped", c.Dropped},
		{"with a duplicate id", c.DuplicateIDs},
		{"tokens in", c.InputTokens},
		{"of them cached", c.CachedTokens},
		{"tokens out", c.OutputTokens},
	} {
		if i < 3 || row.count > 0 { // the first three are always of interest
			fmt.Fprintf(table, "%s\t%d\n", row.name, row.count)
		}
		if row.name == "degraded" {
			for _, r := range c.Degradations {
				fmt.Fprintf(table, "of them %s\t%d\n", r.Reason, r.Count)
			}
		}
	}
	if c.CostMicroUSD > 0 {
		fmt.Fprintf(table, "cost\t$%.4f\n", float64(c.CostMicroUSD)/1e6)
	}
}

// count returns the count of one row with e.
func (e *RowError) count(place archive.Location) ReasonCount {
	return ReasonCount{Reason: cmp.Or(e.Reason, e.Code), Message: e.Message, Count: 1, Place: fmt.Sprint(place)}
}

// Degradation returns why the language model did not make an answer that it should have made;
// empty where it did, or where the server does not say.
func Degradation(answer *summarizerv1.AnalyzeArticleResponse) string {
	return cmp.Or(answer.GetSummary().GetProvenance().GetFallbackReason(), answer.GetClassification().GetProvenance().GetFallbackReason())
}

func (c *Counts) add(o finishedRow) {
	switch o.status {
	case StatusOK:
		c.OK++
	case StatusSkipped:
		c.Skipped++
	default:
		c.Failed++
	}
	if o.failure != nil {
		addReason(&c.Reasons, o.failure.count(o.source))
	}
	if o.response != nil {
		c.addAnswer(o.response)
	}
}

// addAnswer counts the source, the warnings and the usage of an answer.
func (c *Counts) addAnswer(answer *summarizerv1.AnalyzeArticleResponse) {
	provenance := answer.GetSummary().GetProvenance()
	switch provenance.GetSource() {
	case summarizerv1.Provenance_SOURCE_LLM:
		c.LLM++
	case summarizerv1.Provenance_SOURCE_CACHE:
		c.Cache++
	case summarizerv1.Provenance_SOURCE_STALE_CACHE:
		c.Stale++
	case summarizerv1.Provenance_SOURCE_LOCAL:
		c.Local++
	case summarizerv1.Provenance_SOURCE_UNSPECIFIED:
	}
	if isDegraded(answer) {
		c.Degraded++
		if why := Degradation(answer); why != "" {
			addReason(&c.Degradations, ReasonCount{Reason: why, Count: 1})
		}
	}
	if provenance.GetVerified() {
		c.Verified++
	}
	for _, w := range answer.GetWarnings() {
		switch w.GetReason() {
		case "VERIFICATION_SKIPPED":
			c.Unverified++
		case "SENTENCES_DROPPED":
			n, _ := strconv.ParseInt(w.GetMetadata()["dropped"], 10, 64)
			c.Dropped += n
		}
	}
	usage := answer.GetUsage()
	c.InputTokens += int64(usage.GetInputTokens())
	c.CachedTokens += int64(usage.GetCachedInputTokens())
	c.OutputTokens += int64(usage.GetOutputTokens())
	c.CostMicroUSD += usage.GetCostMicroUsd()
}
