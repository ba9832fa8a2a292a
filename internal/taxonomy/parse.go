package taxonomy

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxNesting is far above what a taxonomy needs (topic, phrases, phrase) and
// far below what would make the YAML parser slow.
const maxNesting = 32

// relations are the terms of SKOS that an IPTC mapping may have.
var relations = []string{"exact", "broader", "narrower", "related"}

// Load reads the taxonomy file at path and the files beside it that hold its topics in
// other languages: beside topics.yaml, topics.fr.yaml those in French. It reads each with
// read. Its errors are one line each, those about the content with path and line.
func Load(path string, read func(path string) ([]byte, error)) (*Taxonomy, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	t, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	if err := t.loadTranslations(path, read); err != nil {
		return nil, err
	}
	return t, nil
}

// Parse reads a taxonomy in one language from data; name stands for the file in
// errors. It returns the first fault that it finds, as one line.
func Parse(name string, data []byte) (*Taxonomy, error) {
	topics, err := parseTopics(name, data, topicOf)
	if err != nil {
		return nil, err
	}
	return newTaxonomy(topics), nil
}

// parseTopics reads the topics of a file, each with read.
func parseTopics(name string, data []byte, read topicReader) ([]Topic, error) {
	if len(data) > MaxFileBytes {
		return nil, fmt.Errorf("%s: the file is larger than %d bytes; shorten the definitions or the phrases", name, MaxFileBytes)
	}
	if line := invalidUTF8Line(data); line > 0 {
		return nil, fmt.Errorf("%s:%d: the text is not valid UTF-8; save the file as UTF-8", name, line)
	}
	root, err := parseTree(data)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	topics, err := topicsOf(root, read)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return topics, nil
}

// A fault is an error at a line.
type fault struct {
	line    int
	message string
}

func (f *fault) Error() string { return fmt.Sprintf("%d: %s", f.line, f.message) }

func faultAt(n ast.Node, format string, args ...any) error {
	line := 1
	if t := n.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	return &fault{line, fmt.Sprintf(format, args...)}
}

// invalidUTF8Line returns the line of the first byte that is not UTF-8, and 0
// when there is none.
func invalidUTF8Line(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return 0
}

// parseTree parses data as one YAML document.
func parseTree(data []byte) (ast.Node, error) {
	if line := deepLine(data); line > 0 {
		return nil, &fault{line, "the YAML is nested too deeply; a taxonomy is a list of topics under \"topics:\""}
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			message := "the YAML is broken: " + oneLine(syntax.Message)
			if strings.Contains(syntax.Message, "tab character") || strings.Contains(syntax.Message, "'\t'") {
				message = "a tab stands where YAML takes only spaces: write spaces"
			}
			return nil, &fault{syntax.Token.Position.Line, message}
		}
		return nil, &fault{1, "the YAML is broken: " + oneLine(err.Error())}
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch {
	case len(docs) == 0:
		return nil, &fault{1, "the file is empty; write a list of topics under \"topics:\""}
	case len(docs) > 1:
		return nil, faultAt(docs[1].Body, "a taxonomy is one YAML document; remove the \"---\" above this line")
	}
	return docs[0].Body, nil
}

// deepLine returns the line at which brackets or block indents nest deeper than
// maxNesting, and 0 when none does. It reads no quotes, so that a bracket in a
// quoted string counts too: a taxonomy has no use for 32 brackets on a line.
func deepLine(data []byte) int {
	line, depth, indicators := 1, 0, 0
	lead := true
	for i, c := range data {
		switch c {
		case '\n':
			line, depth, indicators, lead = line+1, 0, 0, true
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '-', '?':
			if lead && i+1 < len(data) && (data[i+1] == ' ' || data[i+1] == '\n') {
				indicators++
			}
		case ' ':
		default:
			lead = false
		}
		if depth > maxNesting || indicators > maxNesting {
			return line
		}
	}
	return 0
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// A topicReader reads one topic.
type topicReader func(ast.Node) (Topic, error)

// topicsOf reads the whole tree.
func topicsOf(root ast.Node, read topicReader) ([]Topic, error) {
	fields, err := mapping(root, "a taxonomy", "topics")
	if err != nil {
		return nil, err
	}
	list, ok := fields["topics"]
	if !ok {
		return nil, faultAt(root, "there is no key \"topics\"; write a list of topics under \"topics:\"")
	}
	items, err := sequence(list, "topics")
	if err != nil {
		return nil, err
	}
	switch {
	case len(items) == 0:
		return nil, faultAt(list, "the list of topics is empty; write at least one")
	case len(items) > MaxTopics:
		return nil, faultAt(items[MaxTopics], "there are %d topics, at most %d are allowed; remove some", len(items), MaxTopics)
	}
	topics := make([]Topic, 0, len(items))
	lines := make(map[string]int, len(items))
	for _, item := range items {
		t, err := read(item)
		if err != nil {
			return nil, err
		}
		if first, ok := lines[t.ID]; ok {
			return nil, faultAt(item, "the id %q is that of the topic at line %d; give each topic its own", t.ID, first)
		}
		lines[t.ID] = item.GetToken().Position.Line
		topics = append(topics, t)
	}
	return topics, nil
}

// topicOf reads one topic.
func topicOf(n ast.Node) (Topic, error) {
	var t Topic
	fields, err := mapping(n, "a topic",
		"id", "display_name", "group", "iptc_code", "iptc_relation", "definition", "phrases")
	if err != nil {
		return t, err
	}
	err = readTexts(fields, map[string]*string{
		"id": &t.ID, "display_name": &t.DisplayName, "group": &t.Group,
		"iptc_code": &t.IPTCCode, "iptc_relation": &t.IPTCRelation, "definition": &t.Definition,
	})
	if err != nil {
		return t, err
	}
	if err := t.check(keysOf(n, fields)); err != nil {
		return t, err
	}
	if list, ok := fields["phrases"]; ok {
		t.Phrases, err = phrasesOf(list)
	}
	return t, err
}

// readTexts reads the fields that are there.
func readTexts(fields map[string]ast.Node, into map[string]*string) (err error) {
	for key, field := range into {
		if v, ok := fields[key]; ok {
			if *field, err = text(v, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// keysOf returns where the value of a key of n stands, or n where it has none.
func keysOf(n ast.Node, fields map[string]ast.Node) func(key string) ast.Node {
	return func(key string) ast.Node {
		if v, ok := fields[key]; ok {
			return v
		}
		return n
	}
}

// check returns what is wrong with the fields of one value, at the node that holds it.
func (t *Topic) check(at func(key string) ast.Node) error {
	switch {
	case t.ID == "":
		return faultAt(at("id"), "the topic has no id; write 1 to 64 characters of a-z, 0-9 and \"-\"")
	case !ValidID(t.ID):
		return faultAt(at("id"), "the id %s is not valid; write 1 to 64 characters of a-z, 0-9 and \"-\"", quote(t.ID))
	case t.DisplayName == "":
		return faultAt(at("display_name"), "the topic %s has no display_name; write the name that people see", t.ID)
	case t.IPTCCode != "" && !validIPTC(t.IPTCCode):
		return faultAt(at("iptc_code"), "the iptc_code %s is not valid; write \"medtop:\" and eight digits", quote(t.IPTCCode))
	case t.IPTCCode == "" && t.IPTCRelation != "":
		return faultAt(at("iptc_relation"), "there is an iptc_relation but no iptc_code; write both or none")
	case t.IPTCCode != "" && !slices.Contains(relations, t.IPTCRelation):
		return faultAt(at("iptc_relation"), "the iptc_relation %s is not valid; write one of %s",
			quote(t.IPTCRelation), strings.Join(relations, ", "))
	}
	return nil
}

// ValidID reports whether id is a valid topic id: 1 to 64 characters of a-z,
// 0-9 and "-".
func ValidID(id string) bool {
	return len(id) >= 1 && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

func validIPTC(code string) bool {
	digits, ok := strings.CutPrefix(code, "medtop:")
	return ok && len(digits) == 8 && !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// phrasesOf reads the phrases of one topic.
func phrasesOf(n ast.Node) ([]Phrase, error) {
	items, err := sequence(n, "phrases")
	if err != nil {
		return nil, err
	}
	var phrases []Phrase
	for _, item := range items {
		if phrases, err = appendPhrases(phrases, item); err != nil {
			return nil, err
		}
		if len(phrases) > MaxPhrases {
			return nil, faultAt(item, "the topic has more than %d phrases; remove some", MaxPhrases)
		}
	}
	return phrases, nil
}

// appendPhrases reads an item of phrases: a string, or a mapping with text and
// weight.
func appendPhrases(phrases []Phrase, n ast.Node) ([]Phrase, error) {
	if !isMapping(n) {
		return splitPhrases(phrases, n, 1)
	}
	fields, err := mapping(n, "a phrase", "text", "weight")
	if err != nil {
		return nil, err
	}
	value, ok := fields["text"]
	if !ok {
		return nil, faultAt(n, "the phrase has no text; write {text: …, weight: …}")
	}
	w := 1.0
	if v, ok := fields["weight"]; ok {
		if w, err = weight(v); err != nil {
			return nil, err
		}
	}
	return splitPhrases(phrases, value, w)
}

// splitPhrases reads a string that holds phrases separated by semicolons. A
// hundred phrases in one string parse several times faster than as a hundred
// items, and read better.
func splitPhrases(phrases []Phrase, n ast.Node, weight float64) ([]Phrase, error) {
	s, err := text(n, "phrase")
	if err != nil {
		return nil, err
	}
	for p := range strings.SplitSeq(s, ";") {
		p = strings.TrimSpace(p)
		switch {
		case p == "":
			return nil, faultAt(n, "there is an empty phrase; write words, or remove the semicolon beside it")
		case len(p) > MaxPhraseBytes:
			return nil, faultAt(n, "a phrase has %d bytes, at most %d are allowed; shorten it or part it with semicolons", len(p), MaxPhraseBytes)
		}
		phrases = append(phrases, Phrase{Text: p, Weight: weight})
	}
	return phrases, nil
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// mapping returns the values of n, a mapping of what, by key. Keys other than
// allowed are faults; the parser refuses repeated ones.
func mapping(n ast.Node, what string, allowed ...string) (map[string]ast.Node, error) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		return nil, faultAt(n, "%s is expected here, with the keys %s", what, strings.Join(allowed, ", "))
	}
	fields := make(map[string]ast.Node, len(pairs))
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		if !slices.Contains(allowed, key) {
			return nil, faultAt(pair.Key, "the key %s is not known; the keys of %s are %s", quote(key), what, strings.Join(allowed, ", "))
		}
		fields[key] = pair.Value
	}
	return fields, nil
}

// sequence returns the items of n, the list under key.
func sequence(n ast.Node, key string) ([]ast.Node, error) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, faultAt(n, "the value of %q is not a list; start each item with \"- \"", key)
	}
	return list.Values, nil
}

// text returns the text of n, the value of key, with white space folded.
func text(n ast.Node, key string) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return oneLine(n.Value), nil
	case *ast.LiteralNode:
		return oneLine(n.Value.Value), nil
	case *ast.IntegerNode:
		return n.Token.Value, nil
	case *ast.NullNode:
		return "", nil
	}
	return "", faultAt(n, "the value of %q is not text; put it in quotes if it is meant to be", key)
}

// weight returns the number of n.
func weight(n ast.Node) (float64, error) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		w, err := strconv.ParseFloat(n.GetToken().Value, 64)
		if err == nil && math.Abs(w) <= MaxPhraseWeight {
			return w + 0, nil // Turns -0 into 0.
		}
	}
	return 0, faultAt(n, "the weight is not a number from %g to %g; 1 is typical", -MaxPhraseWeight, MaxPhraseWeight)
}

// quote shortens s so that the line stays readable.
func quote(s string) string {
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return strconv.Quote(s)
}
