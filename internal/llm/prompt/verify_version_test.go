package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// A verifier with another prompt or schema is another verifier: what it found is kept
// under VerifierVersion.
func TestVerifierVersion(t *testing.T) {
	sum := sha256.Sum256([]byte(verifyPrompt + verdictsSchema))
	got := hex.EncodeToString(sum[:8])
	want := map[string]string{"1": "f43adb61a7b6bcf9"}[VerifierVersion]
	if got != want {
		t.Errorf("prompt and schema of version %s are %s, and were %q: raise VerifierVersion, and record the digest here", VerifierVersion, got, want)
	}
}
