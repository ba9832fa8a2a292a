package main

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kong"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// config holds every flag. Package settings explains the tags also and config; std names a default
// of setDefaults.
type config struct {
	Config    string           `help:"Read flags from a YAML file." placeholder:"FILE"`
	LogLevel  string           `help:"Minimum level of the log: debug, info, warn or error. Default: info for serve, else warn." enum:",debug,info,warn,error" default:"" placeholder:"LEVEL"`
	LogFormat string           `help:"Form of the log: text or json." enum:"text,json" default:"text"`
	Version   kong.VersionFlag `short:"v" help:"Print the version and exit." config:"-"`

	Serve       serveCmd       `cmd:"" help:"Serve gRPC and HTTP."`
	Analyze     analyzeCmd     `cmd:"" help:"Print summary and topics of single articles."`
	Read        readCmd        `cmd:"" help:"Print the cleaned text of articles, and the parts that were removed."`
	Batch       batchCmd       `cmd:"" help:"Analyze archives of articles into a file of results."`
	Eval        evalCmd        `cmd:"" help:"Score engines against labelled articles."`
	Worker      workerCmd      `cmd:"" help:"Analyze articles that batch publishes to a NATS cluster."`
	Topics      topicsCmd      `cmd:"" help:"Print the taxonomy."`
	LLM         llmCmd         `cmd:"" name:"llm" help:"Check the language models."`
	Cache       cacheCmd       `cmd:"" help:"Show the size of the cache, or remove answers."`
	Keys        keysCmd        `cmd:"" help:"Manage the clients of a server and their API keys."`
	Healthcheck healthcheckCmd `cmd:"" help:"Check that a server serves; for probes."`
	Completion  completionCmd  `cmd:"" help:"Print the completion script of a shell."`
	Man         manCmd         `cmd:"" help:"Print a manual page."`
	VersionCmd  versionCmd     `cmd:"" name:"version" help:"Print the version."`
}

// serviceFlags configure the service wherever it runs.
type serviceFlags struct {
	Taxonomy        string        `help:"Topics from a YAML file in place of the built-in ones; FILE.fr.yaml beside FILE.yaml has them in French." placeholder:"FILE"`
	DataDir         string        `help:"Directory of the disk cache. Default: summarizer in the user's cache directory." placeholder:"DIR"`
	DefaultDeadline time.Duration `help:"Deadline of an article without one, and maximum of all deadlines." std:"default_deadline" min:"1ms"`
	MinLLMTime      time.Duration `name:"min-llm-time" help:"Skip the language model if less than this is left before the deadline." std:"min_llm_time" min:"1ms"`
	MaxStale        time.Duration `help:"Maximum age of a cached answer from another model used as fallback." std:"max_stale" min:"1s"`

	llmFlags  `group:"llm"`
	natsFlags `group:"nats"`
}

// llmFlags configure the language model. It is on when Model or Endpoints are
// set, of which Endpoints come from the configuration file only and take the
// place of every other flag here but MaxCalls and the daily budgets.
type llmFlags struct {
	Model          string        `name:"llm-model" help:"Name of the model. Naming one turns the language model on." placeholder:"NAME"`
	BaseURL        string        `name:"llm-base-url" help:"Base URL of its OpenAI-compatible API; OPENAI_BASE_URL is read too. Default: ${llm_base_url}." placeholder:"URL" also:"OPENAI_BASE_URL"`
	APIKeyFile     string        `name:"llm-api-key-file" help:"File with the API key. Default: the variable OPENAI_API_KEY." placeholder:"FILE"`
	Timeout        time.Duration `name:"llm-timeout" help:"Maximum time of one call." std:"llm_timeout" min:"1ms"`
	MaxConcurrency int           `name:"llm-max-concurrency" help:"Maximum concurrent model calls." std:"llm_max_concurrency" min:"1"`
	MaxCalls       int           `name:"llm-max-calls" help:"Maximum calls for one article, repair and retries included." std:"llm_max_calls" min:"1"`
	ContextTokens  int           `name:"llm-context-tokens" help:"Size of the model's context window." std:"llm_context_tokens" min:"1000"`
	InputPrice     float64       `name:"llm-input-price" help:"Price of a million input tokens, in US dollars." default:"0" placeholder:"USD" min:"0"`
	OutputPrice    float64       `name:"llm-output-price" help:"Price of a million output tokens, in US dollars." default:"0" placeholder:"USD" min:"0"`

	DailyTokens       int     `help:"Maximum tokens a UTC day, input and output; 0 means no limit." name:"llm-daily-tokens" default:"0" placeholder:"N" min:"0"`
	DailyUSD          float64 `help:"Maximum US dollars a UTC day; needs prices. 0 means no limit." name:"llm-daily-usd" default:"0" placeholder:"USD"`
	ClientDailyTokens int     `help:"Maximum tokens of each client a UTC day; 0 means no limit." name:"llm-client-daily-tokens" default:"0" placeholder:"N" min:"0"`
	ClientDailyUSD    float64 `help:"Maximum US dollars of each client a UTC day; 0 means no limit." name:"llm-client-daily-usd" default:"0" placeholder:"USD"`

	VerifyShare float64 `help:"Share of the model's summaries that a second call verifies, 0 to 1: at 1 all before delivery, below 1 a sample after it." default:"0" placeholder:"SHARE" min:"0" max:"1"`

	maxUSD       float64      // that one run may spend; 0 is no limit
	deferred     llm.Deferred // has requests answered in batches; nil: none
	deferredRest llm.DeferredRest

	Endpoints []settings.EndpointEntry `kong:"-"`
	Verify    settings.VerifyEntry     `kong:"-"`
}

// BeforeApply takes the endpoints of the file: kong calls it for every command that
// embeds the flags.
func (f *llmFlags) BeforeApply(file *settings.File) error { //nolint:unparam // kong calls hooks that return one
	f.Endpoints, f.Verify = file.Endpoints, file.Verify
	return nil
}

func (f *serviceFlags) validate() error {
	return errors.Join(f.llmFlags.validate(), f.natsFlags.validate())
}

// answerFlags say what is asked for each article, and whom.
type answerFlags struct {
	Engine          string `help:"Engine: auto (the language model if one is named, else the local engine), llm or local." enum:"auto,llm,local" default:"auto"`
	MaxSentences    int    `help:"Maximum number of sentences, 1 to 10." std:"max_sentences" min:"1" max:"10"`
	MaxTopics       int    `help:"Maximum number of topics, 1 to 20." std:"max_topics" min:"1" max:"20"`
	Format          string `help:"Form of the summary: paragraph, bullets or headline." enum:"paragraph,bullets,headline" default:"paragraph"`
	DisplayLanguage string `help:"Language of topic names, such as fr. Default: the language of the taxonomy." placeholder:"TAG"`
	Verify          bool   `help:"Verify each summary of the model by a second call before delivery."`
	Addr            string `help:"Use the server at this address instead of an engine in this process." placeholder:"HOST:PORT"`

	dialFlags `group:"dial"`
}

// request returns the options of every request, without an article.
func (f *answerFlags) request() *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{
		VerificationOptions: map[bool]*summarizerv1.VerificationOptions{true: {Policy: summarizerv1.VerificationPolicy_VERIFICATION_POLICY_ALWAYS}}[f.Verify],
		SummaryOptions: &summarizerv1.SummaryOptions{
			MaxSentences: int32(f.MaxSentences),
			Format: map[string]summarizerv1.SummaryFormat{
				"paragraph": summarizerv1.SummaryFormat_SUMMARY_FORMAT_PARAGRAPH,
				"bullets":   summarizerv1.SummaryFormat_SUMMARY_FORMAT_BULLETS,
				"headline":  summarizerv1.SummaryFormat_SUMMARY_FORMAT_HEADLINE,
			}[f.Format],
		},
		TopicOptions: &summarizerv1.TopicOptions{MaxTopics: int32(f.MaxTopics), DisplayLanguage: f.DisplayLanguage},
		ServingOptions: &summarizerv1.ServingOptions{
			EnginePolicy: map[string]summarizerv1.EnginePolicy{
				"auto":  summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_OR_LOCAL,
				"llm":   summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY,
				"local": summarizerv1.EnginePolicy_ENGINE_POLICY_LOCAL_ONLY,
			}[f.Engine],
		},
	}
}

// logger returns the log of a command; level is used when no flag says another. The level
// may be set again.
func (c *config) logger(env *environment, level slog.Level) *slog.Logger {
	return c.loggerTo(env.stderr, env, level)
}

func (c *config) loggerTo(w io.Writer, env *environment, level slog.Level) *slog.Logger {
	env.level.Set(c.levelOr(level))
	return telemetry.NewLogger(w, c.LogFormat == "json", &env.level)
}

func (c *config) levelOr(level slog.Level) slog.Level {
	if c.LogLevel != "" {
		_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	}
	return level
}
