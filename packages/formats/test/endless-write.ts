// Writes a file that never ends, until it is killed. A test reads what is left.
import { writeTo } from '@dl/formats';

async function* endless(): AsyncGenerator<Uint8Array, void> {
  for (let i = 0; ; i++) {
    yield new Uint8Array(2 ** 20);
    if (i === 2) process.stdout.write('begun\n');
    if (i > 2) await new Promise((done) => setTimeout(done, 100));
  }
}

await writeTo(process.argv[2]!, endless());
