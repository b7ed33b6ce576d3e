// A Web Worker: posts the result.
import { train } from './program.js';

train().then(
  (result) => postMessage(result),
  (error) => postMessage({ error: String(error?.stack ?? error) }),
);
