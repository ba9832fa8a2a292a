package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// pageTokenVersion is the first byte of a page token. Tokens of another version are
// refused, and their clients begin anew.
const pageTokenVersion = 1

// pageTokens seals the position of a page, so that no client comes to read or make
// tokens, and none is used on another listing. The key is made of what is listed: every
// server of the same taxonomy reads the tokens of the others, also after a restart.
type pageTokens struct{ aead cipher.AEAD }

func newPageTokens(taxonomyVersion string) pageTokens {
	key := sha256.Sum256([]byte("summarizer page token/" + taxonomyVersion))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has the length of one
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // the block has the size of AES
	}
	return pageTokens{aead}
}

// seal returns the token of the page of listing that begins at begin.
func (p pageTokens) seal(listing string, begin int) string {
	sealed := p.aead.Seal([]byte{pageTokenVersion}, nil, binary.AppendUvarint(nil, uint64(begin)), []byte(listing)) //nolint:gosec // the nonce is random, and made by Seal
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// open returns where the page of a token begins. An empty token is of the first page.
func (p pageTokens) open(listing, token string) (begin int, ok bool) {
	if token == "" {
		return 0, true
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(sealed) == 0 || sealed[0] != pageTokenVersion {
		return 0, false
	}
	position, err := p.aead.Open(nil, nil, sealed[1:], []byte(listing))
	if err != nil {
		return 0, false
	}
	number, n := binary.Uvarint(position)
	return int(number), n == len(position) && n > 0
}
