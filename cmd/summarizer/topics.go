package main

import (
	"fmt"
	"text/tabwriter"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/server"
)

type topicsCmd struct {
	Taxonomy string `help:"Topics from a YAML file in place of the built-in ones; FILE.fr.yaml beside FILE.yaml has them in French." placeholder:"FILE"`
	Language string `name:"display-language" help:"Language of topic names, such as fr. Default: the language of the taxonomy." placeholder:"TAG" config:"-"`
	JSON     bool   `name:"json" help:"Print a ListTopicsResponse as JSON." config:"-"`
}

// Help implements kong.HelpProvider.
func (*topicsCmd) Help() string {
	return `Also checks a taxonomy: a malformed file is an error with its line.`
}

// Run prints the taxonomy.
func (c *topicsCmd) Run(env *environment) error {
	topics, err := loadTaxonomy(c.Taxonomy)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(env.stdout, &summarizerv1.ListTopicsResponse{
			TaxonomyVersion: topics.Version(), Topics: server.TopicProtos(topics.NamedIn(c.Language)),
		})
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tGROUP\tIPTC")
	for _, t := range topics.NamedIn(c.Language) {
		iptc := t.IPTCCode
		if iptc != "" {
			iptc += " (" + t.IPTCRelation + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.ID, article.Printable(t.DisplayName), article.Printable(t.Group), iptc)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "\n%d topics, version %s\n", len(topics.Topics()), topics.Version())
	return nil
}
