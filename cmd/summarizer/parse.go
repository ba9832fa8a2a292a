package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/alecthomas/kong"
	"github.com/posener/complete"
	"github.com/willabides/kongplete"

	"github.com/seed-59202292/summarizer/internal/display"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/usage"
)

const description = `Summaries and topic labels of news articles. The built-in engine needs no network and no configuration; naming a language model with --llm-model puts it in front.`

const epilogue = `Every flag but a few (--json, --output, --overwrite, --all) can also be set in the environment, --llm-model as SUMMARIZER_LLM_MODEL, or in the file that --config names, a "flag: value" a line without the dashes; the file alone may hold a list of endpoints, llm.endpoints, and who verifies, llm.verify. The command line comes first, then the environment, then the file. The API key is read from OPENAI_API_KEY or a file, never from a flag.`

// invocation binds a command to the flags that all commands share.
type invocation struct {
	context *kong.Context
	config  *config
}

// Run runs the command.
func (i *invocation) Run(env *environment) error { return i.context.Run(env, i.config, i) }

// parse turns arguments, environment and configuration file into a command. The
// command is nil when there is nothing to run, as after --help.
func parse(args []string, env *environment) (*invocation, error) {
	var c config
	var answered bool
	var unknown []settings.Unknown
	app, err := kong.New(&c,
		kong.Name("summarizer"),
		kong.Description(description),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(int) { answered = true }),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "archive", Title: "How inputs are read:"},
			{Key: "answer", Title: "What is asked:"},
			{Key: "defer", Title: "Batches of the language model:"},
			{Key: "dial", Title: "The connection to the server of --addr:"},
			{Key: "access", Title: "Who may call:"},
			{Key: "service", Title: "The service in this process:"},
			{Key: "llm", Title: "Language model:"},
			{Key: "nats", Title: "NATS cluster, for articles to workers and for the cache that machines share:"},
			{Key: "limits", Title: "Limits:"},
		}),
		helpVars(),
		settings.Values(),
		kong.WithBeforeResolve(func(ctx *kong.Context, path *kong.Path) (err error) {
			if path.App != nil { // the hook runs for each element of the command line
				unknown, err = settings.Load(ctx, env.environ, "SUMMARIZER_NATS_PASSWORD")
			}
			return err
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("the command line is misdeclared: %w", err)
	}
	setDefaults(app.Model)
	kongplete.Complete(app, kongplete.WithPredictor("file", complete.PredictFiles("*")))
	if answered { // a question of a shell
		return nil, nil
	}
	switch {
	case len(args) == 0 && usage.IsPiped(env.stdin):
		return nil, errors.New("no command is given: to summarize what is piped in, write summarizer analyze -")
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help":
		args = append(slices.Clone(args[1:]), "--help")
	}
	ctx, err := app.Parse(args)
	if !answered {
		c.warnOf(unknown, env)
	}
	switch {
	case answered:
		return nil, nil
	case err == nil:
		err = checkValues(ctx)
	}
	if err != nil {
		return nil, usage.Explain(err, ctx, env.args, usage.IsPiped(env.stdin))
	}
	return &invocation{ctx, &c}, nil
}

// warnOf says which variables look like settings and set nothing.
func (c *config) warnOf(unknown []settings.Unknown, env *environment) {
	for _, u := range unknown {
		if c.LogFormat == "json" {
			c.logger(env, slog.LevelInfo).Warn("a variable sets nothing", "variable", u.Name, "nearest", u.Nearest)
			continue
		}
		hint := "summarizer COMMAND --help lists the flags, whose variables begin with SUMMARIZER_"
		if u.Nearest != "" {
			hint = "did you mean " + u.Nearest + "?"
		}
		env.say("warning: the variable %s sets nothing: %s", u.Name, hint)
	}
}

// checkValues reports flags whose values are empty or out of their ranges, and addresses in
// place of files.
func checkValues(ctx *kong.Context) (err error) {
	for _, flag := range ctx.Flags() {
		err = errors.Join(err, settings.CheckRange("--"+flag.Name, flag, flag.Target), settings.CheckEmpty(flag))
	}
	return errors.Join(err, usage.CheckPaths(ctx))
}

// printHelp adds to the general help where else flags come from.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	err := kong.DefaultHelpPrinter(options, ctx)
	if err == nil && ctx.Selected() == nil {
		fmt.Fprintf(ctx.Stdout, "\n%s\n", display.Wrap(epilogue, "", 80))
	}
	return err
}
