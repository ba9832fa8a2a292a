package systemtest

import (
	"os"
	"strconv"
)

// scaleVariable makes tests longer whose length is a matter of taste.
const scaleVariable = "SUMMARIZER_TEST_SCALE"

// testScale returns the factor, 1 unless the variable says otherwise.
func testScale() int {
	value := os.Getenv(scaleVariable)
	if value == "" {
		return 1
	}
	scale, err := strconv.Atoi(value)
	if err != nil || scale < 1 || scale > 1000 {
		panic(scaleVariable + " is " + strconv.Quote(value) + ": write a whole factor from 1 to 1000, such as 12")
	}
	return scale
}
