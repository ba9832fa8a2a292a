// Package eval scores engines against labelled data and reports the scores.
//
// Run reads labelled rows as a stream, cleans each article once, and has every
// system answer it: an engine, the first sentences of the article, or a file of
// answers that were made elsewhere. Only labelled features are asked for: a summary
// where the row has a reference, topics where it has labels. Of an answer only
// figures stay in memory, a few hundred bytes a row, beside the texts of the few
// examples that the report shows.
//
// Summaries are scored by ROUGE (rouge.go), topics by F1 and by how often the main
// one is found (topics.go), confidences by calibration (calibration.go). Intervals
// come from a bootstrap over articles (bootstrap.go) in which all systems see the
// same samples, so that differences are paired. Everything but latency is the same
// for the same data, answers and seed, whatever the number of cores.
//
// The Report is plain data for JSON; table.go prints it for a terminal and html.go
// as one page that needs nothing else. The examples hold article text, as a report
// on one's own data should, unless Options.OmitText leaves it out. Errors and
// failure counts never do.
package eval
