package batch

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// ninjsSchema is that of 3.1, with the formats of dates and addresses checked.
func ninjsSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/ninjs/ninjs-schema_3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("ninjs.json", document); err != nil {
		t.Fatal(err)
	}
	// Geometries are not ours to check.
	if err := compiler.AddResource("https://geojson.org/schema/GeoJSON.json", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("ninjs.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// answer is what an engine says of an article.
func answer() *summarizerv1.AnalyzeArticleResponse {
	return &summarizerv1.AnalyzeArticleResponse{
		LanguageCode: "en",
		Summary:      &summarizerv1.Summary{Text: "The ferry \"Ost\" sails & rests."},
		Classification: &summarizerv1.Classification{Topics: []*summarizerv1.TopicLabel{
			{TopicId: "transport", DisplayName: "Transport", Confidence: 0.876, IptcCode: "medtop:20000337"},
			{TopicId: "of-ours", DisplayName: "Of ours", Confidence: 1},
		}},
	}
}

// asNinjs exports the rows of articles with that answer, and returns the items, each valid.
func asNinjs(t *testing.T, articles ...*archive.Entry) (items []map[string]any) {
	t.Helper()
	var rows []byte
	for _, a := range articles {
		row, err := resultRow(a, answer())
		if a.Status != "" {
			row = withdrawnRow(a)
		}
		if err != nil {
			t.Fatal(err)
		}
		line, err := encodeRow(row)
		if err != nil {
			t.Fatal(err)
		}
		var decoder headerDecoder
		if header := decoder.header(line); header.status != row.Status {
			t.Errorf("a resumed run does not know the row %s", line)
		}
		rows = append(rows, line...)
	}
	unread, err := encodeRow(unreadRow(&archive.ReadError{Reason: archive.RowInvalid, Message: "m"}))
	if err != nil {
		t.Fatal(err)
	}
	dir, schema := t.TempDir(), ninjsSchema(t)
	if err := os.WriteFile(filepath.Join(dir, "rows"), append(rows, unread...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Export(filepath.Join(dir, "rows"), filepath.Join(dir, "out"), FormNinjs); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		item, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(item); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		var plain map[string]any
		if err := json.Unmarshal(line, &plain); err != nil {
			t.Fatal(err)
		}
		items = append(items, plain)
	}
	if len(items) != len(articles) {
		t.Fatalf("%d items of %d articles", len(items), len(articles))
	}
	return items
}

func itemEntry(item string) *archive.Entry {
	return &archive.Entry{ID: "urn:ports:1", Story: "urn:ports:1", Text: "x", Item: []byte(item)}
}

const (
	wantedAbstract = `{"role":"abstract","contentType":"text/plain","value":"The ferry \"Ost\" sails & rests."}`
	wantedSubjects = `{"name":"Transport","rel":"about","creator":"summarizer","literal":"medtop:20000337","uri":"http://cv.iptc.org/newscodes/mediatopic/20000337","confidence":88},
		{"name":"Of ours","rel":"about","creator":"summarizer","literal":"of-ours","confidence":100}`
)

func TestNinjsOfOtherFormats(t *testing.T) {
	published := time.Date(2031, 5, 1, 6, 30, 0, 0, time.FixedZone("", 7200))
	items := asNinjs(t,
		&archive.Entry{ID: "7", Title: "Harbour <reopens>", URL: "https://news.example/7", Published: published, Text: "x", Language: "en-GB"},
		&archive.Entry{ID: "a b", URL: "not an address", Text: "x", Location: archive.Location{Path: "in", Line: 1}},
		&archive.Entry{ID: "urn:ports:2", Story: "urn:ports:2", Version: archive.Version{Number: 4, Modified: published}, Status: archive.StatusCanceled},
	)
	want := decodeItems(t, `{"uri":"https://news.example/7","type":"text","language":"en-GB","firstCreated":"2031-05-01T06:30:00+02:00","headlines":[{"value":"Harbour <reopens>"}],
		"standard":{"name":"ninjs","version":"3.1","schema":"http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"},"descriptions":[`+wantedAbstract+`],"subjects":[`+wantedSubjects+`]}
		{"uri":"urn:x-summarizer:`+archive.Location{Path: "in", Line: 1}.ID()+`","type":"text","language":"en","standard":{"name":"ninjs","version":"3.1","schema":"http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"},
		"descriptions":[`+wantedAbstract+`],"subjects":[`+wantedSubjects+`]}
		{"uri":"urn:ports:2","type":"text","version":"4","versionCreated":"2031-05-01T06:30:00+02:00","pubStatus":"canceled","standard":{"name":"ninjs","version":"3.1","schema":"http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"}}`)
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func decodeItems(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	for decoder.More() {
		var item map[string]any
		if err := decoder.Decode(&item); err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}

// What an item of ninjs 3 holds passes through as it is.
func TestNinjsPassesThrough(t *testing.T) {
	const item = `{
		"uri":"urn:ports:1","type":"text","version":"3","versionCreated":"2031-05-02T08:00:00Z","urgency":4,"charset \u00e9":null,
		"bodies":[{"role":"main","contentType":"text/html","value":"<p>The ferry & more.</p>","charCount":24}],
		"descriptions":[{"role":"caption","value":"A ferry."}],
		"subjects":[{"uri":"http://cv.iptc.org/newscodes/mediatopic/20000337","confidence":12},{"name":"Orvale"}],
		"places":[{"name":"Orvale","geoJSON":{"type":"Point","coordinates":[12.340000,-0.1e3]}}],
		"associations":[{"name":"picture","uri":"urn:ports:2","type":"picture","renditions":[{"name":"web","href":"https://news.example/x.jpg","width":640}]}]}`
	got := asNinjs(t, itemEntry(strings.Replace(item, `"charset \u00e9":null,`, "", 1)))
	want := decodeItems(t, strings.Replace(item, `"charset \u00e9":null,`, "", 1))
	for name, value := range want[0] {
		if name == "descriptions" || name == "subjects" {
			continue
		}
		if diff := cmp.Diff(value, got[0][name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	abstract := decodeItems(t, wantedAbstract)[0]
	if diff := cmp.Diff(append(want[0]["descriptions"].([]any), any(abstract)), got[0]["descriptions"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A topic that the publisher names already is left as the publisher has it.
	subjects, _ := got[0]["subjects"].([]any)
	if len(subjects) != 3 || !cmp.Equal(subjects[0], want[0]["subjects"].([]any)[0]) {
		t.Errorf("subjects %v", subjects)
	}
	if strings.Count(string(compactItem(itemEntry(item))), "\n") > 0 {
		t.Error("the item of a row takes several lines")
	}
}

// Items of ninjs 1 and 2 are brought to 3.1.
func TestNinjsOfEarlierVersions(t *testing.T) {
	for _, item := range []string{
		`{"uri":"urn:ports:1","type":"text","mimetype":"text/html","version":3,"versioncreated":"2031-05-02T08:00:00Z","pubstatus":"usable","headline":"Harbour reopens","headline_main":"Open","byline":"A. Writer",
			"body_html":"<p>The ferry.</p>","body_text":"The ferry.","description_caption":"A ferry.","subject":[{"code":"04015000","scheme":"subj","name":"transport"},{"code":"9","scheme":"https://cv.example/ports"}],
			"place":[{"name":"Orvale","geometry_point":{}}],"copyrightholder":"Ports","charcount":12,"renditions":{"web":{"href":"x"}},"of_ours":[1],
			"trustindicator":[{"scheme":"http://cv.iptc.org/newscodes/trustindicator","code":"editorialPolicy","title":"Policy","href":"https://news.example/policy"}],"infosource":[7]}`,
		`{"uri":"urn:ports:1","type":"text","version":"3","versioncreated":"2031-05-02T08:00:00Z","pubstatus":"usable","copyrightholder":"Ports","headlines":[{"role":"main","value":"Harbour reopens"}],
			"bodies":[{"role":"main","contenttype":"text/html","charcount":12,"value":"<p>The ferry.</p>"}],"altids":[{"role":"x","value":"7"}],"standard":{"name":"ninjs","version":"2.1","schema":"http://www.iptc.org/std/ninjs/ninjs-schema_2.1.json#"},
			"renditions":[{"name":"web","href":"https://news.example/x.jpg","sizeinbytes":7}]}`,
	} {
		got := asNinjs(t, itemEntry(item))[0]
		if got["versionCreated"] != "2031-05-02T08:00:00Z" || got["version"] != "3" || got["copyrightHolder"] != "Ports" || got["pubStatus"] != "usable" {
			t.Errorf("%v", got)
		}
		if content, _ := json.Marshal(got); !strings.Contains(string(content), "The ferry.") || !strings.Contains(string(content), `"contentType":"text/html"`) || !strings.Contains(string(content), "Harbour reopens") || strings.Contains(string(content), `"2.1"`) {
			t.Errorf("%s", content)
		}
	}
}

func TestFormOf(t *testing.T) {
	for _, tt := range []struct{ path, name, want string }{
		{"out.jsonl", "auto", "jsonl"},
		{"out", "", "jsonl"},
		{"-", "auto", "jsonl"},
		{"out.csv", "auto", "csv"},
		{"out.PARQUET", "auto", "parquet"},
		{"out.ninjs", "auto", "ninjs"},
		{"out.jsonl", "ninjs", "ninjs"},
		{"out.json", "ninjs", "ninjs"},
		{"out", "csv", "csv"},
		{"results.2031", "auto", "jsonl"},
		{"out.xlsx", "auto", ""},
		{"out.xlsx", "csv", ""},
		{"out.csv", "parquet", ""},
		{"out.parquet", "jsonl", ""},
		{"out.jsonl.gz", "auto", ""},
		{"out.tsv", "csv", ""},
		{"out.jsonl", "csv", ""},
		{"out.ninjs", "csv", ""},
	} {
		got, err := FormOf(tt.path, tt.name)
		if string(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s as %s: %q, %v; want %q", tt.path, tt.name, got, err, tt.want)
		}
	}
}

// The counts of a run say why rows have no result, with the first of each.
func TestReasons(t *testing.T) {
	var counts Counts
	for i := range 3 {
		counts.add(finish(int64(i), unreadRow(&archive.ReadError{Location: archive.Location{Path: "in.jsonl", Line: int64(i + 3)}, Reason: archive.RowInvalid, Message: `no "body"`}), nil))
	}
	counts.add(finish(4, withdrawnRow(&archive.Entry{Story: "s", Location: archive.Location{Path: "x"}}), nil))
	var got []string
	for _, reason := range counts.Reasons {
		got = append(got, reason.String())
	}
	if diff := cmp.Diff([]string{`3 ROW_INVALID: no "body" in in.jsonl:3`, "1 ARTICLE_CANCELED: its publisher has withdrawn it in x"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
