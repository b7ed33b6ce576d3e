// Command line: runs all checks on all backends and writes docs/ops.md. Exits with 1 when a check fails.
import { cpu } from '@dl/backend-cpu';
import { webgpu } from '@dl/backend-webgpu';
import { reference } from '@dl/tensor/backend';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, CHECKS, type Check, type Outcome, type Target } from './checks.ts';
import { casesFor, ENTRIES, EXPORTS, OWN } from './inventory.ts';
import { combined, page, summary } from './table.ts';

const device = await webgpu().catch(() => null);
const targets: readonly Target[] = [
  { backend: reference(), wide: true },
  { backend: cpu(), wide: true },
  ...(device ? [{ backend: device, wide: false }] : []),
];

const values = [...new Set(EXPORTS.map(({ value }) => value))];
const failures: string[] = [];
const results = new Map<string, Map<unknown, Record<Check, Outcome>>>();
for (const target of targets) {
  const start = performance.now();
  const found = new Map<unknown, Record<Check, Outcome>>();
  for (const value of values) {
    const outcomes: Record<Check, Outcome>[] = [];
    for (const item of casesFor(value)) outcomes.push(await check(item, target));
    const own = {} as Record<Check, Outcome>;
    for (const name of CHECKS) {
      own[name] = combined(outcomes.map((outcome) => outcome[name]));
      const outcome = own[name];
      if (typeof outcome === 'object' && 'failure' in outcome) failures.push(outcome.failure);
    }
    found.set(value, own);
  }
  results.set(target.backend.name, found);
  console.log(`${target.backend.name}: ${values.length} ops, ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

writeFileSync(join(import.meta.dirname, '../../../docs/ops.md'), page(ENTRIES, OWN, results));
const excluded = ENTRIES.filter((entry) => entry.excluded !== null).length;
console.log(
  `Keras: ${summary(ENTRIES)} exist here, ${excluded} are excluded; ${OWN.length} exports have no name in Keras.`,
);
for (const failure of failures) console.error(`✗ ${failure}`);
console.log(failures.length === 0 ? 'All checks passed.' : `${failures.length} checks failed.`);
process.exit(failures.length === 0 ? 0 : 1);
