package article

// detectLanguage returns the language of text as a BCP-47 tag, or Undetermined.
func detectLanguage(text string) string {
	return Undetermined
}
