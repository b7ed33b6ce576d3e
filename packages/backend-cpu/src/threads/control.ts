/**
 * The words through which threads talk: where they lie in a control block, and the barrier that waits on them.
 */
import { routine, type Routine } from '../library/library.ts';
import type { I32 } from '../wasm/code.ts';

/** Bytes from the start of a control block; words that different threads write lie in lines of their own. */
export const CONTROL = {
  /** Counts jobs; workers wait on it. */
  job: 0,
  /** The job: its program's number, where its description lies and how long that is. */
  program: 4,
  record: 8,
  recordBytes: 12,
  /** The first thread's table, and the distance to the next thread's. */
  table: 16,
  stride: 20,
  /** Threads that have reached the barrier, and how often all have. */
  arrived: 64,
  phase: 128,
  /** Workers that are up. */
  ready: 192,
  /** How often a worker has left a job. */
  left: 256,
  /** Not 0 once a thread has failed; then the length of what it said. */
  failed: 320,
  said: 324,
  /** Seconds that the main thread waits for others. */
  patience: 328,
  message: 384,
  bytes: 1024,
} as const;

/** Looks at a word this often before it sleeps: more would take the core from a thread that computes. */
export const SPIN = 1000;

const SECOND = 1_000_000_000;
const TIMED_OUT = 2;

/**
 * Waits for all threads of a job; traps when one has failed. Arguments: control block, this thread, number of threads.
 * Only the main thread loses patience: it is the one that nobody else would report.
 */
export const BARRIER: Routine = routine(
  'threads.barrier',
  ['i32', 'i32', 'i32'],
  [],
  (f, [control, thread, threads]) => {
    const load = (offset: number): I32 => f.i32_atomic_load(f.get(control), offset);
    const trapIfFailed = (): void => f.if(load(CONTROL.failed), () => f.unreachable());
    const phase = f.keep(load(CONTROL.phase));
    const left = f.keep(f.i32(SPIN));
    const ticks = f.keep(f.i32(0));
    const over = (): I32 => f.i32_eqz(f.i32_eq(load(CONTROL.phase), f.get(phase)));
    trapIfFailed();
    f.if(
      f.i32_eq(f.i32_atomic_add(f.get(control), f.i32(1), CONTROL.arrived), f.i32_sub(f.get(threads), f.i32(1))),
      () => {
        f.i32_atomic_store(f.get(control), f.i32(0), CONTROL.arrived);
        f.i32_atomic_store(f.get(control), f.i32_add(f.get(phase), f.i32(1)), CONTROL.phase);
        f.set(ticks, f.atomic_notify(f.get(control), f.i32(-1), CONTROL.phase));
      },
      () =>
        f.block(() => {
          f.loop(() => {
            f.br_if(1, over());
            f.br_if(0, f.tee(left, f.i32_sub(f.get(left), f.i32(1))));
          });
          f.loop(() => {
            f.br_if(1, over());
            const woken = f.atomic_wait(
              f.get(control),
              f.get(phase),
              f.select(f.i64(SECOND), f.i64(-1), f.i32_eqz(f.get(thread))),
              CONTROL.phase,
            );
            f.if(f.i32_eq(woken, f.i32(TIMED_OUT)), () => {
              f.set(ticks, f.i32_add(f.get(ticks), f.i32(1)));
              f.if(f.i32_ge_s(f.get(ticks), load(CONTROL.patience)), () => f.unreachable());
            });
            f.br(0);
          });
        }),
    );
    trapIfFailed();
  },
);
