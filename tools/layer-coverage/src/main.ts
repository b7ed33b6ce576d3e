// Command line: compares all layers, runs all checks and writes docs/layers.md; compares what training is made of and
// writes docs/training-objects.md. Exits with 1 when anything is not explained.
import { cpu } from '@dl/backend-cpu';
import { reference } from '@dl/tensor/backend';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS, failureOf } from './checks.ts';
import { ENTRIES } from './inventory.ts';
import { failures, page, summary, type Outcome } from './table.ts';
import { missingNames, trainingEntries, trainingPage, trainingSummary } from './training.ts';

const training = trainingEntries();
const found = [...failures(), ...training.flatMap((entry) => entry.failures), ...missingNames()];
const results = new Map<string, Map<string, Outcome>>();
for (const backend of [reference(), cpu()]) {
  const start = performance.now();
  const outcomes = new Map<string, Outcome>();
  for (const { name, here } of ENTRIES) {
    if (here === null) continue;
    const own = CHECKS.filter((check) => check.of === name);
    const failed: string[] = [];
    for (const check of own) failed.push(...[await failureOf(check, backend)].filter((failure) => failure !== null));
    if (own.length === 0) failed.push(`${name} has no check`);
    found.push(...failed);
    const general = own.every((check) => check.general);
    outcomes.set(name, { passed: own.length - failed.length, failed: failed.length, general });
  }
  results.set(backend.name, outcomes);
  console.log(`${backend.name}: ${CHECKS.length} checks, ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

writeFileSync(join(import.meta.dirname, '../../../docs/layers.md'), page(results));
writeFileSync(join(import.meta.dirname, '../../../docs/training-objects.md'), trainingPage(training));
console.log(`Keras: ${summary()} exist here.`);
for (const line of trainingSummary(training)) console.log(line);
for (const failure of found) console.error(`✗ ${failure}`);
console.log(found.length === 0 ? 'Everything agrees or has a reason.' : `${found.length} failures.`);
process.exit(found.length === 0 ? 0 : 1);
