/**
 * Callbacks, as `keras.callbacks`.
 */
export { Callback, type CallbackParams, type Logs } from './callbacks/callback.ts';
export { History } from './callbacks/history.ts';
export { ProgbarLogger } from './callbacks/progbar-logger.ts';
