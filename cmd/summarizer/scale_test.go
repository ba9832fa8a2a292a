package main

func testScale() int { return 1 }
