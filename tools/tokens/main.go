// Command tokens counts the tokens of requests as OpenAI's models of the GPT-4o and GPT-5
// families read them (o200k_base), for the arithmetic of docs/archives.md. It has a module
// of its own, as the tables of the tokenizer are large and nothing else needs them.
//
//	summarizer batch examples/archive.jsonl -o /tmp/o.jsonl --llm-batch-dir /tmp/requests --llm-model gpt-5-mini --llm-base-url http://localhost
//	cd tools/tokens && go run . /tmp/requests/requests-0001.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/tiktoken-go/tokenizer"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tokens:", err)
		os.Exit(1)
	}
}

func run(paths []string) error {
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	if err != nil {
		return err
	}
	count := func(text string) int {
		n, err := codec.Count(text)
		if err != nil {
			panic(err) // no text is without tokens
		}
		return n
	}
	requests, instructions, schema, articles, bytes := 0, 0, 0, 0, 0
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var row struct {
				Body struct {
					Format   json.RawMessage `json:"response_format"`
					Messages []struct{ Role, Content string }
				}
			}
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				return err
			}
			requests++
			schema += count(string(row.Body.Format))
			for _, m := range row.Body.Messages {
				if m.Role == "system" {
					instructions += count(m.Content)
				} else {
					articles += count(m.Content)
					bytes += len(m.Content)
				}
			}
		}
		if err := lines.Err(); err != nil {
			return err
		}
	}
	if requests == 0 {
		return fmt.Errorf("there are no requests: name files that summarizer batch --llm-batch-dir has written")
	}
	mean := func(total int) float64 { return float64(total) / float64(requests) }
	fmt.Printf("requests %d\n", requests)
	fmt.Printf("tokens of the instructions %.0f\n", mean(instructions))
	fmt.Printf("tokens of the schema as a format %.0f\n", mean(schema))
	fmt.Printf("tokens of the article %.0f, of %.0f bytes\n", mean(articles), mean(bytes))
	return nil
}
