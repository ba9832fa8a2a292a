package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/seed-59202292/summarizer/internal/archive"
)

const description = `Summaries and topic labels of news articles. The built-in engine needs no network and no configuration; naming a language model with --llm-model puts it in front.`

const epilogue = `Every flag but a few (--json, --output, --overwrite, --all) can also be set in the environment, --llm-model as SUMMARIZER_LLM_MODEL, or in the file that --config names, a "flag: value" a line without the dashes; the file alone may hold a list of endpoints, llm.endpoints. The command line comes first, then the environment, then the file. The API key is read from OPENAI_API_KEY or a file, never from a flag.`

// command is a parsed subcommand.
type command interface {
	Run(env *environment) error
}

// invocation binds a command to the flags that all commands share.
type invocation struct {
	context *kong.Context
	config  *config
}

// Run runs the command.
func (i *invocation) Run(env *environment) error { return i.context.Run(env, i.config) }

// parse turns arguments, environment and configuration file into a command. The
// command is nil when there is nothing to run, as after --help.
func parse(args []string, env *environment) (command, error) {
	var c config
	var answered bool
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
			{Key: "dial", Title: "The connection to the server of --addr:"},
			{Key: "access", Title: "Who may call:"},
			{Key: "service", Title: "The service in this process:"},
			{Key: "llm", Title: "Language model:"},
			{Key: "nats", Title: "NATS cluster, for articles to workers and for the cache that machines share:"},
			{Key: "limits", Title: "Limits:"},
		}),
		defaults(),
		kong.WithBeforeResolve(func(ctx *kong.Context, path *kong.Path) error {
			if path.App == nil {
				return nil // the hook runs for each element of the command line
			}
			return addSettings(ctx, env.getenv)
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("the command line is misdeclared: %w", err)
	}
	showDefaults(app.Model)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := app.Parse(args)
	switch {
	case answered:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w; see summarizer --help", err)
	}
	return &invocation{ctx, &c}, nil
}

// printHelp adds to the general help where else flags come from.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	err := kong.DefaultHelpPrinter(options, ctx)
	if err == nil && ctx.Selected() == nil {
		fmt.Fprintf(ctx.Stdout, "\n%s\n", wrap(epilogue, "", 80))
	}
	return err
}

// addSettings makes environment and configuration file known to ctx.
func addSettings(ctx *kong.Context, getenv func(string) string) error {
	path := getenv("SUMMARIZER_CONFIG")
	for _, flag := range ctx.Model.Flags {
		if flag.Name == "config" {
			if given, _ := ctx.FlagValue(flag).(string); given != "" {
				path = given
			}
		}
	}
	file := settingsFile{path: path}
	if path != "" {
		if err := file.read(ctx.Model); err != nil {
			return err
		}
	}
	ctx.Bind(&file)
	ctx.AddResolver(&settings{getenv, &file})
	return nil
}

// settings resolves flags that the command line leaves open. kong's own
// treatment of the environment would put a file above it.
type settings struct {
	getenv func(string) string
	file   *settingsFile
}

// Validate implements kong.Resolver.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver: it returns nil for the default.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !configurable(flag) {
		return nil, nil
	}
	for _, name := range variables(flag) {
		if value := s.getenv(name); value != "" {
			if err := checkValue(flag, value); err != nil {
				return nil, fmt.Errorf("the variable %s: %w", name, err)
			}
			return value, nil
		}
	}
	if set, ok := s.file.settings[flag.Name]; ok && flag.Name != "config" {
		return set.value, nil
	}
	return nil, nil
}

// configurable reports whether flag may come from elsewhere than the command
// line.
func configurable(flag *kong.Flag) bool {
	return flag.Name != "help" && flag.Tag.Get("config") != "-"
}

// variables returns the environment variables of flag, the first one first.
func variables(flag *kong.Flag) []string {
	names := []string{"SUMMARIZER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
	if also := flag.Tag.Get("also"); also != "" {
		names = append(names, also)
	}
	return names
}

// settingsFile is a configuration file: a YAML mapping of names of flags, of
// whatever subcommand, to plain values, and of llm.endpoints to a list.
type settingsFile struct {
	path     string
	settings map[string]setting

	endpoints     []endpointSettings
	endpointsLine int // 0: not set
}

type setting struct {
	value string
	line  int
}

// read reads the file and checks each of its keys and values against app.
func (f *settingsFile) read(app *kong.Application) error {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("the configuration file %s cannot be read: %s", f.path, archive.Describe(err))
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return f.syntaxError(err)
	}
	known := map[string][]*kong.Flag{}
	collectFlags(app.Node, known)
	f.settings = map[string]setting{}
	for _, document := range parsed.Docs {
		entries, err := f.entries(document.Body)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := f.add(entry, known); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *settingsFile) entries(body ast.Node) ([]*ast.MappingValueNode, error) {
	switch node := body.(type) {
	case nil, *ast.CommentGroupNode:
		return nil, nil
	case *ast.MappingNode:
		return node.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, nil
	}
	return nil, f.fault(line(body), "there must be lines of the form \"flag: value\"")
}

func (f *settingsFile) add(entry *ast.MappingValueNode, known map[string][]*kong.Flag) error {
	at := line(entry.Key)
	key := entry.Key.GetToken().Value
	switch key {
	case endpointsKey:
		return f.addEndpoints(entry.Key, entry.Value)
	case "llm":
		return f.addLLM(entry)
	}
	flags := known[key]
	if len(flags) == 0 {
		return f.fault(at, "unknown key %q: keys are named as the flags", key)
	}
	if before, ok := f.settings[key]; ok {
		return f.fault(at, "the key %q is already set in line %d", key, before.line)
	}
	value, ok := plainValue(entry.Value)
	if !ok {
		return f.fault(at, "the key %q needs one plain value", key)
	}
	for _, flag := range flags {
		if err := checkValue(flag, value); err != nil {
			return f.fault(at, "the key %q: %w", key, err)
		}
	}
	f.settings[key] = setting{value, at}
	return nil
}

// addLLM reads llm.endpoints written as a key within a key.
func (f *settingsFile) addLLM(entry *ast.MappingValueNode) error {
	var inner []*ast.MappingValueNode
	switch node := entry.Value.(type) {
	case *ast.MappingNode:
		inner = node.Values
	case *ast.MappingValueNode:
		inner = []*ast.MappingValueNode{node}
	}
	if len(inner) == 0 {
		return f.fault(line(entry.Key), "the key \"llm\" needs a line \"endpoints:\" within it")
	}
	for _, e := range inner {
		if key := e.Key.GetToken().Value; key != "endpoints" {
			return f.fault(line(e.Key), "unknown key %q within \"llm\": there is only \"endpoints\"; flags are written as \"llm-model: NAME\"", key)
		}
		if err := f.addEndpoints(e.Key, e.Value); err != nil {
			return err
		}
	}
	return nil
}

func (f *settingsFile) syntaxError(err error) error {
	at, message := 1, err.Error()
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		message = positioned.GetMessage()
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			at = t.Position.Line
		}
	}
	return f.fault(at, "%s", message)
}

func (f *settingsFile) fault(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.path, line, fmt.Errorf(format, args...))
}

func line(node ast.Node) int { return node.GetToken().Position.Line }

// plainValue returns a scalar as it is written.
func plainValue(node ast.Node) (string, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// collectFlags gathers by name what a file may set, over all subcommands.
func collectFlags(node *kong.Node, into map[string][]*kong.Flag) {
	for _, flag := range node.Flags {
		if configurable(flag) && flag.Name != "config" {
			into[flag.Name] = append(into[flag.Name], flag)
		}
	}
	for _, child := range node.Children {
		collectFlags(child, into)
	}
}

// checkValue reports whether flag takes value, without setting it.
func checkValue(flag *kong.Flag, value string) error {
	target := reflect.New(flag.Target.Type()).Elem()
	scan := kong.Scan().PushTyped(value, kong.FlagValueToken)
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target); err != nil {
		return err
	}
	if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), value) {
		return fmt.Errorf("must be one of %s but got %q", strings.Trim(flag.Enum, ","), value)
	}
	return nil
}
