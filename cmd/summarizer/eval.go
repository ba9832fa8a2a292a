package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/eval"
	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

type evalCmd struct {
	Data         string   `arg:"" name:"data" help:"JSONL with one labelled article per line: text, optional id and title, and reference (a summary), labels (topic ids, the main one first) or label (a class). - is standard input."`
	Engine       string   `help:"System to score: local, llm (all endpoints), llm:NAME (one), addr:HOST:PORT (a server), lead, or a JSONL file of answers: what batch writes, or {\"id\", \"summary\", \"labels\"}." default:"local" config:"-"`
	Verifier     []string `help:"Score the endpoints of these names as verifiers instead, on rows {article or article_id, summary, faithful}; article_id names an earlier row with the article." placeholder:"NAME" config:"-"`
	Vs           string   `help:"Second system to compare with, named likewise. The first sentences of the article, lead, are always compared." placeholder:"SYSTEM" config:"-"`
	MaxSentences int      `aliases:"sentences" help:"Maximum number of sentences, 1 to 10." std:"max_sentences" min:"1" max:"10"`
	MaxTopics    int      `help:"Maximum number of topics, 1 to 20." std:"max_topics" min:"1" max:"20"`
	ClassMap     string   `help:"YAML file with the topics of each class." placeholder:"FILE" config:"-"`
	Limit        int      `help:"Maximum rows to read; 0 means all." default:"0" placeholder:"N" config:"-" min:"0"`
	Concurrency  int      `help:"Maximum concurrent articles. Default: as many as the systems take." default:"0" placeholder:"N" min:"0" max:"10000"`
	Bootstrap    int      `help:"Number of bootstrap samples; 0 leaves intervals out." default:"1000" config:"-" min:"0" max:"1000000"`
	Seed         uint64   `help:"Seed of the samples." default:"1" config:"-"`
	JSON         string   `name:"json" help:"Write the report as JSON." placeholder:"FILE" config:"-"`
	HTML         string   `name:"html" help:"Write the report as one HTML page." placeholder:"FILE" config:"-"`
	Overwrite    bool     `help:"Replace reports that exist." config:"-"`
	OmitText     bool     `help:"Leave article text and summaries out of the reports." config:"-"`

	Taxonomy        string        `help:"Topics from a YAML file in place of the built-in ones; FILE.fr.yaml beside FILE.yaml has them in French." placeholder:"FILE"`
	DataDir         string        `help:"Directory of the ledger of model costs. Default: summarizer in the user's cache directory." placeholder:"DIR"`
	DefaultDeadline time.Duration `help:"Maximum time of an article." std:"default_deadline" min:"1ms"`

	llmFlags `group:"llm"`
}

// Help implements kong.HelpProvider.
func (*evalCmd) Help() string {
	return `Examples:

    summarizer eval labelled.jsonl --html report.html
    summarizer eval labelled.jsonl --engine llm --llm-model gpt-5-mini --vs local --limit 100
    summarizer eval claims.jsonl --verifier own,checker --html verifiers.html
    summarizer eval classes.jsonl --class-map examples/classes-bbc.yaml --engine answers.jsonl --vs local

Prints ROUGE, F1, calibration, length, latency and cost, with bootstrap intervals. Language models are asked without the cache, only for labelled parts, and without a fallback. Exit code: 0 when all went well, 1 for wrong flags, 2 when the engine failed on some rows, 3 when nothing could be scored, 130 when interrupted.`
}

// Validate implements kong.Validatable.
func (c *evalCmd) Validate() error { return c.validate() }

// Run scores the systems over the data.
func (c *evalCmd) Run(env *environment, config *config) error {
	if len(c.Verifier) > 0 {
		return c.runVerifiers(env, config)
	}
	topics, err := loadTaxonomy(c.Taxonomy)
	if err != nil {
		return err
	}
	classes, err := c.classes(topics)
	if err != nil {
		return err
	}
	systems, err := c.systems(env, topics, config.logger(env, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer systems.close()
	return c.score(env, config, func(data io.Reader) (eval.RunReport, error) {
		return eval.Run(env.ctx, eval.Read(data, classes), eval.Options{
			Data:         filepath.Base(c.Data),
			Origin:       c.origin(env, systems.models),
			Systems:      systems.all,
			Taxonomy:     topics,
			Classes:      classes,
			MaxSentences: c.MaxSentences,
			MaxTopics:    c.MaxTopics,
			Limit:        c.Limit,
			Concurrency:  cmp.Or(c.Concurrency, max(systems.capacity, runtime.GOMAXPROCS(0))),
			Bootstrap:    c.Bootstrap,
			Seed:         c.Seed,
			OmitText:     c.OmitText,
			Progress:     c.progress(env),
		})
	})
}

// score opens files of reports and the data, runs, and writes what was found.
func (c *evalCmd) score(env *environment, config *config, run func(io.Reader) (eval.RunReport, error)) error {
	reports, err := c.openReports(env, config)
	if err != nil {
		return err
	}
	defer func() { _ = closeReports(reports) }() // where the run ends early
	data, err := c.open(env, c.Data)
	if err != nil {
		return fmt.Errorf("the data %s: %s", c.Data, archive.Describe(err))
	}
	defer data.Close()
	report, err := run(data)
	switch {
	case env.ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("eval: interrupted")}
	case err != nil:
		return &exitError{exitNothingDone, fmt.Errorf("eval: %s: %w", c.Data, err)}
	}
	if err := errors.Join(report.WriteTable(env.stdout), writeReports(reports, report), closeReports(reports)); err != nil {
		return &exitError{exitNothingDone, fmt.Errorf("eval: %w", err)}
	}
	switch failed, all := report.FailedRows(); failed {
	case 0:
		return nil
	case all:
		return &exitError{code: exitNothingDone}
	}
	return &exitError{code: exitSomeFailed}
}

// runVerifiers scores endpoints as verifiers.
func (c *evalCmd) runVerifiers(env *environment, config *config) error {
	s := &evalSystems{models: map[string]string{}}
	defer s.close()
	options := eval.VerifierOptions{
		Data: filepath.Base(c.Data), Origin: c.origin(env, s.models), Deadline: c.DefaultDeadline, Limit: c.Limit, Bootstrap: c.Bootstrap, Seed: c.Seed, Progress: c.progress(env),
	}
	for _, name := range c.Verifier {
		model, err := c.endpoint(env, name, name, s, config.logger(env, slog.LevelWarn))
		if err != nil {
			return fmt.Errorf("--verifier %s: %w", name, err)
		}
		s.closers = append(s.closers, model.Close)
		options.Verifiers = append(options.Verifiers, eval.NamedVerifier{Name: name, Verify: model.Verify})
		options.Concurrency = cmp.Or(c.Concurrency, max(options.Concurrency, model.Capacity()))
	}
	return c.score(env, config, func(data io.Reader) (eval.RunReport, error) {
		return eval.RunVerifiers(env.ctx, data, options)
	})
}

// origin says how a report was made.
func (c *evalCmd) origin(env *environment, models map[string]string) eval.Origin {
	return eval.Origin{
		Date: time.Now().UTC().Truncate(time.Second), Version: versionOf(),
		Command: eval.CommandLine("summarizer", env.args), DataSHA256: eval.HashFile(c.Data), Models: models,
	}
}

// evalProgressEvery is how often a line says how far a run is.
const evalProgressEvery = 10 * time.Second

func (*evalCmd) progress(env *environment) func(int) {
	last := time.Now()
	return func(rows int) {
		if time.Since(last) >= evalProgressEvery {
			last = time.Now()
			env.say("eval: %d rows", rows)
		}
	}
}

func (c *evalCmd) classes(topics *taxonomy.Taxonomy) (*eval.Classes, error) {
	if c.ClassMap == "" {
		return nil, nil
	}
	data, err := settings.ReadBounded(c.ClassMap, taxonomy.MaxFileBytes)
	if err != nil {
		return nil, fmt.Errorf("--class-map %s: %w", c.ClassMap, err)
	}
	return eval.ParseClasses(c.ClassMap, data, topics)
}

func (c *evalCmd) open(env *environment, path string) (io.ReadCloser, error) {
	if path == archive.Stdin {
		return archive.Decompressed(io.NopCloser(env.stdin))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return archive.Decompressed(file)
}

// evalSystems are the systems of a run.
type evalSystems struct {
	all      []eval.System
	models   map[string]string // by name of a system
	capacity int               // articles that the systems take at once
	ledger   ledger.Ledger     // nil until a language model needs one
	closers  []func()          // in the order of opening
}

func (s *evalSystems) close() {
	for _, closeSystem := range slices.Backward(s.closers) {
		closeSystem()
	}
}

// systems opens the system that is scored, its rival, and lead.
func (c *evalCmd) systems(env *environment, topics *taxonomy.Taxonomy, log *slog.Logger) (*evalSystems, error) {
	s := &evalSystems{models: map[string]string{}}
	names := map[string]string{}
	for _, wanted := range []struct{ flag, name string }{{"--engine", c.Engine}, {"--vs", c.Vs}, {"", "lead"}} {
		if wanted.name == "" || wanted.flag == "" && (c.Engine == "lead" || c.Vs == "lead") {
			continue
		}
		system, err := c.system(env, wanted.name, topics, s, log)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("%s %s: %w", wanted.flag, wanted.name, err)
		}
		if names[system.Name()] != "" {
			s.close()
			return nil, fmt.Errorf("%s and %s are both called %s: name two systems", names[system.Name()], wanted.flag, system.Name())
		}
		names[system.Name()] = wanted.flag
		s.all = append(s.all, system)
	}
	return s, nil
}

func (c *evalCmd) system(env *environment, name string, topics *taxonomy.Taxonomy, s *evalSystems, log *slog.Logger) (eval.System, error) {
	kind, which, _ := strings.Cut(name, ":")
	switch {
	case name == "lead":
		return eval.Lead{}, nil
	case name == "local":
		engine := local.New()
		engine.Prepare(topics)
		s.models[name] = local.Version
		return eval.NewEngine(name, engine, c.DefaultDeadline), nil
	case name == "llm" || kind == "llm" && which != "":
		model, err := c.endpoint(env, name, which, s, log)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, model.Close)
		s.capacity = max(s.capacity, model.Capacity())
		return eval.NewEngine(name, model, c.DefaultDeadline), nil
	case kind == "addr" && which != "":
		server, err := openRemote(env, &answerFlags{Addr: which}, &serviceFlags{DefaultDeadline: c.DefaultDeadline})
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, server.close)
		s.capacity = max(s.capacity, server.concurrency)
		return eval.NewServer(which, server.AnalyzeArticle, func(err error) string {
			e := batch.ErrorOf(err)
			return cmp.Or(e.Reason, e.Code)
		}), nil
	}
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New("there is no such file; a system is local, llm, llm:NAME, addr:HOST:PORT, lead or a JSONL file of answers")
	}
	if err != nil {
		return nil, errors.New(archive.Describe(err))
	}
	defer file.Close()
	return eval.ReadAnswers(filepath.Base(name), file)
}

// endpoint returns, for a system, the language model with all endpoints, or with the one of
// the name. Its calls count towards the daily budgets.
func (c *evalCmd) endpoint(env *environment, system, name string, s *evalSystems, log *slog.Logger) (*llm.Engine, error) {
	endpoints, err := c.modelEndpoints(env)
	if err != nil {
		return nil, err
	}
	if len(endpoints) == 0 {
		return nil, errors.New("no language model is configured: name one with --llm-model")
	}
	if endpoints, err = llm.NamedEndpoints(endpoints, name); err != nil {
		return nil, err
	}
	var models []string
	for _, endpoint := range endpoints {
		models = append(models, endpoint.Model)
	}
	s.models[system] = strings.Join(models, ", ")
	if s.ledger == nil {
		stored, err := openCache(env, c.DataDir, false, cache.Options{Logger: log})
		if err != nil {
			return nil, err
		}
		s.ledger = stored.Ledger()
		s.closers = append(s.closers, func() { _ = stored.Close() })
	}
	return llm.New(llm.Options{
		Endpoints: endpoints,
		MaxCalls:  c.MaxCalls,
		Ledger:    s.ledger,
		Budget:    c.budget(),
		Logger:    log,
	})
}

// evalReport is a file of a run.
type evalReport struct {
	*eval.ReportFile
	flag, path string
	write      func(eval.RunReport, io.Writer) error
}

// openReports opens the files that are wanted. The caller closes them.
func (c *evalCmd) openReports(env *environment, config *config) (reports []*evalReport, err error) {
	inputs := env.filesAt(c.Data, c.Engine, c.Vs, c.ClassMap, c.Taxonomy, c.APIKeyFile, config.Config)
	written := env.redirected()
	for _, r := range []*evalReport{
		{flag: "--json", path: c.JSON, write: eval.RunReport.WriteJSON},
		{flag: "--html", path: c.HTML, write: eval.RunReport.WriteHTML},
	} {
		if r.path == "" {
			continue
		}
		if err := r.open(inputs, written, c.Overwrite); err != nil {
			return nil, errors.Join(err, closeReports(reports))
		}
		written.add(r.Stat())
		reports = append(reports, r)
	}
	return reports, nil
}

func (r *evalReport) open(inputs, written fileSet, overwrite bool) (err error) {
	existing, missing := os.Stat(r.path)
	switch {
	case inputs.hasPath(r.path):
		return fmt.Errorf("%s %s is also an input: name another file", r.flag, r.path)
	case written.hasPath(r.path):
		return fmt.Errorf("%s %s is also another output: name another file", r.flag, r.path)
	case missing == nil && existing.Mode().IsRegular() && !overwrite:
		return fmt.Errorf("%s %s exists: name another file, or replace it with --overwrite", r.flag, r.path)
	}
	if r.ReportFile, err = eval.OpenReport(r.path); err != nil {
		return fmt.Errorf("%s %s: %s", r.flag, r.path, archive.Describe(err))
	}
	return nil
}

// writeReports replaces what the files hold.
func writeReports(reports []*evalReport, result eval.RunReport) error {
	for _, r := range reports {
		if err := r.Replace(func(out io.Writer) error { return r.write(result, out) }); err != nil {
			return err
		}
	}
	return nil
}

func closeReports(reports []*evalReport) (err error) {
	for _, r := range reports {
		err = errors.Join(err, r.Close())
	}
	return err
}
