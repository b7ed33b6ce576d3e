/**
 * A WebAssembly module under construction.
 */
import { Bytes } from './bytes.ts';
import { makeCode, pushed, type Callable, type Code, type ConstantPool, type Local, type Of } from './code.ts';
import { TYPE, type TypeName } from './instructions.ts';

/** Parameter or result types. */
export type Signature = readonly TypeName[];

/** The memory that a module imports. */
export interface MemoryType {
  /** Most pages of 64 KiB it may have. */
  readonly maximum: number;
  readonly shared: boolean;
}

/** Locals for the parameters of a signature. */
export type Params<P extends Signature> = { [K in keyof P]: P[K] extends TypeName ? Local<Of<P[K]>> : never };

export class Module implements ConstantPool {
  readonly #types = new Map<string, { index: number; params: Signature; results: Signature }>();
  readonly #imports = new Map<string, { imported: true; index: number; type: number }>();
  readonly #functions: Code[] = [];
  readonly #exports: { name: string; code: Code }[] = [];
  readonly #globals = new Map<string, readonly number[]>();
  readonly #globalIndex = new Map<string, number>();

  #type(params: Signature, results: Signature): number {
    const key = `${params.join()}:${results.join()}`;
    let type = this.#types.get(key);
    if (!type) this.#types.set(key, (type = { index: this.#types.size, params, results }));
    return type.index;
  }

  /** Imports the function `env.name`, once. */
  import(name: string, params: Signature, results: Signature): Callable {
    let known = this.#imports.get(name);
    if (!known) {
      known = { imported: true, index: this.#imports.size, type: this.#type(params, results) };
      this.#imports.set(name, known);
    }
    return known;
  }

  /** Names of all imported functions. */
  get imports(): Iterable<string> {
    return this.#imports.keys();
  }

  /** Opens a function; its parameters are locals 0, 1, … */
  fn<const P extends Signature>(params: P, results: Signature): { code: Code; params: Params<P> } {
    const code = makeCode(this.#functions.length, this.#type(params, results), params.length, this);
    this.#functions.push(code);
    return { code, params: params.map((_, i) => ({ index: i, type: pushed })) as never };
  }

  export(name: string, code: Code): void {
    this.#exports.push({ name, code });
  }

  global(words: readonly number[]): number {
    const key = words.join();
    let index = this.#globalIndex.get(key);
    if (index === undefined) {
      index = this.#globals.size;
      this.#globalIndex.set(key, index);
      this.#globals.set(key, words);
    }
    return index;
  }

  /** The module's bytes; it imports its memory as `env.memory`. */
  bytes(memory: MemoryType): Uint8Array<ArrayBuffer> {
    const bodies = this.#functions.map((code) => code.body(this.#imports.size));
    const out = new Bytes();
    out.raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, count: number, write: (s: Bytes) => void): void => {
      if (count === 0) return;
      const s = new Bytes();
      s.unsigned(count);
      write(s);
      out.byte(id);
      out.sized(s.view());
    };
    section(1, this.#types.size, (s) => {
      for (const { params, results } of this.#types.values()) {
        s.byte(0x60);
        s.sized(params.map((type) => TYPE[type]));
        s.sized(results.map((type) => TYPE[type]));
      }
    });
    section(2, this.#imports.size + 1, (s) => {
      for (const [name, { type }] of this.#imports) {
        s.text('env');
        s.text(name);
        s.byte(0);
        s.unsigned(type);
      }
      s.text('env');
      s.text('memory');
      s.byte(2);
      s.byte(memory.shared ? 3 : 1);
      s.unsigned(1);
      s.unsigned(memory.maximum);
    });
    section(3, this.#functions.length, (s) => {
      for (const { typeIndex } of this.#functions) s.unsigned(typeIndex);
    });
    // Mutable, so that the engine keeps them in memory instead of making them anew at every use.
    section(6, this.#globals.size, (s) => {
      for (const words of this.#globals.values()) {
        s.raw([TYPE.v128, 1, 0xfd, 0x0c]);
        words.forEach((word) => s.word(word));
        s.byte(0x0b);
      }
    });
    section(7, this.#exports.length, (s) => {
      for (const { name, code } of this.#exports) {
        s.text(name);
        s.byte(0);
        s.unsigned(this.#imports.size + code.index);
      }
    });
    section(10, bodies.length, (s) => bodies.forEach((body) => s.raw(body)));
    return out.view().slice();
  }
}
