package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// inputRow is a row of labelled data, with the labels of one kind or another.
type inputRow struct {
	Text      string   `json:"text"`
	Title     string   `json:"title"`
	Reference string   `json:"reference"`  // a summary
	ArticleID string   `json:"article_id"` // where an article occurs more than once
	Labels    []string `json:"labels"`     // topics, the main one first
	Label     string   `json:"label"`      // a class

	line int // counted from 1
}

// readRows reads a file of rows, at least one.
func readRows(path string) ([]*inputRow, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var rows []*inputRow
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		r := &inputRow{line: n}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if r.Text == "" {
			return nil, fmt.Errorf(`%s:%d: a row needs "text"`, path, n)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows", path)
	}
	return rows, nil
}
