/**
 * `@dl/keras/search`: how well a model does on data it has not seen, and which settings do best.
 */
import './setup.ts';

export { crossValidate, type CrossValidateOptions, type CrossValidation } from './search/cross-validate.ts';
export { kFold, type Fold, type KFoldOptions } from './search/k-fold.ts';
export { randomSearch, type RandomSearchOptions, type SearchResults, type Trial } from './search/random-search.ts';
export { choice, int, logUniform, uniform, type Params, type Sampler, type Space } from './search/space.ts';
