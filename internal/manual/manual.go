// Package manual writes manual pages out of the declarations of the command line, in the
// man macros of roff. Help and manual cannot differ: both are the same text.
package manual

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Options are what a page says besides the command line.
type Options struct {
	Version     string
	Environment string // of the whole program: where else flags come from
	Variables   func(*kong.Flag) []string
}

// Write writes the page of a node: the program, or one command of it.
func Write(out io.Writer, app *kong.Application, node *kong.Node, options Options) error {
	var page bytes.Buffer
	name := strings.ReplaceAll(node.FullPath(), " ", "-")
	fmt.Fprintf(&page, ".TH %s 1 \"\" %s\n", quoted(strings.ToUpper(name)), quoted(app.Name+" "+options.Version))
	section(&page, "NAME")
	fmt.Fprintf(&page, "%s \\- %s\n", escaped(name), escaped(strings.TrimSuffix(oneSentence(node.Help), ".")))
	section(&page, "SYNOPSIS")
	fmt.Fprintf(&page, ".B %s\n%s\n", escaped(node.FullPath()), escaped(strings.TrimSpace(strings.TrimPrefix(node.Summary(), node.Name))))
	section(&page, "DESCRIPTION")
	paragraphs(&page, node.Help)
	paragraphs(&page, node.Detail)
	if leaves := node.Leaves(true); len(node.Children) > 0 {
		section(&page, "COMMANDS")
		for _, leaf := range leaves {
			item(&page, leaf.FullPath(), leaf.Help)
		}
	}
	if len(node.Positional) > 0 {
		section(&page, "ARGUMENTS")
		for _, argument := range node.Positional {
			item(&page, argument.Summary(), argument.Help)
		}
	}
	flags(&page, node, options)
	section(&page, "ENVIRONMENT")
	paragraphs(&page, options.Environment)
	if node != app.Node {
		section(&page, "SEE ALSO")
		fmt.Fprintf(&page, "%s\n", escaped(app.Name+"(1)"))
	}
	_, err := out.Write(page.Bytes())
	return err
}

// flags writes the flags of a node, the ones without a group first.
func flags(page *bytes.Buffer, node *kong.Node, options Options) {
	type group struct {
		title string
		flags []*kong.Flag
	}
	groups := []*group{{title: "OPTIONS"}}
	for _, inherited := range node.AllFlags(true) {
		for _, flag := range inherited {
			title := "OPTIONS"
			if flag.Group != nil {
				title = strings.ToUpper(strings.TrimSuffix(cmp.Or(flag.Group.Title, flag.Group.Key), ":"))
			}
			at := slices.IndexFunc(groups, func(g *group) bool { return g.title == title })
			if at < 0 {
				at = len(groups)
				groups = append(groups, &group{title: title})
			}
			groups[at].flags = append(groups[at].flags, flag)
		}
	}
	for _, g := range groups {
		if len(g.flags) == 0 {
			continue
		}
		section(page, g.title)
		for _, flag := range g.flags {
			help := flag.Help
			if variables := options.Variables(flag); len(variables) > 0 {
				help += " Variable: " + strings.Join(variables, ", ") + "."
			}
			item(page, flag.String(), help)
		}
	}
}

func section(page *bytes.Buffer, title string) { fmt.Fprintf(page, ".SH %s\n", quoted(title)) }

// item writes a term in bold with its explanation.
func item(page *bytes.Buffer, term, text string) {
	fmt.Fprintf(page, ".TP\n.B %s\n%s\n", escaped(term), escaped(text))
}

// paragraphs writes text whose paragraphs have empty lines between them; lines that begin
// with four blanks stay as they are.
func paragraphs(page *bytes.Buffer, text string) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if strings.HasPrefix(paragraph, "    ") {
			fmt.Fprintf(page, ".PP\n.nf\n")
			for line := range strings.Lines(paragraph) {
				fmt.Fprintf(page, "%s\n", escaped(strings.TrimSuffix(line, "\n")))
			}
			fmt.Fprintf(page, ".fi\n")
		} else if paragraph != "" {
			fmt.Fprintf(page, ".PP\n%s\n", escaped(paragraph))
		}
	}
}

// oneSentence returns the first sentence of a help text, for the index of all pages.
func oneSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return first
}

var special = strings.NewReplacer(`\`, `\e`, "-", `\-`)

// escaped returns text whose lines roff takes for nothing but text.
func escaped(text string) string {
	text = special.Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return strings.NewReplacer("\n.", "\n\\&.", "\n'", "\n\\&'").Replace(text)
}

func quoted(text string) string { return `"` + strings.ReplaceAll(escaped(text), `"`, `\(dq`) + `"` }
