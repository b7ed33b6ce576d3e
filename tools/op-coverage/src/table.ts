/**
 * The page: which op exists under which name, and which checks it has passed.
 */
import { CHECKS, type Check, type Outcome } from './checks.ts';
import type { Entry, Export } from './inventory.ts';

/** What the checks of one export gave on one backend; null where the backend did not run. */
export type Results = ReadonlyMap<string, ReadonlyMap<unknown, Record<Check, Outcome>>>;

/** Outcomes of several cases of one op as one: a failure, else a pass, else the reason of the first. */
export function combined(list: readonly Outcome[]): Outcome {
  return (
    list.find((outcome) => typeof outcome === 'object' && 'failure' in outcome) ??
    list.find((outcome) => outcome === 'passed') ??
    list[0]!
  );
}

const mark = (outcome: Outcome): string => (outcome === 'passed' ? '✓' : 'failure' in outcome ? '✗' : '–');

/** Reasons for dashes, each once, with the checks that they are about. */
function reasonsOf(value: unknown, results: Results): string {
  const found = new Map<string, Set<Check>>();
  for (const backend of results.values()) {
    const outcomes = backend.get(value);
    for (const name of CHECKS) {
      const outcome = outcomes?.[name];
      if (typeof outcome !== 'object' || !('inapplicable' in outcome)) continue;
      found.set(outcome.inapplicable, (found.get(outcome.inapplicable) ?? new Set()).add(name));
    }
  }
  found.delete('is checked in float64, on the other backends');
  return [...found].map(([why, checks]) => `${[...checks].join(', ')}: ${why}`).join('; ');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(rows: readonly (readonly [keras: string, here: Export])[], results: Results): string[] {
  const backends = [...results.keys()];
  return [
    row(['Keras', 'here', ...backends, 'why –']),
    row(['---', '---', ...backends.map(() => ':-:'), '---']),
    ...rows.map(([keras, { name, value }]) =>
      row([
        keras && `\`${keras}\``,
        `\`${name}\``,
        ...backends.map((backend) => {
          const outcomes = results.get(backend)!.get(value)!;
          const shown = backend === 'webgpu' ? CHECKS.slice(0, 2) : CHECKS;
          return shown.map((name_) => mark(outcomes[name_])).join(' ');
        }),
        reasonsOf(value, results),
      ]),
    ),
  ];
}

/** Names of Keras, how many exist here, and in percent. */
export function summary(entries: readonly Entry[]): string {
  const covered = entries.filter((entry) => entry.export !== null).length;
  return `${covered} of ${entries.length} names (${((100 * covered) / entries.length).toFixed(1)} %)`;
}

/** The whole page as Markdown. */
export function page(entries: readonly Entry[], own: readonly Export[], results: Results): string {
  const groups = [...new Set(entries.map(({ group }) => group))];
  const excluded = entries.filter(({ excluded: why }) => why !== null);
  const absent = results.has('webgpu') ? '' : ' WebGPU did not take part: there was no adapter.';
  return [
    '# Ops',
    '',
    `Every op of \`keras.ops\` and \`keras.random\`, and what stands for it here: ${summary(entries)}. ` +
      `\`npm run coverage:ops\` writes this page from checks that it runs.${absent}`,
    '',
    'Names are exports of `@dl/tensor/ops`; those that begin with `image`, `linalg` or `random` are in the namespaces of ' +
      'these names there, and `autograd` is `@dl/autograd`. A column holds, in this order:',
    '',
    '1. **value**: the result in float32 and float64 is that of the reference backend; on the reference backend itself, both agree.',
    '2. **jit**: the compiled function gives the result of the function.',
    '3. **vjp**: the gradient by all float arguments agrees with central differences in float64, and for small arguments also ' +
      'the gradient of the gradient.',
    '4. **jvp**: ⟨J·v, u⟩ = ⟨v, Jᵀ·u⟩ in float64.',
    '5. **vmap**: three examples at once give the stack of the results of each. Random ops draw other numbers for ' +
      'each example, so that there shapes and dtypes are compared.',
    '',
    '✓ passed, ✗ failed, – does not apply, for the reason in the last column. WebGPU has no float64, so that value and jit are checked there.',
    ...groups.flatMap((group) => [
      '',
      `## keras.${group}`,
      '',
      ...table(
        entries.flatMap((entry) =>
          entry.group === group && entry.export ? [[entry.keras, entry.export] as const] : [],
        ),
        results,
      ),
    ]),
    '',
    '## Without a name in Keras',
    '',
    ...table(
      own.map((entry) => ['', entry] as const),
      results,
    ),
    '',
    '## Not here',
    '',
    ...(excluded.length === 0
      ? ['Nothing: every name exists.']
      : excluded.map(({ group, keras, excluded: why }) => `- \`keras.${group}.${keras}\`: ${why}`)),
    '',
  ].join('\n');
}

/** The names of Keras with our exports, and our own, as a page holds them. */
export const namesIn = (markdown: string): string[] =>
  [...markdown.matchAll(/^\| (?:`(\w+)`)? *\| `([\w.]+)` *\|/gm)].map(([, keras = '', here]) => `${keras} ${here}`);
