// Command notices prints the licences of the modules that a program of the module in
// the working directory is linked with, of Go itself first. It follows GOOS and GOARCH.
// It fails where a module has no licence, or none whose terms are known to be kept.
// Usage: notices PACKAGE
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: notices PACKAGE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

const head = `The program holds the code of these modules, unchanged, under their licences. The source
of each is at https://NAME, and "go mod download NAME@VERSION" fetches it.
`

// component is a module, or Go's standard library, with the directories of the packages
// that are linked.
type component struct {
	name, version, root string
	packages            []string
}

func run(program string, out io.Writer) error {
	components, err := linked(program)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	page.WriteString(head)
	for _, c := range components {
		if err := c.write(&page); err != nil {
			return fmt.Errorf("%s %s: %w", c.name, c.version, err)
		}
	}
	_, err = out.Write(page.Bytes())
	return err
}

// linked returns what a program is linked with, by name, the standard library first.
func linked(program string) ([]component, error) {
	version, err := goCommand("env", "GOVERSION", "GOROOT")
	if err != nil {
		return nil, err
	}
	goVersion, goRoot, _ := strings.Cut(strings.TrimSpace(string(version)), "\n")
	listed, err := goCommand("list", "-deps", "-json=Dir,Module", program)
	if err != nil {
		return nil, err
	}
	modules := map[string]*component{}
	for packages := json.NewDecoder(bytes.NewReader(listed)); ; {
		var p struct {
			Dir    string
			Module *struct {
				Path, Version, Dir string
				Main               bool
				Replace            *struct{}
			}
		}
		switch err := packages.Decode(&p); {
		case errors.Is(err, io.EOF):
			all := []component{{name: "Go", version: goVersion, root: goRoot, packages: []string{goRoot}}}
			for _, m := range modules {
				all = append(all, *m)
			}
			slices.SortFunc(all[1:], func(a, b component) int { return strings.Compare(a.name, b.name) })
			return all, nil
		case err != nil:
			return nil, err
		case p.Module == nil || p.Module.Main:
			continue
		case p.Module.Replace != nil:
			return nil, fmt.Errorf("%s is replaced: the notices would name another source", p.Module.Path)
		}
		m := p.Module
		if modules[m.Path] == nil {
			modules[m.Path] = &component{name: m.Path, version: m.Version, root: m.Dir}
		}
		modules[m.Path].packages = append(modules[m.Path].packages, p.Dir)
	}
}

func goCommand(args ...string) ([]byte, error) {
	command := exec.Command("go", args...)
	command.Stderr = os.Stderr
	return command.Output()
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// known are words of the licences that allow what the program does with the modules.
// Mozilla's asks for the address of the source, which the head of the page has.
var known = []string{
	"Apache License", "Permission is hereby granted, free of charge", "Redistribution and use in source and binary forms",
	"Mozilla Public License Version 2.0", "Mozilla Public License, version 2.0", "CC0 1.0 Universal", "public domain",
}

// write writes the licences between the packages and the root of a module.
func (c component) write(page *bytes.Buffer) error {
	var files []string
	for _, dir := range c.packages {
		for ; ; dir = filepath.Dir(dir) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if path := filepath.Join(dir, e.Name()); e.Type().IsRegular() && licenceFile.MatchString(e.Name()) && !slices.Contains(files, path) {
					files = append(files, path)
				}
			}
			if dir == c.root {
				break
			}
		}
	}
	slices.Sort(files)
	judged := false
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(c.root, path)
		if err != nil {
			return err
		}
		plain := strings.Join(strings.Fields(string(text)), " ")
		if strings.Contains(plain, "GNU GENERAL PUBLIC") || strings.Contains(plain, "GNU AFFERO") || strings.Contains(plain, "GNU LESSER") {
			return fmt.Errorf("%s is a licence that the program cannot be given away under", name)
		}
		judged = judged || slices.ContainsFunc(known, func(words string) bool { return strings.Contains(plain, words) })
		fmt.Fprintf(page, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("=", 80), c.name, c.version, filepath.ToSlash(name), bytes.TrimSpace(text))
	}
	if !judged {
		return fmt.Errorf("none of its files %q is a licence that is known: read it, and add its words to tools/notices", files)
	}
	return nil
}
