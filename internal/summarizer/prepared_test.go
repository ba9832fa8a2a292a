package summarizer

import (
	"errors"
	"strings"
	"testing"
)

// TestTextLimit sends texts whose source or clean text is longer than the limit.
func TestTextLimit(t *testing.T) {
	sentence := "The ferry between Lorn and Skerry sailed again on Friday. "
	page := "<article><p>" + sentence + "</p></article><script>" + strings.Repeat("x", MaxTextBytes) + "</script>"
	if p := (&Service{}).prepare(&Request{Article: Article{Text: page}}, nil); p.err != nil {
		t.Errorf("a page with a long script: %v", p.err)
	}
	lines := strings.Repeat("Lorn\n", 199_800)
	if p := (&Service{}).prepare(&Request{Article: Article{Text: lines}}, nil); p.err != nil {
		t.Errorf("short lines within the limit: %v", p.err)
	}
	p := (&Service{}).prepare(&Request{Article: Article{Text: strings.Repeat(sentence, MaxTextBytes/len(sentence)+1)}}, nil)
	var fault *Error
	if !errors.As(p.err, &fault) || fault.Reason != ReasonTextTooLarge || !strings.Contains(fault.Message, "the limit is 1000000") {
		t.Fatalf("a long text: %v", p.err)
	}
	if f := fault.Faults[0]; f.Limit != "1000000" || f.Value != "1000035" {
		t.Errorf("limit %q, value %q", f.Limit, f.Value)
	}
	p = (&Service{}).prepare(&Request{Article: Article{Text: lines + lines}}, nil)
	if !errors.As(p.err, &fault) || fault.Faults[0].Value != "1998000" {
		t.Errorf("short lines above the limit: %v", p.err)
	}
}
