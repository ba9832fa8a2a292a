package archive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Items of three generations of ninjs, with the same content.
const (
	ninjs1 = `{"uri":"urn:ports:1","type":"text","version":"3","versioncreated":"2031-05-02T08:00:00+00:00","firstcreated":"2031-05-01T06:30:00Z",
		"pubstatus":"usable","language":"en","headline":"Harbour reopens","slugline":"ports",
		"body_html":"<p>The ferry sails.</p>","body_text":"The ferry sails.","subject":[{"code":"04015000","scheme":"subj","name":"transport"},{"name":"Orvale"}]}`
	ninjs2 = `{"uri":"urn:ports:1","type":"text","version":"3","versioncreated":"2031-05-02T08:00:00Z","firstcreated":"2031-05-01T06:30:00Z","pubstatus":"usable",
		"language":"en","headlines":[{"role":"short","value":"Open"},{"role":"main","value":"Harbour reopens"}],
		"bodies":[{"role":"caption","contenttype":"text/plain","value":"A ferry."},{"role":"main","contenttype":"text/plain","value":"The ferry sails."}],
		"subjects":[{"uri":"http://cv.iptc.org/newscodes/mediatopic/20000344"}]}`
	ninjs3 = `{"uri":"urn:ports:1","type":"text","version":"3","versionCreated":"2031-05-02T08:00:00Z","firstCreated":"2031-05-01T06:30:00Z","pubStatus":"usable",
		"language":"en","headlines":[{"value":"Harbour reopens"}],"bodies":[{"contentType":"text/html","value":"<p>The ferry sails.</p>"}],
		"subjects":[{"uri":"http://cv.iptc.org/newscodes/mediatopic/20000344","confidence":90},{"literal":"x-port","name":"Orvale"}]}`
)

// newsItem is a news item of NewsML-G2 with a content set.
func newsItem(version int, status, content string) string {
	return fmt.Sprintf(`<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:ports:1" version="%d" standard="NewsML-G2" xml:lang="en">
		<itemMeta><itemClass qcode="ninat:text"/><versionCreated>2031-05-02T08:00:00Z</versionCreated><firstCreated>2031-05-01T06:30:00Z</firstCreated><pubStatus qcode="stat:%s"/></itemMeta>
		<contentMeta><headline role="hld:subHeadline">Open</headline><headline role="hl:main">Harbour <b>reopens</b></headline><language tag="en"/><subject qcode="medtop:20000344"><name>transport</name></subject></contentMeta>
		<contentSet>%s</contentSet></newsItem>`, version, status, content)
}

// Items of newsrooms give the same article in every generation.
func TestNewsItems(t *testing.T) {
	xhtml := `<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body><p>The ferry sails.</p></body></html></inlineXML><inlineData contenttype="text/plain">(service line)</inlineData>`
	nitf := `<inlineXML contenttype="application/nitf+xml"><nitf><body><body.head><hedline><hl1>Harbour reopens</hl1></hedline></body.head><body.content><p>The ferry sails.</p></body.content></body></nitf></inlineXML>`
	tests := []struct {
		name, content string
		subjects      []string
	}{
		{"ninjs1.json", ninjs1, []string{"subj:04015000", "Orvale"}},
		{"ninjs2.json", ninjs2, []string{"http://cv.iptc.org/newscodes/mediatopic/20000344"}},
		{"ninjs3.json", ninjs3, []string{"http://cv.iptc.org/newscodes/mediatopic/20000344", "x-port"}},
		{"line.jsonl", strings.Join(strings.Fields(ninjs3), " "), []string{"http://cv.iptc.org/newscodes/mediatopic/20000344", "x-port"}},
		{"array.json", "[" + ninjs2 + "]", []string{"http://cv.iptc.org/newscodes/mediatopic/20000344"}},
		{"xhtml.xml", newsItem(3, "usable", xhtml), []string{"medtop:20000344"}},
		{"nitf.xml", newsItem(3, "usable", nitf), []string{"medtop:20000344"}},
		{"plain.xml", newsItem(3, "usable", `<inlineData contenttype="text/plain">The ferry sails.</inlineData>`), []string{"medtop:20000344"}},
		{"escaped.xml", newsItem(3, "usable", `<inlineData contenttype="text/plain">&lt;p>The ferry sails.&lt;/p></inlineData>`), []string{"medtop:20000344"}},
		{"message.xml", `<?xml version="1.0"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header><sent>2031-05-02T08:00:00Z</sent></header><itemSet>` + newsItem(3, "usable", xhtml) + `</itemSet></newsMessage>`, []string{"medtop:20000344"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := outcomes(t, []string{put(t, t.TempDir(), tt.name, []byte(tt.content))}, Options{})
			if len(got) != 1 || got[0].Article == nil {
				t.Fatalf("%v", got)
			}
			a := got[0].Article
			if body := anyTag.ReplaceAllString(a.Text+a.HTML, ""); body != "The ferry sails." && (a.Text == "" || a.HTML == "") {
				t.Errorf("text %q, page %q", a.Text, a.HTML)
			}
			a.Text, a.HTML = "", ""
			want := &Entry{
				ID: "urn:ports:1", Title: "Harbour reopens", Language: "en", Published: time.Date(2031, 5, 1, 6, 30, 0, 0, time.UTC),
				Story: "urn:ports:1", Version: Version{3, time.Date(2031, 5, 2, 8, 0, 0, 0, time.UTC)}, Subjects: tt.subjects, Location: a.Location,
			}
			if diff := cmp.Diff(want, a, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Withdrawn items are marked, whatever is left of their text, and what is no text is passed
// over.
func TestItemsThatAreNoArticles(t *testing.T) {
	skipped := map[Skip]int{}
	options := Options{Skipped: func(_ Location, what Skip) { skipped[what]++ }}
	for name, want := range map[string]string{
		`{"uri":"urn:1","version":"2","pubstatus":"canceled"}`:                                       "canceled",
		`{"uri":"urn:1","pubStatus":"withheld","bodies":[{"value":"A story."}]}`:                     "withheld",
		`{"uri":"urn:1","type":"picture","headline":"A ferry","body_text":"A caption."}`:             "",
		`{"uri":"urn:1","type":"composite","headline":"Ports","associations":{}}`:                    "",
		`{"uri":"urn:1","type":"text","headline":"Ports"}`:                                           "ROW_INVALID: no body",
		`{"uri":"urn:1","headline":"Ports","description_text":"Short."}`:                             "standfirst",
		`{"uri":"urn:1","description_html":"<p>Short.</p>"}`:                                         "standfirst",
		`{"uri":"urn:1","type":"graphic"}`:                                                           "",
		`{"uri":"https://news.example/1","headlines":[{"value":"P"}]}`:                               "ROW_INVALID: no body",
		newsItem(4, "canceled", ""):                                                                  "canceled",
		strings.Replace(newsItem(4, "usable", "<remoteContent/>"), "ninat:text", "ninat:picture", 1): "",
		newsItem(4, "usable", ""):                                                                    "ROW_INVALID: no body",
		`<newsMessage><itemSet><packageItem guid="x"/><conceptItem/></itemSet></newsMessage>`:        "",
		`<newsMessage><itemSet>` + newsItem(1, "usable", "")[:80]:                                    "INPUT_UNREADABLE: cannot be read any further: it breaks off",
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), "item", []byte(name))}, options)
		is := ""
		if len(got) > 0 {
			is = got[0].String()
			if a := got[0].Article; a != nil {
				if is = a.Status; a.StandfirstOnly {
					is = "standfirst"
				}
			}
		}
		if is != want || len(got) > 1 {
			t.Errorf("%s\n%q; want %q", name, is, want)
		}
	}
	if skipped[SkipNewsItem] != 6 {
		t.Errorf("%v", skipped)
	}
}

func TestVersions(t *testing.T) {
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	for _, tt := range []struct {
		a, b Version
		want int
	}{
		{Version{1, late}, Version{2, early}, -1},
		{Version{2, early}, Version{2, late}, -1},
		{Version{0, late}, Version{2, early}, 1},
		{Version{3, early}, Version{3, early}, 0},
	} {
		if tt.a.Compare(tt.b) != tt.want || tt.b.Compare(tt.a) != -tt.want {
			t.Errorf("%v and %v", tt.a, tt.b)
		}
	}
}

// A story of a feed is the same in all files of that feed.
func TestStoriesOfFeeds(t *testing.T) {
	feed := func(link, guid string) string {
		return `<rss version="2.0"><channel>` + link + `<item><guid>` + guid + `</guid><description>A story.</description><pubDate>Thu, 01 May 2031 06:30:00 GMT</pubDate></item></channel></rss>`
	}
	story := func(content string) string {
		got := outcomes(t, []string{put(t, t.TempDir(), "x.rss", []byte(content))}, Options{})
		if len(got) != 1 || got[0].Article == nil || got[0].Article.Version.Modified.IsZero() {
			t.Fatalf("%v", got)
		}
		return got[0].Article.Story
	}
	one, two := "<link>https://one.example</link>", "<link>https://two.example</link>"
	first, again := story(feed(one, "7")), story(feed(one, "7"))
	switch {
	case first != again, first == story(feed(two, "7")):
		t.Error("a number is one story in a feed and others in others")
	case story(feed(one, "https://one.example/7")) != story(feed(two, "https://one.example/7")):
		t.Error("an address is one story in all feeds")
	case story(feed("", "7")) != "":
		t.Error("a number in a feed without a name is a story")
	case story(feed(one, "post:7")) == story(feed(two, "post:7")):
		t.Error("a name of a feed's own is one story in all feeds")
	case story(feed(one, "tag:one.example,2031:7")) != story(feed(two, "tag:one.example,2031:7")):
		t.Error("a tag is one story in all feeds")
	}
}

// Some feeds give all their articles one id. They are articles of their own, if their
// addresses differ; an item that comes again under its address is a version.
func TestFeedsOfOneID(t *testing.T) {
	item := func(link string) string {
		return "<item><guid>https://one.example</guid><link>https://one.example/" + link + "</link><description>A story.</description></item>"
	}
	stories := func(items ...string) (all []string) {
		content := "<rss><channel><title>T</title>" + strings.Join(items, "") + "</channel></rss>"
		for _, o := range outcomes(t, []string{put(t, t.TempDir(), "x.rss", []byte(content))}, Options{}) {
			all = append(all, o.Article.Story)
		}
		return all
	}
	got := stories(item("a"), item("b"), item("a"))
	if len(got) != 3 || got[0] == got[1] || got[0] != got[2] {
		t.Errorf("%q", got)
	}
	if got := stories(item("a"), item("a")); got[0] != "https://one.example" || got[1] != got[0] {
		t.Errorf("%q", got)
	}
}

// An item of ninjs whose encoding is a guess says so, as any other row does.
func TestGuessedNinjs(t *testing.T) {
	content := strings.Replace(strings.Join(strings.Fields(ninjs1), " "), "The ferry sails.", "F\xe4hren f\xfcr die K\xfcste: der Kapit\xe4n l\xe4sst gr\xfc\xdfen.", 2)
	got := outcomes(t, []string{put(t, t.TempDir(), "items.jsonl", []byte(content+"\n"))}, Options{})
	if len(got) != 1 || got[0].Article == nil || got[0].Article.GuessedEncoding == "" || !strings.Contains(got[0].Article.Text+got[0].Article.HTML, "Fähren für die Küste") {
		t.Errorf("%+v", got)
	}
}
