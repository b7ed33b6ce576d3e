/**
 * Command line of the profiler: `npm run profile -- NETWORK [training|inference] [--relaxed] [--threads=N] [--budget=MS]`.
 */
import { parseArgs } from 'node:util';
import { configure } from '@dl/backend-cpu';
import { kernelTimes } from '@dl/keras/debug';
import { programOf } from './networks/models.ts';
import { formatProfile } from './profile.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    relaxed: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
    budget: { type: 'string', default: '200' },
    longest: { type: 'string', default: '50' },
  },
});
const [name = 'ResNet18', part = 'training'] = positionals;
configure({ relaxedSimd: values.relaxed, threads: Number(values.threads) });
const timed = kernelTimes(await programOf(name, part === 'training'), Number(values.budget));
console.log(`${name}, ${part}: ${formatProfile(timed, Number(values.longest))}`);
