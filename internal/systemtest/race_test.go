//go:build race

package systemtest

// raceDetector says that the tests and their programs run under it, which takes
// several times the memory.
const raceDetector = true
