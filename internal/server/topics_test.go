package server

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func manyTopics(n int) (topics []summarizer.Topic) {
	for i := range n {
		topics = append(topics, summarizer.Topic{
			ID: fmt.Sprint("topic-", i), DisplayName: fmt.Sprint("Topic ", i), Group: "g", Definition: "d",
			IPTCCode: "medtop:1", IPTCRelation: "narrower",
		})
	}
	return topics
}

func TestListTopicsPages(t *testing.T) {
	for _, test := range []struct {
		topics int
		size   int32
		pages  []int
	}{
		{0, 0, []int{0}},
		{50, 0, []int{50}},
		{51, 0, []int{50, 1}},
		{7, 3, []int{3, 3, 1}},
		{6, 3, []int{3, 3}},
		{251, 1000, []int{250, 1}},
	} {
		h := NewHandler(&fakeService{topics: manyTopics(test.topics)}, Options{})
		request := &summarizerv1.ListTopicsRequest{PageSize: test.size}
		var pages []int
		seen := 0
		for {
			page, err := h.ListTopics(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if page.GetTaxonomyVersion() != "t1" {
				t.Errorf("version %q", page.GetTaxonomyVersion())
			}
			for _, topic := range page.GetTopics() {
				if want := fmt.Sprint("topic-", seen); topic.GetTopicId() != want {
					t.Errorf("topic %s, want %s", topic.GetTopicId(), want)
				}
				seen++
			}
			pages = append(pages, len(page.GetTopics()))
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				break
			}
		}
		if diff := cmp.Diff(test.pages, pages); diff != "" {
			t.Errorf("%d topics by %d (-want +got):\n%s", test.topics, test.size, diff)
		}
	}
}

func TestListTopicsInLanguage(t *testing.T) {
	h := NewHandler(&fakeService{topics: manyTopics(1)}, Options{})
	page, err := h.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{DisplayLanguage: "fr"})
	if err != nil || page.GetTopics()[0].GetDisplayName() != "Topic 0fr" {
		t.Errorf("topics %v, %v", page.GetTopics(), err)
	}
}

func TestTopicConversion(t *testing.T) {
	want := &summarizerv1.TaxonomyTopic{
		TopicId: "topic-0", DisplayName: "Topic 0", Group: "g", Definition: "d", IptcCode: "medtop:1",
		IptcRelation: summarizerv1.IptcRelation_IPTC_RELATION_NARROWER,
	}
	if diff := cmp.Diff(want, TopicProtos(manyTopics(1))[0], protocmpOption); diff != "" {
		t.Errorf("topic (-want +got):\n%s", diff)
	}
}

func TestListTopicsFaults(t *testing.T) {
	h := NewHandler(&fakeService{topics: manyTopics(9)}, Options{})
	tokens := newPageTokens("t1")
	good := tokens.seal("topics/", 3)
	for name, test := range map[string]struct {
		request *summarizerv1.ListTopicsRequest
		field   string
	}{
		"negative size":           {&summarizerv1.ListTopicsRequest{PageSize: -1}, "page_size"},
		"foreign token":           {&summarizerv1.ListTopicsRequest{PageToken: "next!"}, "page_token"},
		"cut token":               {&summarizerv1.ListTopicsRequest{PageToken: good[:len(good)-2]}, "page_token"},
		"version only":            {&summarizerv1.ListTopicsRequest{PageToken: "AQ"}, "page_token"},
		"another version":         {&summarizerv1.ListTopicsRequest{PageToken: "B" + good[1:]}, "page_token"},
		"another taxonomy":        {&summarizerv1.ListTopicsRequest{PageToken: newPageTokens("t0").seal("topics/", 3)}, "page_token"},
		"another language":        {&summarizerv1.ListTopicsRequest{PageToken: good, DisplayLanguage: "fr"}, "page_token"},
		"beyond the end":          {&summarizerv1.ListTopicsRequest{PageToken: tokens.seal("topics/", 10)}, "page_token"},
		"beyond all ends":         {&summarizerv1.ListTopicsRequest{PageToken: tokens.seal("topics/", -3)}, "page_token"},
		"token that is not UTF-8": {&summarizerv1.ListTopicsRequest{PageToken: "\xff"}, "page_token"},
		"language":                {&summarizerv1.ListTopicsRequest{DisplayLanguage: "english"}, "display_language"},
	} {
		_, err := h.ListTopics(t.Context(), test.request)
		violations := detail[*errdetails.BadRequest](t, err).GetFieldViolations()
		if status.Code(err) != codes.InvalidArgument || len(violations) != 1 || violations[0].GetField() != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A token tells nothing of the page, and is never made twice; any server of the same
// taxonomy reads it.
func TestPageTokensAreOpaque(t *testing.T) {
	one, two := newPageTokens("t1").seal("topics/", 50), newPageTokens("t1").seal("topics/", 50)
	if one == two {
		t.Errorf("two tokens of one page are the same: %s", one)
	}
	for _, token := range []string{one, two} {
		if begin, ok := newPageTokens("t1").open("topics/", token); begin != 50 || !ok {
			t.Errorf("%s is of page %d, %v", token, begin, ok)
		}
	}
}

func FuzzPageToken(f *testing.F) {
	tokens := newPageTokens("t1")
	f.Add(tokens.seal("topics/", 3))
	f.Add("AQ")
	f.Add("\n") // which the decoder passes over
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if begin, ok := tokens.open("topics/", token); ok && begin != 0 && begin != 3 {
			t.Errorf("%q is taken for a token of page %d", token, begin)
		}
	})
}
