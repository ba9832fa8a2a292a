package eval

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Options say what is scored and how.
type Options struct {
	Data   string // the name of the data in the report
	Origin Origin // of the figures

	// Systems are scored; the first is the one in question, with which all
	// others are compared and whose errors are shown. At least one.
	Systems []System

	Taxonomy *taxonomy.Taxonomy // nil means taxonomy.Default()
	Classes  *Classes           // of the labels; nil: labels are topics

	MaxSentences int // 0 means summarizer.DefaultSentences
	MaxTopics    int // 0 means summarizer.DefaultTopics
	Limit        int // rows to read at most; 0 means all
	Concurrency  int // articles at once; 0 means as many as there are cores

	Bootstrap int    // samples; 0: no intervals
	Seed      uint64 // of the samples

	OmitText bool // leave article text, titles, references and summaries out

	Progress func(rows int) // told after each row; may be nil
}

// ErrNoRows means that there is nothing to score.
var ErrNoRows = errors.New("no row has a \"reference\" or \"labels\": there is nothing to score")

// maxExamples is the number of examples of each kind that are shown.
const maxExamples = 10

// rowScores is what is kept of a row.
type rowScores struct {
	labels         []string
	labelled       bool
	referenced     bool
	referenceWords int
	outcomes       []answerScores // of each system
}

// answerScores is what is kept of an answer.
type answerScores struct {
	rouge    Rouge
	words    int
	given    []string
	judged   []judged
	took     time.Duration
	usage    summarizer.Usage
	failures []string
	degraded bool
}

// evaluation is a run under way.
type evaluation struct {
	Options
	mu         sync.Mutex
	records    []rowScores
	unlabelled int
	examples   examples
	done       int
}

// Run scores the systems over rows. It fails when ctx ends, on the first fault of
// rows, and with ErrNoRows.
func Run(ctx context.Context, rows iter.Seq2[*LabelledRow, error], options Options) (*Report, error) {
	r := &evaluation{Options: options}
	r.MaxSentences = cmp.Or(r.MaxSentences, summarizer.DefaultSentences)
	r.MaxTopics = cmp.Or(r.MaxTopics, summarizer.DefaultTopics)
	r.Concurrency = cmp.Or(r.Concurrency, runtime.GOMAXPROCS(0))
	if r.Taxonomy == nil {
		r.Taxonomy = taxonomy.Default()
	}
	if err := r.answer(ctx, rows); err != nil {
		return nil, err
	}
	if len(r.records) == 0 {
		return nil, ErrNoRows
	}
	return r.report(), nil
}

// numberedRow is a row and its number among the scored rows.
type numberedRow struct {
	number int
	row    *LabelledRow
}

// answer has all systems answer all rows.
func (r *evaluation) answer(ctx context.Context, rows iter.Seq2[*LabelledRow, error]) error {
	work := make(chan numberedRow)
	var wg sync.WaitGroup
	for range r.Concurrency {
		wg.Go(func() {
			scorer := newRougeScorer()
			for p := range work {
				r.row(ctx, p, scorer)
			}
		})
	}
	err := r.feed(ctx, rows, work)
	close(work)
	wg.Wait()
	return err
}

// feed passes the rows on that can be scored.
func (r *evaluation) feed(ctx context.Context, rows iter.Seq2[*LabelledRow, error], work chan<- numberedRow) error {
	read, scored := 0, 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		if read++; !row.Labelled && row.Reference == "" {
			r.unlabelled++
		} else {
			select {
			case work <- numberedRow{scored, row}:
				scored++
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if read == r.Limit {
			break
		}
	}
	return ctx.Err()
}

// row cleans an article, has each system answer it, and keeps the scores.
func (r *evaluation) row(ctx context.Context, p numberedRow, scorer *rougeScorer) {
	row := p.row
	item := &Item{
		ID:            row.ID,
		Source:        article.Raw{Text: row.Text, Title: row.Title},
		WantSummary:   row.Reference != "",
		WantTopics:    row.Labelled,
		MaxSentences:  r.MaxSentences,
		MaxTopics:     r.MaxTopics,
		TopicTaxonomy: r.Taxonomy,
	}
	begin := time.Now()
	item.Document = article.Clean(item.Source)
	item.CleaningTook = time.Since(begin)

	reference := scorer.read(row.Reference)
	kept := rowScores{
		labels:         row.Labels,
		labelled:       row.Labelled,
		referenced:     item.WantSummary,
		referenceWords: len(strings.Fields(row.Reference)),
	}
	given := make([]*SystemAnswer, len(r.Systems))
	for i, system := range r.Systems {
		answer := system.Answer(ctx, item)
		if r.Classes != nil {
			answer = r.Classes.choose(answer)
		}
		given[i] = answer
		kept.outcomes = append(kept.outcomes, scoresOf(row, answer, scorer, reference))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.records) <= p.number {
		r.records = append(r.records, rowScores{})
	}
	r.records[p.number] = kept
	r.examples.consider(r, p, item.Document, given, kept.outcomes)
	if r.done++; r.Progress != nil {
		r.Progress(r.done)
	}
}

func scoresOf(row *LabelledRow, answer *SystemAnswer, scorer *rougeScorer, reference []uint32) answerScores {
	o := answerScores{took: answer.Took, usage: answer.Usage, failures: answer.Failures, degraded: answer.Degraded}
	if row.Reference != "" {
		o.rouge = scorer.score(reference, scorer.read(answer.Summary))
		o.words = len(strings.Fields(answer.Summary))
	}
	if row.Labelled {
		for i, topic := range answer.Topics {
			if i < answer.Delivered {
				o.given = append(o.given, topic.ID)
			}
			if topic.Confidence != NoConfidence {
				o.judged = append(o.judged, judged{topic.Confidence, slices.Contains(row.Labels, topic.ID)})
			}
		}
	}
	return o
}
