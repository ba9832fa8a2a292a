// Command fit learns the tables of the local engine from labelled data and writes
// them as Go:
//
//	go run ./internal/local/fit summaries [-o internal/local/weights.go] CORPUS.jsonl CORPUS.jsonl...
//	go run ./internal/local/fit topics [-o internal/local/fitted.go] DIR
//	go run ./internal/local/fit senses [-o internal/local/fitted_senses.go] internal/local/testdata
//	go run ./internal/local/fit vectors -o internal/local/vectors.bin DIR
//	go run ./internal/local/fit candidates [-o internal/local/fitted_candidates.go] DIR
//
// They print how well the fit does on articles that it has not seen, unless -report is
// false, and without -o do nothing else. The candidates are fitted with the vectors that
// the program was built with.
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

// commands are what can be fitted. Each returns the file with the weights learned
// from the data that args name, and prints on report, unless that is nil, how well it does.
var commands = map[string]func(args []string, report io.Writer) (file []byte, err error){
	"summaries":  fitSummaries,
	"topics":     fitTopics,
	"senses":     fitSenses,
	"vectors":    cutVectors,
	"candidates": fitCandidates,
}

func run(args []string, stdout io.Writer) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("say what to fit: summaries, topics, senses, vectors or candidates")
	}
	flags := flag.NewFlagSet("fit "+args[0], flag.ContinueOnError)
	output := flags.String("o", "", "file to write what is fitted to")
	measured := flags.Bool("report", true, "print how well the fit does")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	var report io.Writer
	if *measured {
		report = stdout
	}
	file, err := commands[args[0]](flags.Args(), report)
	if err != nil || *output == "" {
		return err
	}
	return os.WriteFile(*output, file, 0o644)
}

// folder returns the one folder that args name.
func folder(args []string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("name the folder of the labelled data")
	}
	return args[0], nil
}
