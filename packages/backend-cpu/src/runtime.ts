/**
 * What all programs of the CPU backend share: the heap, the memory that every run uses anew, and compiled code.
 */
import { Library } from './library/library.ts';
import { Arena, Heap } from './memory/heap.ts';
import { Team, type TeamProgram } from './threads/team.ts';

/** A program's entry point; its argument is the table's address. */
export type Run = (table: number) => void;

/** Compiled modules by their bytes, as long as somebody uses them. */
class ModuleCache<T extends object> {
  readonly #entries = new Map<number, { readonly bytes: Uint8Array; readonly made: WeakRef<T> }[]>();
  #count = 0;
  #limit = 256;

  find(bytes: Uint8Array, compile: () => T): T {
    const key = hash(bytes);
    const list = this.#entries.get(key) ?? [];
    for (const entry of list) {
      const made = sameBytes(entry.bytes, bytes) ? entry.made.deref() : undefined;
      if (made) return made;
    }
    const made = compile();
    list.push({ bytes, made: new WeakRef(made) });
    this.#entries.set(key, list);
    if (++this.#count > this.#limit) this.#sweep();
    return made;
  }

  #sweep(): void {
    this.#count = 0;
    for (const [key, list] of this.#entries) {
      const alive = list.filter(({ made }) => made.deref() !== undefined);
      this.#count += alive.length;
      if (alive.length === 0) this.#entries.delete(key);
      else this.#entries.set(key, alive);
    }
    this.#limit = Math.max(256, 2 * this.#count);
  }
}

/** FNV-1a. */
function hash(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  return h;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export class Runtime {
  readonly heap: Heap = new Heap();
  readonly library: Library = new Library(this.heap);
  readonly modules: ModuleCache<Run> = new ModuleCache<Run>();
  readonly team: Team = new Team(this.heap, this.library);
  readonly teamPrograms: ModuleCache<TeamProgram> = new ModuleCache<TeamProgram>();
  /** Inputs, outputs, temporaries and workspace of the program that is running. */
  readonly scratch: Arena = new Arena(this.heap);
  /** Addresses and parameters of the program that is running. */
  readonly table: Arena = new Arena(this.heap);
}

let shared: Runtime | null = null;

/** The one runtime of all CPU backends of this copy of the package. */
export function runtime(): Runtime {
  return (shared ??= new Runtime());
}
