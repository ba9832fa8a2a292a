package archive

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states of an item that its publisher does not want used.
const (
	StatusCanceled = "canceled" // withdrawn for good
	StatusWithheld = "withheld" // not to be used until further notice
)

// Version orders what a publisher has sent of one story.
type Version struct {
	Number   int64     // 0 where the publisher does not count
	Modified time.Time // zero where it is not known
}

// Compare returns -1, 0 or 1 as v is older than, as old as, or newer than other. Numbers
// count only where both have one.
func (v Version) Compare(other Version) int {
	if v.Number != other.Number && v.Number > 0 && other.Number > 0 {
		if v.Number < other.Number {
			return -1
		}
		return 1
	}
	return v.Modified.Compare(other.Modified)
}

// ninjs is an item of News in JSON (IPTC ninjs 1.0 to 3.1), whose names are in small
// letters in 1 and 2 and in camel case in 3. Members of an unexpected type are taken for
// missing.
type ninjs map[string]json.RawMessage

// parseNinjs returns the item of a row; nil if the row is none.
func parseNinjs(row []byte) ninjs {
	var members map[string]json.RawMessage
	if json.Unmarshal(row, &members) != nil {
		return nil
	}
	item := make(ninjs, len(members))
	isNews := false
	for name, value := range members {
		name = strings.ToLower(name)
		item[name] = value
		isNews = isNews || slices.Contains(ninjsMarks, name) || strings.HasPrefix(name, "body_") || strings.HasPrefix(name, "description_")
	}
	isNews = isNews || slices.Contains(ninjsTypes, item.text("type"))
	if !isNews || item.text("uri") == "" {
		return nil
	}
	return item
}

// ninjsTypes are the values of the member "type".
var ninjsTypes = []string{"text", "audio", "video", "picture", "graphic", "composite", "component", "planning", "event"}

// ninjsMarks are members of which an item has at least one, unless its type tells it.
var ninjsMarks = []string{
	"bodies", "headline", "headlines", "pubstatus", "versioncreated", "firstcreated", "renditions", "associations", "representationtype", "standard", "$standard",
	"descriptions", "eventdetails", "plannedcoverage",
}

// text returns a member that is a string.
func (n ninjs) text(name string) (value string) {
	_ = json.Unmarshal(n[name], &value)
	return value
}

// ninjsText is an element of headlines, descriptions or bodies. Its names match in any case.
type ninjsText struct{ Role, ContentType, Value string }

func (n ninjs) texts(name string) (all []ninjsText) {
	_ = json.Unmarshal(n[name], &all)
	return slices.DeleteFunc(all, func(t ninjsText) bool { return strings.TrimSpace(t.Value) == "" })
}

// number returns a version, a string or a number; 0 for one that is no whole number.
func (n ninjs) number(name string) int64 {
	number, err := strconv.ParseInt(strings.Trim(string(n[name]), `" `), 10, 64)
	if err != nil || number < 0 {
		return 0
	}
	return number
}

// date returns the first member that is a date.
func (n ninjs) date(names ...string) time.Time {
	for _, name := range names {
		if t := parseDate(n.text(name)); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// fill sets the fields of an article, and reports whether the item is one: pictures,
// events and the like are not.
func (n ninjs) fill(a *Entry) bool {
	a.ID = n.text("uri")
	a.Story = a.ID
	a.Version = Version{Number: n.number("version"), Modified: n.date("versioncreated", "contentcreated", "firstcreated")}
	a.Published = n.date("firstcreated", "contentcreated", "versioncreated")
	a.Language = n.text("language")
	if strings.HasPrefix(a.ID, "http://") || strings.HasPrefix(a.ID, "https://") {
		a.URL = a.ID
	}
	a.Status = statusOf(n.text("pubstatus"))
	a.Title = n.headline()
	a.Subjects = n.subjects()
	a.Text, a.HTML = n.body("bod")
	if a.Text+a.HTML == "" && a.Status == "" {
		if a.Text, a.HTML = n.body("description"); a.Text+a.HTML != "" {
			a.StandfirstOnly = true
		}
	}
	switch strings.ToLower(n.text("type")) {
	case "", "text":
		return true
	case "composite":
		return !a.StandfirstOnly && a.Text+a.HTML != ""
	}
	return false
}

// headline returns the main one of the headlines, else the title.
func (n ninjs) headline() string {
	all := n.texts("headlines")
	for _, one := range all {
		if strings.EqualFold(one.Role, "main") || strings.EqualFold(one.Role, "headline") {
			return one.Value
		}
	}
	if len(all) > 0 {
		return all[0].Value
	}
	for _, name := range []string{"headline", "headline_main", "headline_text", "title"} {
		if text := strings.TrimSpace(n.text(name)); text != "" {
			return text
		}
	}
	return ""
}

// body returns what the members of a kind hold, as text and as a page: kind is "bod" for
// bodies and body_…, "description" for descriptions and description_….
func (n ninjs) body(kind string) (text, page string) {
	for _, list := range []string{kind + "ies", kind + "s"} {
		for _, one := range n.texts(list) {
			if to := bodyField(one.ContentType, one.Value, &text, &page); *to == "" || strings.EqualFold(one.Role, "main") {
				*to = one.Value
			}
		}
	}
	for name := range n {
		if base, form, ok := strings.Cut(name, "_"); ok && strings.HasPrefix(base, kind) {
			value := n.text(name)
			if to := bodyField(form, value, &text, &page); *to == "" || form == "text" || form == "html" {
				*to = value
			}
		}
	}
	return text, page
}

// bodyField returns the field that a body belongs to, by its media type or form.
func bodyField(form, value string, text, page *string) *string {
	form = strings.ToLower(path.Base(form))
	switch {
	case strings.HasPrefix(form, "plain"), form == "text":
		return text
	case strings.Contains(form, "html"), strings.Contains(form, "nitf"), strings.Contains(form, "xml"):
		return page
	case strings.HasPrefix(strings.TrimSpace(value), "<"):
		return page
	}
	return text
}

// subjects returns the codes or addresses of the concepts, else their names.
func (n ninjs) subjects() (all []string) {
	for _, name := range []string{"subject", "subjects"} {
		var concepts []map[string]any
		_ = json.Unmarshal(n[name], &concepts)
		for _, concept := range concepts {
			if code := conceptCode(concept); code != "" && !slices.Contains(all, code) {
				all = append(all, code)
			}
		}
	}
	return all
}

func conceptCode(concept map[string]any) string {
	for _, name := range []string{"uri", "code", "literal", "name"} {
		value, _ := concept[name].(string)
		if scheme, _ := concept["scheme"].(string); name == "code" && value != "" && scheme != "" && !strings.Contains(value, ":") {
			value = scheme + ":" + value
		}
		if value = strings.TrimSpace(value); value != "" {
			return value
		}
	}
	return ""
}

// statusOf returns the state that a word or code stands for; empty for one that can be used.
func statusOf(status string) string {
	status = strings.ToLower(strings.TrimSpace(status[strings.LastIndexByte(status, ':')+1:]))
	switch {
	case strings.HasPrefix(status, "cancel"), status == "killed", status == "recalled":
		return StatusCanceled
	case status == StatusWithheld:
		return StatusWithheld
	}
	return ""
}

// ninjsItem yields the article of an item.
func (r *scanner) ninjsItem(location Location, row []byte, item ninjs, guessed string) bool {
	a := &Entry{Location: location, GuessedEncoding: guessed}
	isArticle := item.fill(a)
	switch {
	case a.Status != "" && isArticle: // a notice has a row whatever is left of the text
	case !isArticle:
		return r.skip(location, SkipNewsItem)
	case a.Text+a.HTML == "":
		return r.emit(nil, &ReadError{Location: location, Reason: RowInvalid, Message: "no body", ID: strings.ToValidUTF8(a.ID, "\uFFFD")})
	}
	if r.options.KeepItems {
		a.Item = bytes.Clone(row)
	}
	return r.article(a)
}
