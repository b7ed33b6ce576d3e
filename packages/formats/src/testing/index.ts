/**
 * `@dl/formats/testing`: damaged files, for tests of readers.
 */
export { fuzz, FuzzFailure, type FuzzOptions, type FuzzResult, type FuzzTarget } from './fuzz.ts';
export { mutate, seededRandom } from './mutate.ts';
