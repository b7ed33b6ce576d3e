// Bun and Deno: prints the result.
import { train } from './program.js';

console.log(JSON.stringify(await train()));
