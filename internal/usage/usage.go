// Package usage explains command lines that cannot be used: what is at fault, and what to write
// in its place.
package usage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Explain names the way out of a command line of arguments that cannot be used. The context may
// be nil. Piped tells that text waits at standard input.
func Explain(err error, ctx *kong.Context, args []string, piped bool) error {
	if parseError, ok := errors.AsType[*kong.ParseError](err); ok {
		ctx = parseError.Context
	}
	text := strings.ReplaceAll(err.Error(), `must be one of "",`, "must be one of ")
	if ctx == nil || ctx.Selected() == nil {
		if name, ok := strings.CutPrefix(text, "unexpected argument "); ok {
			text = explainNoCommand(name)
		}
		return fmt.Errorf("%s; see summarizer --help", text)
	}
	node := ctx.Selected()
	switch {
	case strings.HasPrefix(text, "unknown flag -"):
		for _, given := range args {
			if letters, ok := strings.CutPrefix(given, "-"); ok && hasLongFlag(ctx, letters) {
				text = fmt.Sprintf("unknown flag %s: write -%[1]s with two dashes", given)
			}
		}
	case strings.HasPrefix(text, `expected "<`):
		text = missingArgument(node, piped)
	}
	return fmt.Errorf("%s; see %s --help", text, node.FullPath())
}

// explainNoCommand explains an argument in place of a command: kong may have added which
// command comes close.
func explainNoCommand(name string) string {
	_, err := os.Stat(name)
	switch {
	case isAddress(name):
		return name + " is not a command: " + fetchFirst(name, "analyze", []string{name})
	case err == nil || name == "-":
		return fmt.Sprintf("%[1]s is not a command: to summarize it, write summarizer analyze %[1]s", name)
	}
	return "there is no command " + name
}

// hasLongFlag reports whether a flag has a name of several letters; a value may follow.
func hasLongFlag(ctx *kong.Context, name string) bool {
	name, _, _ = strings.Cut(name, "=")
	return len(name) > 1 && slices.ContainsFunc(ctx.Flags(), func(flag *kong.Flag) bool { return flag.Name == name })
}

// missingArgument says which argument of a command is missing, and what to give.
func missingArgument(node *kong.Node, piped bool) string {
	command := node.FullPath()
	for _, argument := range node.Positional {
		switch {
		case !argument.Required || argument.Set:
			continue
		case !strings.Contains(argument.Help, "- is standard input"):
		case piped:
			return fmt.Sprintf("no %s is named: to read what is piped in, write %s -", argument.Name, command)
		default:
			return fmt.Sprintf("no %s is named: name one, or - for standard input, such as %s %s", argument.Name, command, strings.ToUpper(argument.Name))
		}
		return fmt.Sprintf("no %s is given: write %s %s", argument.Name, command, strings.ToUpper(argument.Name))
	}
	return "an argument is missing"
}

// IsPiped reports whether a pipe or a file stands for standard input.
func IsPiped(stdin io.Reader) bool {
	file, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && (info.Mode().IsRegular() || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0)
}

var address = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// isAddress reports whether a path is the address of something that is no file here.
func isAddress(path string) bool {
	if !address.MatchString(path) {
		return false
	}
	_, err := filepath.EvalSymlinks(path)
	return err != nil
}

// fetchFirst tells how to fetch an address and to pipe the content into a command of
// arguments, in which the address stands.
func fetchFirst(address, command string, args []string) string {
	line := "curl -s " + quoted(address) + " | summarizer " + command
	for _, arg := range args {
		if arg == address {
			arg = "-"
		}
		line += " " + quoted(arg)
	}
	return "addresses are not fetched: " + line
}

// plainWord matches arguments that a shell takes as they are.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// quoted returns an argument as a shell takes it.
func quoted(arg string) string {
	if plainWord.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// Placeholders of the flags that name files.
var pathPlaceholders = []string{"FILE", "DIR", "OUT"}

// CheckPaths reports addresses in place of files.
func CheckPaths(ctx *kong.Context) (err error) {
	if node := ctx.Selected(); node != nil {
		for _, argument := range node.Positional {
			for _, path := range paths(argument.Target.Interface()) {
				if isAddress(path) {
					command := strings.TrimPrefix(node.FullPath(), "summarizer ")
					err = errors.Join(err, errors.New(fetchFirst(path, command, argumentsOf(ctx, command))))
				}
			}
		}
	}
	for _, flag := range ctx.Flags() {
		for _, path := range paths(flag.Target.Interface()) {
			if slices.Contains(pathPlaceholders, flag.PlaceHolder) && isAddress(path) {
				err = errors.Join(err, fmt.Errorf("--%s: %s is an address: name a file or directory of this machine", flag.Name, path))
			}
		}
	}
	return err
}

// argumentsOf returns the arguments of a command line behind the words of its command.
func argumentsOf(ctx *kong.Context, command string) []string {
	words := strings.Fields(command)
	for i := range ctx.Args {
		if rest := ctx.Args[i:]; len(rest) >= len(words) && slices.Equal(rest[:len(words)], words) {
			return rest[len(words):]
		}
	}
	return nil
}

// paths returns the value of a flag or an argument where it is text.
func paths(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []string:
		return value
	}
	return nil
}
