/**
 * The page: which class exists, how its constructor and its defaults compare, and which checks it has passed.
 */
import { callOf } from './calls.ts';
import { compare } from './compare.ts';
import { ALIASES, ENTRIES, FUNCTIONS, OWN, type Entry } from './inventory.ts';

/** What the checks of a class gave on a backend. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Whether they are those of checkLayer. */
  readonly general: boolean;
}

/** Outcomes by backend, then by class. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Outcome>>;

const existing = ENTRIES.filter(({ here }) => here !== null);

/** Classes that exist here, in number and in percent. */
export const summary = (): string =>
  `${existing.length} of ${ENTRIES.length} classes (${((100 * existing.length) / ENTRIES.length).toFixed(1)} %)`;

/** What is wrong with names, options, defaults and calls; nothing when all is well. */
export function failures(): readonly string[] {
  return [
    ...ENTRIES.flatMap(({ name, here, excluded }) => {
      if (here === null) return excluded === null ? [`${name} does not exist, and no reason is given`] : [];
      return excluded === null ? [] : [`${name} exists, though excluded`];
    }),
    ...ENTRIES.flatMap((entry) => [
      ...compare(entry).failures,
      ...callOf(entry).failures.map((failure) => `${entry.name}: ${failure}`),
    ]),
    ...ALIASES.flatMap(([name, of, same]) => (same ? [] : [`${name} is not ${of}`])),
    ...FUNCTIONS.flatMap(([name, here]) => (here === null ? [`the function ${name} does not exist`] : [])),
  ];
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const marked = (deviations: readonly string[]): string =>
  deviations.length === 0 ? '✓' : deviations.map((one) => `\`${one.slice(0, one.indexOf(':'))}\``).join(', ');

function resultOf(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.passed + outcome.failed === 0) return '–';
  const { passed, failed, general } = outcome;
  return failed > 0 ? `✗ ${failed} of ${passed + failed}` : `✓ ${passed}${general ? '' : ' (own)'}`;
}

function notesOf(entry: Entry): string {
  const { options, defaults } = compare(entry);
  const { shown } = callOf(entry);
  const text = (one: string): string => `\`${one.slice(0, one.indexOf(':'))}\`${one.slice(one.indexOf(':'))}`;
  return [...[...options, ...defaults].map(text), ...shown.map((call) => `call: \`${call}\``)].join('; ');
}

/** The columns that do not depend on a run. */
function factsOf(entry: Entry): readonly [name: string, options: string, notes: string] {
  return [`\`${entry.name}\``, marked(compare(entry).options), notesOf(entry)];
}

const HEAD = ['class', 'options', 'defaults'];

function table(entries: readonly Entry[], results: Results): readonly string[] {
  const backends = [...results.keys()];
  return [
    row([...HEAD, ...backends, 'notes']),
    row(['---', '---', ':-:', ...backends.map(() => ':-:'), '---']),
    ...entries.map((entry) => {
      const [name, options, notes] = factsOf(entry);
      const outcomes = backends.map((backend) => resultOf(results.get(backend)!.get(entry.name)));
      return row([name, options, marked(compare(entry).defaults), ...outcomes, notes]);
    }),
  ];
}

/** The whole page as Markdown. */
export function page(results: Results): string {
  const families = [...new Set(existing.map(({ family }) => family))].sort();
  return [
    '# Layers',
    '',
    `Every class of \`keras.layers\` (Keras 3.16.0, Apache-2.0), and how it compares here: ${summary()} exist under their ` +
      'names. `npm run coverage:keras` writes this page from checks that it runs.',
    '',
    '- **options**: ✓ says that every constructor argument exists under its camelCase name, and that those before the options ' +
      'stand in the order of Keras. What is missing, or takes its default only, is named.',
    '- **defaults**: ✓ says that a layer made with its required arguments only has the defaults of Keras. What a default ' +
      'stands for is named where it is written as something else. `data_format: None` is `channels_last`, `dtype: None` the ' +
      'dtype that is set, and names are made up.',
    '- **backends**: how many cases of the tests passed in this run. `checkLayer` runs each: shapes and dtypes, weights, ' +
      'configuration there and back, symbolic tensors, the compiled layer, float32, batches of one and none, masks, and ' +
      'gradients against central differences. "own" stands for classes that work on strings or records: known results, and an ' +
      'equal layer from the configuration.',
    ...families.flatMap((family) => [
      '',
      `## ${family}`,
      '',
      ...table(
        existing.filter((entry) => entry.family === family),
        results,
      ),
    ]),
    '',
    '## Other names',
    '',
    row(['alias', 'class']),
    row(['---', '---']),
    ...ALIASES.map(([name, of]) => row([`\`${name}\``, `\`${of}\``])),
    '',
    '## Functions',
    '',
    row(['Keras', 'here']),
    row(['---', '---']),
    ...FUNCTIONS.map(([name, here]) => row([`\`${name}\``, here === null ? '✗' : `\`${here}\``])),
    '',
    '## Without a name in Keras',
    '',
    `${OWN.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    '## Not here',
    '',
    ...ENTRIES.filter(({ here }) => here === null).map(({ name, excluded }) => `- \`${name}\`: ${excluded}`),
    '',
  ].join('\n');
}

/** All of a page but the marks of a run and the widths of columns, to see whether it is up to date. */
export const factsIn = (markdown: string): string[] =>
  markdown
    .split('\n')
    .filter((line) => line !== '' && !/^\| :?-/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .filter((cell, i, cells) => !(cells.length > 5 && i > 3 && i < cells.length - 2))
        .join('|'),
    );
