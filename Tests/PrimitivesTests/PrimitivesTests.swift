// Tests of the ground: every promise that the modules above build on, one suite per type.
//
// Random tests take their seed as an argument, so that a failure names it.
