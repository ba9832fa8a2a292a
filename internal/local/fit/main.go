// Command fit learns the tables of the local engine from labelled data and writes
// them as Go:
//
//	go run ./internal/local/fit summaries [-o internal/local/weights.go] CORPUS.jsonl CORPUS.jsonl...
//	go run ./internal/local/fit topics [-o internal/local/fitted.go] DIR
//	go run ./internal/local/fit vectors -o internal/local/vectors.bin DIR
//	go run ./internal/local/fit candidates [-o internal/local/fitted_candidates.go] DIR
//
// They print how well the fit does on articles that it has not seen, unless -report is
// false, and without -o do nothing else. The candidates are fitted with the vectors that the program was built with.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fit:", err)
		os.Exit(1)
	}
}

// commands are what can be fitted.
var commands = map[string]func(flags *flag.FlagSet, args []string, stdout io.Writer) error{
	"summaries":  fitSummaries,
	"topics":     fitTopics,
	"vectors":    cutVectors,
	"candidates": fitCandidates,
}

func run(args []string, stdout io.Writer) error {
	if len(args) > 0 {
		if command := commands[args[0]]; command != nil {
			return command(flag.NewFlagSet("fit "+args[0], flag.ContinueOnError), args[1:], stdout)
		}
	}
	return fmt.Errorf("say what to fit: summaries, topics, vectors or candidates")
}
