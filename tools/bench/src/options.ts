/**
 * The command line.
 */
import { PEERS, WORKLOADS, type PeerName, type WorkloadName } from './plan.ts';

/** What the command line asks for. */
export interface Options {
  readonly workloads: readonly WorkloadName[];
  readonly peers: readonly PeerName[];
  /** Numbers of threads; everything runs once with each. */
  readonly threads: readonly number[];
  /** Whether this framework runs twice: with mul+add and with relaxed multiply-add. */
  readonly relaxed: boolean;
  readonly json: boolean;
  /** Whether the table in the main README is written from the last run. */
  readonly readme: boolean;
}

/** Text of `--help`. */
export const USAGE = `npm run bench -- WORKLOAD... [--peers ${PEERS.join(',')}] [--threads 1,2] [--relaxed] [--json] [--readme]
workloads: ${WORKLOADS.join(', ')}, all; none with --readme takes the last run`;

/**
 * Reads arguments.
 *
 * @throws RangeError naming what it does not know.
 */
export function parseArguments(args: readonly string[]): Options {
  const workloads: WorkloadName[] = [];
  const peers: PeerName[] = [];
  const threads: number[] = [];
  const flags = { relaxed: false, json: false, readme: false };
  // `--name=value` is `--name value`.
  const rest = args.filter((arg) => arg !== '--').flatMap((arg) => (arg.startsWith('--') ? arg.split('=') : arg));
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i]!;
    if (arg === '--relaxed' || arg === '--json' || arg === '--readme') flags[arg.slice(2) as keyof typeof flags] = true;
    else if (arg === '--peers') peers.push(...listOf(rest[++i]).map((name) => oneOf(PEERS, name, 'peer')));
    else if (arg === '--threads') threads.push(...listOf(rest[++i]).map(threadCount));
    else if (arg === 'all') workloads.push(...WORKLOADS);
    else workloads.push(oneOf(WORKLOADS, arg, 'workload'));
  }
  if (workloads.length === 0 && !flags.readme) throw new RangeError(`expected a workload\n${USAGE}`);
  return {
    workloads: [...new Set(workloads)],
    peers: [...new Set(peers)],
    threads: threads.length === 0 ? [1] : [...new Set(threads)],
    ...flags,
  };
}

function listOf(list = ''): string[] {
  return list.split(',').filter((name) => name !== '');
}

function threadCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(`--threads: expected positive integers, got '${text}'\n${USAGE}`);
}

function oneOf<T extends string>(names: readonly T[], name: string, what: string): T {
  if ((names as readonly string[]).includes(name)) return name as T;
  throw new RangeError(`unknown ${what} '${name}'; expected one of ${names.join(', ')}\n${USAGE}`);
}
