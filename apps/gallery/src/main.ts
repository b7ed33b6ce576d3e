/**
 * The runner: lists the programs, or trains some and prints what they learned.
 */
import { parseArgs } from 'node:util';
import { setSeed } from '@dl/keras';
import { percent, table } from './draw.ts';
import { programs } from './gallery.ts';
import type { Choices, Program } from './lesson.ts';
import { Progress } from './progress.ts';

const USAGE = `npm run gallery -- NAME … [options]      NAME is one of these
  all              every program, with --quick
  --epochs N       passes over the data, in place of those of the program
  --quick          30 steps only, to see that it runs
  --seed N         seed of everything random (default 1)
  --ratings FILE   ratings of MovieLens for the recommender: ratings.csv or u.data`;

/** Steps of a quick run. */
const QUICK = 30;

interface Settings extends Choices {
  readonly epochs: number | null;
  readonly quick: boolean;
  readonly seed: number;
}

async function run(program: Program, { epochs, quick, seed, ratings }: Settings): Promise<void> {
  setSeed(seed);
  console.log(`\n${program.title} – ${program.about}`);
  const start = performance.now();
  const lesson = await program.make({ ratings });
  console.log(`${lesson.model.countParams().toLocaleString('en')} parameters`);
  const progress = new Progress(quick ? QUICK : Infinity);
  await lesson.fit({ epochs: epochs ?? program.epochs, verbose: 0, callbacks: [progress] });
  if (lesson.score) console.log(`${percent(await lesson.score())} ${program.measure}, on data it has not seen`);
  console.log(`\n${await lesson.show()}\n\n${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number of at least ${least}, got ${text}`);
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      epochs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      ratings: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    console.log(`${table(programs.map(({ name, title, about }) => [name, title, about]))}\n\n${USAGE}`);
    return;
  }
  const names = programs.map(({ name }) => name);
  const unknown = positionals.find((name) => name !== 'all' && !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no program '${unknown}'; there are ${names.join(', ')} and all`);
  const settings: Settings = {
    epochs: values.epochs === undefined ? null : number('epochs', values.epochs, 1),
    quick: values.quick || positionals.includes('all'),
    seed: number('seed', values.seed, 0),
    ratings: values.ratings,
  };
  const chosen = programs.filter(({ name }) => positionals.includes('all') || positionals.includes(name));
  for (const program of chosen) await run(program, settings);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (process.env['DEBUG']) console.error(error);
  process.exitCode = 1;
}
