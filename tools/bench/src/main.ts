/**
 * Command line: runs workloads on this framework and on the peers asked for, one after the other.
 */
import { machine, readRun, writeRun } from './last-run.ts';
import { parseArguments, USAGE, type Options } from './options.ts';
import { combine, jobsOf } from './plan.ts';
import { rewriteReadme } from './readme.ts';
import { agree, sameCase, type Row } from './row.ts';
import { runJob } from './systems.ts';
import { formatTable } from './table.ts';

async function measureAll(options: Options): Promise<void> {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    const other = rows.find(({ check }, i) => check !== undefined && sameCase(rows[i]!, row));
    if (row.check && other?.check && !agree(row.check, other.check)) {
      console.error(
        `${row.workload}: ${row.case}: ${row.system} ${row.mode ?? ''} computes ${row.check.join(', ')}, ${other.system} ${other.check.join(', ')}`,
      );
    }
    rows.push(row);
    if (options.json) console.log(JSON.stringify(row));
    else console.error([row.workload, row.case, row.system, row.mode].filter(Boolean).join('  '));
  };
  for (const job of options.workloads.flatMap((workload) => jobsOf(workload, options))) {
    if (job.processes === 1) await runJob(job, add);
    else {
      const runs: Row[][] = [];
      for (let i = 0; i < job.processes; i++) {
        const run: Row[] = [];
        await runJob(job, (row) => run.push(row));
        if (run.length === 0) break; // A system without this case says nothing, every time.
        runs.push(run);
      }
      for (const row of combine(runs)) add(row);
    }
  }
  if (!options.json) console.log(formatTable(rows));
  await writeRun({ date: new Date().toISOString().slice(0, 10), machine: machine(), rows });
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(USAGE);
} else {
  try {
    const options = parseArguments(args);
    if (options.workloads.length > 0) await measureAll(options);
    if (options.readme) await rewriteReadme(await readRun());
  } catch (error) {
    console.error(error instanceof RangeError ? error.message : error);
    process.exitCode = 1;
  }
}
