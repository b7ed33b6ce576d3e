/**
 * The team: worker threads that run programs together with the thread that calls them. They start when the first program
 * needs them, and hear of jobs through words in the heap only.
 */
import { BackendError } from '@dl/tensor/backend';
import type { Library } from '../library/library.ts';
import type { Heap } from '../memory/heap.ts';
import { onThreads, threadCount } from '../settings.ts';
import { CONTROL } from './control.ts';
import { mayWait, startWorker, type StartedWorker } from './host.ts';

/** A program's code for several threads. */
export interface TeamProgram {
  readonly run: (table: number) => void;
  readonly bytes: Uint8Array;
  readonly imports: readonly string[];
}

/** A job: the first thread's table, and how far the next thread's is. */
export interface Job {
  readonly name: string;
  readonly table: number;
  readonly stride: number;
}

/** A program's description in the heap. */
interface Published {
  readonly id: number;
  readonly address: number;
  readonly length: number;
  readonly code: number;
}

/** Seconds without an answer after which a worker counts as dead. */
const PATIENCE = 60;
/** After so many teams have been lost no further one is started. */
const MOST_LOST = 3;

interface Members {
  readonly workers: readonly StartedWorker[];
  readonly control: number;
  jobs: number;
}

export class Team {
  /** Seconds without an answer after which a worker counts as dead. */
  patience: number = PATIENCE;
  readonly #heap: Heap;
  readonly #library: Library;
  #members: Members | null = null;
  #lost = 0;
  #ids = 0;
  /** Functions of the library that workers can find, by name: where their code lies. */
  readonly #functions = new Map<string, readonly [address: number, length: number, imports: readonly string[]]>();
  readonly #programs = new WeakMap<TeamProgram, Published>();
  readonly #live = new Set<Published>();
  readonly #forgotten = new FinalizationRegistry<Published>((published) => this.#withdraw(published));

  constructor(heap: Heap, library: Library) {
    this.#heap = heap;
    this.#library = library;
    onThreads(() => {
      if (this.#members !== null && this.#members.workers.length !== threadCount() - 1) this.dismiss();
    });
  }

  /** Number of workers that have been started. */
  get workers(): number {
    return this.#members === null ? 0 : this.#members.workers.length;
  }

  /** Address of the control block. */
  get control(): number {
    return this.#members!.control;
  }

  /** How many threads could ever take part. */
  get most(): number {
    return this.#heap.shared && this.#lost < MOST_LOST && mayWait() ? threadCount() : 1;
  }

  /** How many threads can run a program now: starts workers, and is 1 until they are up. */
  gather(): number {
    const most = this.most;
    if (most === 1) return 1;
    const members = (this.#members ??= this.#start(most - 1));
    if (members === null) return 1;
    const ready = Atomics.load(this.#heap.i32, (members.control + CONTROL.ready) >>> 2);
    return ready === members.workers.length ? most : 1;
  }

  #start(count: number): Members | null {
    const control = this.#heap.allocate(CONTROL.bytes);
    this.#heap.u8.fill(0, control, control + CONTROL.bytes);
    const workers: StartedWorker[] = [];
    const lost = (cause: unknown): void => {
      // Told late, by the event loop: perhaps there is another team by now.
      if (this.#members?.workers === workers) this.#lose(cause);
    };
    try {
      for (let i = 0; i < count; i++) workers.push(startWorker({ memory: this.#heap.memory, control }, lost));
    } catch (cause) {
      this.#lost = MOST_LOST;
      workers.forEach((worker) => void worker.terminate());
      say(cause);
      return null;
    }
    return { workers, control, jobs: 0 };
  }

  /** Runs a program on all threads and waits for them. Throws a BackendError if one of them fails. */
  run(program: TeamProgram, { name, table, stride }: Job): void {
    const members = this.#members!;
    const { id, address, length } = this.#publish(program);
    const { i32 } = this.#heap;
    const word = (which: keyof typeof CONTROL): number => (members.control + CONTROL[which]) >>> 2;
    i32[word('program')] = id;
    i32[word('record')] = address;
    i32[word('recordBytes')] = length;
    i32[word('table')] = table;
    i32[word('stride')] = stride;
    i32[word('patience')] = this.patience;
    members.jobs++;
    Atomics.add(i32, word('job'), 1);
    Atomics.notify(i32, word('job'));
    try {
      program.run(table);
    } catch (cause) {
      throw this.#failure(name, members, cause);
    }
  }

  /** Makes all threads leave a job that has failed, and says why it did. */
  #failure(name: string, members: Members, cause: unknown): BackendError {
    const { i32, u8 } = this.#heap;
    const word = (which: keyof typeof CONTROL): number => (members.control + CONTROL[which]) >>> 2;
    const elsewhere = Atomics.load(i32, word('failed')) !== 0;
    Atomics.store(i32, word('failed'), 1);
    Atomics.add(i32, word('phase'), 1);
    Atomics.notify(i32, word('phase'));
    const all = Math.imul(members.jobs, members.workers.length);
    let patience = this.patience;
    for (let left; (left = Atomics.load(i32, word('left'))) !== all && patience > 0;)
      if (Atomics.wait(i32, word('left'), left, 1000) === 'timed-out') patience--;
    if (patience === 0) {
      this.#lose(new Error('no answer'));
      return new BackendError(`cpu: program '${name}': a worker thread does not answer`, { cause });
    }
    i32[word('arrived')] = 0;
    i32[word('failed')] = 0;
    if (!elsewhere) return new BackendError(`cpu: program '${name}' failed: ${String(cause)}`, { cause });
    const start = members.control + CONTROL.message;
    const text = new TextDecoder().decode(u8.slice(start, start + i32[word('said')]!));
    return new BackendError(`cpu: program '${name}' failed in a worker thread: ${text}`, { cause });
  }

  #lose(cause: unknown): void {
    this.dismiss();
    if (++this.#lost === MOST_LOST) say(cause);
  }

  /** Ends all workers and gives back what was kept for them. */
  dismiss(): void {
    const members = this.#members;
    if (members === null) return;
    this.#members = null;
    for (const published of this.#live) this.#withdraw(published);
    const held = [members.control, ...[...this.#functions.values()].map(([address]) => address)];
    this.#functions.clear();
    // A worker may be using it until it is gone.
    void Promise.all(members.workers.map((worker) => worker.terminate())).then(() =>
      held.forEach((address) => this.#heap.release(address)),
    );
  }

  #withdraw(published: Published): void {
    if (!this.#live.delete(published)) return;
    this.#heap.release(published.address);
    this.#heap.release(published.code);
  }

  /** Puts a program where workers find it. */
  #publish(program: TeamProgram): Published {
    let published = this.#programs.get(program);
    if (published !== undefined && this.#live.has(published)) return published;
    const library: Record<string, unknown> = {};
    const add = (name: string): void => {
      const found = this.#function(name);
      if (found === null || name in library) return;
      library[name] = found;
      found[2].forEach(add);
    };
    program.imports.forEach(add);
    const code = this.#put(program.bytes);
    const record = new TextEncoder().encode(
      JSON.stringify({ code: [code, program.bytes.length], imports: program.imports, library }),
    );
    published = { id: ++this.#ids, address: this.#put(record), length: record.length, code };
    this.#live.add(published);
    this.#programs.set(program, published);
    this.#forgotten.register(program, published);
    return published;
  }

  #function(name: string): readonly [number, number, readonly string[]] | null {
    const known = this.#functions.get(name);
    if (known) return known;
    const source = this.#library.source(name);
    if (source === undefined) return null;
    const made = [this.#put(source.bytes), source.bytes.length, source.imports] as const;
    this.#functions.set(name, made);
    return made;
  }

  #put(bytes: Uint8Array): number {
    const address = this.#heap.allocate(bytes.length);
    this.#heap.u8.set(bytes, address);
    return address;
  }
}

let said = false;

function say(cause: unknown): void {
  if (!said) console.info(`@dl/backend-cpu: no worker threads; computing on one (${String(cause)})`);
  said = true;
}
