package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/seed-59202292/summarizer/internal/manual"
	"github.com/seed-59202292/summarizer/internal/settings"
)

// completionCmd prints what a shell needs to complete commands and flags. The shell asks the
// program itself at each Tab, so that it offers what this version takes.
type completionCmd struct {
	Shell string `arg:"" help:"bash, zsh or fish." enum:"bash,zsh,fish"`
}

// Help implements kong.HelpProvider.
func (*completionCmd) Help() string {
	return `Examples:

    source <(summarizer completion bash)
    source <(summarizer completion zsh)
    summarizer completion fish | source

Prints a line or two and changes no file. To have completion in each session, put the line for your shell into its start file.`
}

var completions = map[string]string{
	"bash": "complete -o default -o bashdefault -C summarizer summarizer\n",
	"zsh":  "autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -o bashdefault -C summarizer summarizer\n",
	"fish": `function __summarizer_complete
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct); and set COMP_LINE "$COMP_LINE "
    summarizer
end
complete -c summarizer -a "(__summarizer_complete)"
`,
}

// Run prints the lines.
func (c *completionCmd) Run(env *environment) error {
	_, err := io.WriteString(env.stdout, completions[c.Shell])
	return err
}

type manCmd struct {
	Command []string `arg:"" optional:"" help:"Command of the page, such as keys add. Default: the whole program."`
}

// Help implements kong.HelpProvider.
func (*manCmd) Help() string {
	return `Examples:

    summarizer man batch | man -l -
    summarizer man > summarizer.1`
}

// Run prints a manual page.
func (c *manCmd) Run(env *environment, invoked *invocation) error {
	app := invoked.context.Model
	node := app.Node
	for _, name := range c.Command {
		next := childOf(node, name)
		if next == nil {
			return fmt.Errorf("there is no command %q: see %s --help", strings.Join(c.Command, " "), node.FullPath())
		}
		node = next
	}
	return manual.Write(env.stdout, app, node, manual.Options{
		Version: versionOf(), Environment: epilogue,
		Variables: func(flag *kong.Flag) []string {
			if !settings.Configurable(flag) {
				return nil
			}
			return settings.Variables(flag)
		},
	})
}

func childOf(node *kong.Node, name string) *kong.Node {
	for _, child := range node.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}
