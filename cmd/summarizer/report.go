package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/runreport"
)

// runReport is the page about a run; one without a path is not written.
type runReport struct {
	runreport.Page
	path, rows string
}

// newReport begins the report of a run that starts at once.
func (c *batchCmd) newReport() *runReport {
	r := &runReport{path: c.Report, rows: batch.RowsFile(c.Output, c.form())}
	r.Name, r.Made, r.Endpoints = filepath.Base(c.Output), time.Now(), make(map[string]string)
	for _, model := range c.models() {
		r.Endpoints[model.Model] = model.Name
	}
	return r
}

// write draws the rows of the output, which are still there.
func (r *runReport) write() error {
	if r.path == "" {
		return nil
	}
	err := r.ReadRows(r.rows)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the run has begun nothing
	}
	if err == nil {
		err = r.Write(r.path)
	}
	if err != nil {
		return fmt.Errorf("the report %s: %s", r.path, archive.Describe(err))
	}
	return nil
}
