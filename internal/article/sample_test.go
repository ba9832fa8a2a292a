package article

import (
	"html"
	"strings"
	"testing"
)

// agencyArticle is an invented article with all that an agency and its
// customers put around one.
const agencyArticle = ` date 2031-03-04 OCEANIA
Samoa, Tonga agree joint patrols as fishing dispute deepens
The accord lets the two navies pursue trawlers into each other's waters for the first time
Tonga's Fisheries Minister Sione Vea and Samoa's Police Commissioner Lia Tuala exchange signed copies of the Coastal Patrol Accord in Apia, Samoa. / Others
March 4, 2031

Samoa and Tonga on Monday signed an accord on joint sea patrols after a year in which unlicensed trawlers emptied some of their richest grounds.

The deal sets up a shared radar picture, allows hot pursuit across the sea border, and gives the U.S. Coast Guard a seat as an observer, Gen. A. B. Moala said at 3.30 p.m. in Apia.

Tonga in January promised to lend two of its five patrol boats, including No. 3, which had been laid up since Sept. 26 for want of $1.5m in repairs.

Common waters

"Signing this accord means that nobody fishes here by night without our knowing it," Vea said.

He added: "It will guide our work at sea for the next ten years. Our children will thank us."

"Who pays for the fuel?" Tuala asked reporters. "We do, all of us."

Tuala also thanked the crews (many of whom served without pay in December) for their patience with the talks.

Next steps

The first patrol leaves Apia on Friday with officers of both countries on board, and the two parliaments are to vote on the accord before the end of May.

Fishermen in the north said that they hoped for better catches, although prices for diesel had risen by 12.5% since the new year.

SOURCE:PN
`

// agencySentences are the sentences of its clean text.
var agencySentences = []struct {
	role Role
	text string
}{
	{RoleHeadline, "Samoa, Tonga agree joint patrols as fishing dispute deepens"},
	{RoleStandfirst, "The accord lets the two navies pursue trawlers into each other's waters for the first time"},
	{RoleBody, "Samoa and Tonga on Monday signed an accord on joint sea patrols after a year in which unlicensed trawlers emptied some of their richest grounds."},
	{RoleBody, "The deal sets up a shared radar picture, allows hot pursuit across the sea border, and gives the U.S. Coast Guard a seat as an observer, Gen. A. B. Moala said at 3.30 p.m. in Apia."},
	{RoleBody, "Tonga in January promised to lend two of its five patrol boats, including No. 3, which had been laid up since Sept. 26 for want of $1.5m in repairs."},
	{RoleBody, `"Signing this accord means that nobody fishes here by night without our knowing it," Vea said.`},
	{RoleBody, `He added: "It will guide our work at sea for the next ten years.`},
	{RoleBody, `Our children will thank us."`},
	{RoleBody, `"Who pays for the fuel?" Tuala asked reporters.`},
	{RoleBody, `"We do, all of us."`},
	{RoleBody, "Tuala also thanked the crews (many of whom served without pay in December) for their patience with the talks."},
	{RoleBody, "The first patrol leaves Apia on Friday with officers of both countries on board, and the two parliaments are to vote on the accord before the end of May."},
	{RoleBody, "Fishermen in the north said that they hoped for better catches, although prices for diesel had risen by 12.5% since the new year."},
}

// plainArticle returns an article of about size bytes of plain text.
func plainArticle(size int) string {
	head, body, _ := strings.Cut(agencyArticle, "\n\n")
	body, tail, _ := strings.Cut(body, "\n\nSOURCE")
	var b strings.Builder
	b.WriteString(head)
	for b.Len() < size {
		b.WriteString("\n\n" + body)
	}
	return b.String()[:size] + "\n\nSOURCE" + tail
}

// htmlArticle returns the same as a web page.
func htmlArticle(size int) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html><head><title>Patrols agreed | The Reef</title><script>let a = "<p>";</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav><main><article>`)
	for i, line := range strings.Split(plainArticle(size), "\n") {
		switch {
		case line == "":
		case i == 1:
			b.WriteString("<h1>" + html.EscapeString(line) + "</h1>\n")
		default:
			b.WriteString(`<p class="text">` + strings.Replace(html.EscapeString(line), "Apia", `<a href="/apia">Apia</a>`, 1) + "</p>\n")
		}
	}
	b.WriteString(`</article></main><footer><p>&copy; 2031 The Reef</p></footer></body></html>`)
	return b.String()
}

func BenchmarkClean(b *testing.B) {
	for _, bm := range []struct {
		name string
		src  Raw
	}{
		{"plain4KB", Raw{Text: plainArticle(4 << 10)}},
		{"html4KB", Raw{Text: htmlArticle(4 << 10), MediaType: MediaTypeHTML}},
		{"plain1MB", Raw{Text: plainArticle(1 << 20)}},
		{"html1MB", Raw{Text: htmlArticle(1 << 20), MediaType: MediaTypeHTML}},
		{"line1MB", Raw{Text: strings.ReplaceAll(plainArticle(1<<20), "\n", " ")}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.src.Text)))
			b.ReportAllocs()
			for b.Loop() {
				Clean(bm.src)
			}
		})
	}
}
