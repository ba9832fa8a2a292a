package article

// classify tells the lines of the page apart: their roles, and which are
// boilerplate.
func (p *page) classify(title string) {
}
