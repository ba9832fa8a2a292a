package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// Results as items of News in JSON (IPTC ninjs 3.1), one a line. An item that came in keeps
// its members and gains an abstract among its descriptions and topics among its subjects.
// Items of ninjs 1 and 2 are brought to the names of 3.1; members that 3.1 has no place for
// are left out of them.

// exportNinjs writes an item for each article that was answered or withdrawn, and for each
// item that came in.
func exportNinjs(in io.Reader, out io.Writer) error {
	return eachOutputRow(in, func(row *OutputRow) error {
		item, err := ninjsOf(row)
		if err != nil || item == nil {
			return err
		}
		line, err := marshalPlain(item)
		if err != nil {
			return err
		}
		_, err = out.Write(append(line, '\n'))
		return err
	})
}

// marshalPlain encodes a value as JSON on one line, without the escapes that pages need.
func marshalPlain(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// newsObject is an object of ninjs. Numbers keep their digits.
type newsObject = map[string]any

// ninjsOf returns the item of a row; nil where there is no article.
func ninjsOf(row *OutputRow) (newsObject, error) {
	var item newsObject
	switch {
	case len(row.Item) > 0:
		decoder := json.NewDecoder(bytes.NewReader(row.Item))
		decoder.UseNumber()
		if err := decoder.Decode(&item); err != nil {
			return nil, err
		}
		item = upgradeNinjs(item)
	case row.Status == StatusError:
		return nil, nil
	default:
		item = newNinjs(row)
	}
	if row.Result == nil {
		return item, nil
	}
	var response summarizerv1.AnalyzeArticleResponse
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(row.Result, &response); err != nil {
		return nil, err
	}
	if text := response.GetSummary().GetText(); text != "" {
		item["descriptions"] = append(listOf(item["descriptions"]), newsObject{"role": "abstract", "contentType": "text/plain", "value": text})
	}
	subjects := listOf(item["subjects"])
	for _, topic := range response.GetClassification().GetTopics() {
		if subject := subjectOf(topic); !slices.ContainsFunc(subjects, func(one any) bool { return isSameSubject(one, subject) }) {
			subjects = append(subjects, subject)
		}
	}
	if len(subjects) > 0 {
		item["subjects"] = subjects
	}
	return item, nil
}

// newNinjs begins the item of an article that was none.
func newNinjs(row *OutputRow) newsObject {
	item := newsObject{
		"uri":      uriOf(row),
		"type":     "text",
		"standard": newsObject{"name": "ninjs", "version": "3.1", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"},
	}
	for name, value := range map[string]string{"language": row.Language, "firstCreated": row.Published} {
		if value != "" {
			item[name] = value
		}
	}
	if row.Title != "" {
		item["headlines"] = []any{newsObject{"value": row.Title}}
	}
	if story := row.Story; story != nil {
		if story.Version > 0 {
			item["version"] = fmt.Sprint(story.Version)
		}
		if story.Modified != "" {
			item["versionCreated"] = story.Modified
		}
		if story.Status != "" {
			item["pubStatus"] = story.Status
		}
	}
	return item
}

// uriOf returns the identifier of an article: its id where that is a URI, else its address,
// else a name made of its place.
func uriOf(row *OutputRow) string {
	for _, uri := range []string{row.ID, row.URL} {
		if isURI(uri) {
			return uri
		}
	}
	return "urn:x-summarizer:" + row.Source.ID()
}

func isURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && u.Opaque+u.Host+u.Path != "" && !strings.ContainsAny(text, " \"<>\\^`{|}") &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// mediaTopics is the address of the IPTC Media Topics, before the number of one.
const mediaTopics = "http://cv.iptc.org/newscodes/mediatopic/"

// subjectOf returns the subject of a topic: with the code of its Media Topic, else its id.
func subjectOf(topic *summarizerv1.TopicLabel) newsObject {
	subject := newsObject{
		"name":       topic.GetDisplayName(),
		"rel":        "about",
		"creator":    "summarizer",
		"literal":    topic.GetTopicId(),
		"confidence": min(max(int(math.Round(100*topic.GetConfidence())), 0), 100),
	}
	if number, ok := strings.CutPrefix(topic.GetIptcCode(), "medtop:"); ok {
		subject["literal"] = topic.GetIptcCode()
		subject["uri"] = mediaTopics + number
	}
	return subject
}

// isSameSubject reports whether a subject of an item stands for a topic.
func isSameSubject(one any, topic newsObject) bool {
	subject, _ := one.(newsObject)
	return subject["uri"] != nil && subject["uri"] == topic["uri"] || subject["literal"] != nil && subject["literal"] == topic["literal"]
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

// ninjsNames are the names of 3.1 that are not in small letters, by the names of 2, which are.
var ninjsNames = func() map[string]string {
	names := map[string]string{"embargoed": "embargoedUntil"}
	for _, name := range strings.Fields(`altIds aspectRatio charCount contactInfo contentCreated contentType copyrightHolder copyrightNotice
		digitalSourceType edNote encodedRights firstCreated frameRate geoJSON infoSources langId linkedRights pubStatus representationType
		rightsInfo scanType sizeInBytes symbolType trustIndicators usageTerms versionCreated videoCodec wordCount`) {
		names[strings.ToLower(name)] = name
	}
	return names
}()

// upgradeNinjs brings an item of ninjs 1 or 2 to the names of 3.1. One of 3 stays as it is.
func upgradeNinjs(item newsObject) newsObject {
	version := 3
	for name := range item {
		switch {
		case strings.HasPrefix(name, "body_"), strings.HasPrefix(name, "headline"), strings.HasPrefix(name, "description_"), oldLists[name] != "", oldMembers[name]:
			if name != "headlines" {
				version = 1
			}
		case ninjsNames[name] != "":
			version = min(version, 2)
		}
	}
	switch {
	case version == 3:
		return item
	case version == 1:
		item = upgradeNinjs1(item)
	}
	item = renameMembers(item).(newsObject)
	if standard, ok := item["standard"].(newsObject); ok {
		standard["name"], standard["version"], standard["schema"] = "ninjs", "3.1", "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
	}
	return item
}

// renameMembers renames the members of all objects in a value of ninjs 2.
func renameMembers(value any) any {
	switch value := value.(type) {
	case newsObject:
		renamed := make(newsObject, len(value))
		for name, member := range value {
			if to, ok := ninjsNames[name]; ok {
				name = to
			}
			renamed[name] = renameMembers(member)
		}
		return renamed
	case []any:
		for i := range value {
			value[i] = renameMembers(value[i])
		}
	}
	return value
}

// The members of ninjs 1 that 2 and 3 have under another name, or in another form.
var (
	oldLists = map[string]string{
		"subject": "subjects", "person": "people", "organisation": "organisations", "place": "places", "event": "events",
		"object": "objects", "infosource": "infosources", "genre": "genres", "trustindicator": "trustindicators",
	}
	oldMembers = map[string]bool{"byline": true, "$standard": true, "mimetype": true, "charcount": true, "wordcount": true, "priority": true, "guid": true}
)

// sameMembers are the members of ninjs 1 that 2 has as they are.
var sameMembers = strings.Fields(`uri type representationtype profile version firstcreated versioncreated contentcreated embargoed
	pubstatus urgency copyrightholder copyrightnotice usageterms ednote language title slugline located expires`)

// oldTexts are the lists of ninjs 2 for the members of ninjs 1 whose names may end in a form,
// such as "body_html".
var oldTexts = map[string]string{"body": "bodies", "headline": "headlines", "description": "descriptions"}

// upgradeText returns a text of a form as ninjs 2 has it.
func upgradeText(value, form string) newsObject {
	text := newsObject{"value": value}
	switch form {
	case "":
	case "text":
		text["contenttype"] = "text/plain"
	case "html", "xhtml":
		text["contenttype"] = "text/html"
	default:
		text["role"] = form
	}
	return text
}

// upgradeNinjs1 brings an item of ninjs 1 to the form of ninjs 2.
func upgradeNinjs1(item newsObject) newsObject {
	to := newsObject{"standard": newsObject{"name": "ninjs"}}
	for _, name := range sameMembers {
		if value, ok := item[name]; ok && isPlain(value) {
			to[name] = value
		}
	}
	if version, ok := to["version"].(json.Number); ok {
		to["version"] = version.String()
	}
	if byline, ok := item["byline"].(string); ok {
		to["by"] = byline
	}
	for _, name := range slices.Sorted(maps.Keys(item)) {
		base, form, _ := strings.Cut(name, "_")
		if value, ok := item[name].(string); ok && oldTexts[base] != "" {
			list := oldTexts[base]
			to[list] = append(listOf(to[list]), upgradeText(value, form))
		}
	}
	for old, list := range oldLists {
		for _, one := range listOf(item[old]) {
			concept := upgradeConcept(one)
			if list == "trustindicators" {
				concept = upgradeTrustIndicator(one, concept)
			}
			if len(concept) > 0 {
				to[list] = append(listOf(to[list]), concept)
			}
		}
	}
	return to
}

// isPlain reports whether a value is neither a list nor an object nor null.
func isPlain(value any) bool {
	switch value.(type) {
	case string, json.Number, bool:
		return true
	}
	return false
}

// upgradeConcept brings a concept of ninjs 1 to its form in 3.1: a scheme and a code make
// an address, where the scheme is one, or a literal.
func upgradeConcept(one any) newsObject {
	old, _ := one.(newsObject)
	concept := newsObject{}
	for _, name := range []string{"name", "rel"} {
		if text, ok := old[name].(string); ok {
			concept[name] = text
		}
	}
	code, _ := old["code"].(string)
	scheme, _ := old["scheme"].(string)
	switch address := strings.TrimSuffix(scheme, "/") + "/" + code; {
	case code == "":
	case scheme != "" && isURI(scheme) && isURI(address):
		concept["uri"] = address
	case scheme != "":
		concept["literal"] = scheme + ":" + code
	default:
		concept["literal"] = code
	}
	return concept
}

// upgradeTrustIndicator makes a trust indicator of one that was brought to the form of a
// concept.
func upgradeTrustIndicator(one any, concept newsObject) newsObject {
	old, _ := one.(newsObject)
	indicator := newsObject{}
	if role, ok := concept["uri"]; ok {
		indicator["role"] = role
	}
	if title, ok := old["title"].(string); ok {
		indicator["title"] = title
	}
	if href, ok := old["href"].(string); ok && isURI(href) {
		indicator["href"] = href
	}
	return indicator
}

// compactItem returns an item as it can stand in a row: on one line, in UTF-8, with no name
// twice.
func compactItem(a *archive.Entry) json.RawMessage {
	if a.Item == nil {
		return nil
	}
	var item any
	decoder := json.NewDecoder(bytes.NewReader(a.Item))
	decoder.UseNumber()
	if decoder.Decode(&item) != nil {
		return nil
	}
	compact, err := marshalPlain(item)
	if err != nil {
		return nil
	}
	return compact
}
