package batch

import (
	"cmp"
	"crypto/sha256"
	"iter"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// stories knows the newest version of each story that a run and those before it have come
// across. A story takes some 200 bytes. It is not safe for concurrent use.
type stories struct {
	newest map[storyKey]storyVersion
}

// storyKey is a hash of what identifies a story.
type storyKey [16]byte

func storyKeyOf(story string) storyKey {
	sum := sha256.Sum256([]byte(story))
	return storyKey(sum[:16])
}

// storyVersion is one of the versions of a story.
type storyVersion struct {
	version   archive.Version
	withdrawn bool
	place     archive.Location
	digest    digest
	isTaken   bool // this run has it already
}

// compare returns -1, 0 or 1 as v is older than, as old as, or newer than other. Where the
// publisher does not say, a withdrawal counts as newer than the article, and the place that
// is read later, in the order of names, as newer than the one before.
func (v *storyVersion) compare(other *storyVersion) int {
	withdrawn := 0
	if v.withdrawn != other.withdrawn {
		withdrawn = -1
		if v.withdrawn {
			withdrawn = 1
		}
	}
	return cmp.Or(
		v.version.Compare(other.version),
		withdrawn,
		cmp.Compare(v.place.Path, other.place.Path),
		cmp.Compare(v.place.Member, other.place.Member),
		cmp.Compare(v.place.Ordinal, other.place.Ordinal),
		cmp.Compare(v.place.Line, other.place.Line),
	)
}

// record takes a version into account, and reports whether none is newer. Of two of the same
// age the later counts.
func (s *stories) record(story string, v storyVersion) bool {
	if s.newest == nil {
		s.newest = make(map[storyKey]storyVersion)
	}
	key := storyKeyOf(story)
	if known, ok := s.newest[key]; ok && v.compare(&known) < 0 {
		return false
	}
	s.newest[key] = v
	return true
}

// take reports whether an article is to be answered, or has been by an earlier run, as the
// newest version of its story so far; and whether it takes the place of another one.
func (s *stories) take(a *archive.Entry) (isNewest, replaces bool) {
	key, v := storyKeyOf(a.Story), versionOf(a)
	v.isTaken = true
	known, ok := s.newest[key]
	switch {
	case !ok:
	case known.digest == v.digest && known.isTaken:
		return false, false
	case known.digest == v.digest:
		v.place = known.place
	case v.compare(&known) < 0:
		return false, false
	default:
		replaces = true
	}
	return s.record(a.Story, v), replaces
}

func versionOf(a *archive.Entry) storyVersion {
	return storyVersion{version: a.Version, withdrawn: a.Status != "", place: a.Location, digest: digestOf(a)}
}

// Newest leaves out of a sequence the versions of stories that are older than one that came
// before, or the same. Skipped, if set, is told of them. An older version that comes first is
// yielded: only a Journal can take its row out.
func Newest(articles iter.Seq2[*archive.Entry, error], skipped func(archive.Location, archive.Skip)) iter.Seq2[*archive.Entry, error] {
	return func(yield func(*archive.Entry, error) bool) {
		var known stories
		for a, err := range articles {
			if a != nil && a.Story != "" {
				if isNewest, _ := known.take(a); !isNewest {
					if skipped != nil {
						skipped(a.Location, archive.SkipOlder)
					}
					continue
				}
			}
			if !yield(a, err) {
				return
			}
		}
	}
}
