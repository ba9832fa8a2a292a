package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

var update = flag.Bool("update", false, "write docs/configuration.md instead of comparing it")

const configurationPage = "../../docs/configuration.md"

// TestConfigurationPage compares docs/configuration.md with the flags that there
// are; "make generate" writes it.
func TestConfigurationPage(t *testing.T) {
	want := configuration(modelOf(t))
	if *update {
		if err := os.WriteFile(configurationPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(configurationPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error(`docs/configuration.md is stale: run "make generate"`)
	}
}

// modelOf returns the declared commands and flags.
func modelOf(t *testing.T) *kong.Application {
	t.Helper()
	parsed, err := parse([]string{"serve"}, silent(nil))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.context.Model
}

// settingsOf returns every environment variable that sets a flag.
func settingsOf(t *testing.T) (names []string) {
	t.Helper()
	names = []string{"SUMMARIZER_CONFIG"}
	for _, same := range settings.Flags(modelOf(t)) {
		names = append(names, settings.Variables(same[0])...)
	}
	return names
}

// pageRow is a flag, and the commands that take it.
type pageRow struct {
	flag     *kong.Flag
	commands []string
}

// pageSection holds the flags of one group, in the order in which they are declared.
type pageSection struct {
	title string
	rows  []*pageRow
}

const configurationHead = `<!-- Generated from the flags of cmd/summarizer by "make generate": do not edit. -->
# Configuration

A flag is taken from the command line, else from its environment variable, else from the YAML file of
` + "`--config`" + `, else it has its default. The variable of ` + "`--max-streams`" + ` is
` + "`SUMMARIZER_MAX_STREAMS`" + `, its line in the file ` + "`max-streams: 1000`" + `. Flags marked * have neither.

An unknown key in the file is an error with its line. An unknown variable that begins with
` + "`SUMMARIZER_`" + ` is a warning with the nearest known one. An empty variable counts as not set, except
` + "`SUMMARIZER_ADMIN_LISTEN` and `SUMMARIZER_HTTP_LISTEN`" + `, which it turns off. ` + "`serve --check`" + ` reads all
settings and the files that they name, reports every fault, and exits with 1 if there is one. Keys of
language models come from the environment or from files, never from a flag.

The file alone may hold ` + "`llm.endpoints`" + `, [several endpoints](endpoints.md#several-endpoints), and
` + "`llm.verify`" + `, the endpoint of a [second opinion](grounding.md#a-second-opinion). OpenTelemetry reads
[variables of its own](observability.md#opentelemetry).

` + "`summarizer COMMAND --help`" + ` prints the flags of one command, ` + "`summarizer man`" + ` all of them as
manual pages.
`

// configuration writes the page.
func configuration(app *kong.Application) string {
	var out strings.Builder
	out.WriteString(configurationHead)
	for _, section := range sectionsOf(app) {
		fmt.Fprintf(&out, "\n## %s\n\n", section.title)
		commands := section.rows[0].commands
		for _, row := range section.rows {
			if len(row.commands) > len(commands) {
				commands = row.commands
			}
		}
		if of := strings.Join(commands, ", "); of != section.title && commands[0] != "all" {
			fmt.Fprintf(&out, "Flags of %s.\n\n", of)
		}
		out.WriteString("| flag | default | meaning |\n|---|---|---|\n")
		for _, row := range section.rows {
			out.WriteString(row.markdown(commands))
		}
	}
	return out.String()
}

// markdown returns the row of a flag in a section whose flags are of these commands.
func (row *pageRow) markdown(commands []string) string {
	name := "`--" + row.flag.Name + "`"
	if row.flag.Short != 0 {
		name += ", `-" + string(row.flag.Short) + "`"
	}
	if !settings.Configurable(row.flag) {
		name += " *"
	}
	value := ""
	if row.flag.HasDefault && row.flag.Default != "" && !row.flag.IsBool() {
		value = "`" + row.flag.Default + "`"
	}
	meaning := strings.ReplaceAll(row.flag.Help, "|", `\|`)
	if limits := settings.RangeOf(row.flag); limits != "" && !slices.Contains([]string{"at least 0", "at least 0s", "at least 1ms"}, limits) && !strings.Contains(meaning, limits) {
		meaning += " Range: " + limits + "."
	}
	if !slices.Equal(row.commands, commands) {
		meaning += " Only: " + strings.Join(row.commands, ", ") + "."
	}
	return fmt.Sprintf("| %s | %s | %s |\n", name, value, meaning)
}

// sectionsOf gathers the flags by their groups. Flags of one name and meaning are
// one row.
func sectionsOf(app *kong.Application) (sections []*pageSection) {
	add := func(flag *kong.Flag, command string) {
		title := command
		switch {
		case command == "":
			title, command = "Every command", "all"
		case flag.Group != nil:
			title = strings.TrimSuffix(flag.Group.Title, ":")
		default:
			title, _, _ = strings.Cut(command, " ") // "keys add" and "keys list" are one section
		}
		i := slices.IndexFunc(sections, func(s *pageSection) bool { return s.title == title })
		if i < 0 {
			i = len(sections)
			sections = append(sections, &pageSection{title: title})
		}
		section := sections[i]
		for _, row := range section.rows {
			if row.flag.Name == flag.Name && row.flag.Help == flag.Help && row.flag.Default == flag.Default {
				row.commands = append(row.commands, command)
				return
			}
		}
		section.rows = append(section.rows, &pageRow{flag, []string{command}})
	}
	var walk func(node *kong.Node, path string)
	walk = func(node *kong.Node, path string) {
		for _, flag := range node.Flags {
			if !flag.Hidden && (flag.Name != "help" || path == "") {
				add(flag, path)
			}
		}
		for _, child := range node.Children {
			walk(child, strings.TrimSpace(path+" "+child.Name))
		}
	}
	walk(app.Node, "")
	return sections
}

// The page shows what the code says, not what the page said.
func TestConfigurationPageShowsFlags(t *testing.T) {
	page := configuration(modelOf(t))
	for _, want := range []string{
		"| `--listen` | `127.0.0.1:50051` | Address for gRPC, or unix:///PATH. Port 0 means any. |",
		"| `--llm-base-url` |  | Base URL of its OpenAI-compatible API; OPENAI_BASE_URL is read too.",
		"| `--version`, `-v` * |  | Print the version and exit. |",
		"| `--max-receive-bytes` | `4194304` | Maximum size of a received message. Range: at least 1024. |",
		"\n## keys\n\nFlags of keys add, keys set, keys list, keys remove.\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

// Each default is in its range, and ranges written out in tags are the ranges of the
// contract.
func TestRanges(t *testing.T) {
	var defaults strings.Builder
	ranges := make(map[string]string)
	for name, same := range settings.Flags(modelOf(t)) {
		for _, flag := range same {
			ranges[name] = settings.RangeOf(flag)
		}
		if ranges[name] != "" {
			fmt.Fprintf(&defaults, "%s: %s\n", name, same[0].Default)
		}
	}
	if _, err := parse([]string{"serve", "--config", write(t, "config.yaml", defaults.String())}, silent(nil)); err != nil {
		t.Errorf("of the defaults\n%s%v", defaults.String(), err)
	}
	for name, limit := range map[string]int{"max-sentences": summarizer.MaxSentences, "max-topics": summarizer.MaxTopics} {
		if want := fmt.Sprintf("1 to %d", limit); ranges[name] != want {
			t.Errorf("--%s takes %s, want %s", name, ranges[name], want)
		}
	}
}

// The help of a flag shows its default, or in capitals the kind of its value.
func TestFlagsShowTheirDefaults(t *testing.T) {
	_ = kong.Visit(modelOf(t), func(node kong.Visitable, next kong.Next) error {
		flag, ok := node.(*kong.Flag)
		if ok && !flag.IsBool() && flag.PlaceHolder != flag.Default && strings.ContainsFunc(flag.PlaceHolder, func(r rune) bool {
			return !unicode.IsUpper(r) && !strings.ContainsRune(":/", r)
		}) {
			t.Errorf("--%s shows %s, and its default is %q", flag.Name, flag.PlaceHolder, flag.Default)
		}
		if ok && flag.Default == "" && flag.Tag.Get("std") != "" {
			t.Errorf("--%s: there is no default %q", flag.Name, flag.Tag.Get("std"))
		}
		return next(nil)
	})
}
