/**
 * For tests of backends and ops: the conformance suite, its samples, and comparison helpers.
 */
export { conformanceCases, toleranceOf, type ConformanceCase } from './testing/conformance.ts';
export { SAMPLES, type Domain, type InputSample, type Sample } from './testing/samples.ts';
export { laidOut, LAYOUTS, type LayoutName } from './testing/layouts.ts';
export { expectClose } from './testing/compare.ts';
export { fuzzCases, fuzzProgram, type FuzzOptions, type FuzzProgram } from './testing/fuzz.ts';
export { testRandom, type TestRandom } from './testing/random.ts';
export { interpret, reference } from './backend/reference/reference.ts';
export { checkProgram } from './testing/check-program.ts';
