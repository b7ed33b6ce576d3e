/**
 * The script of a worker, as text: it must run without modules, in Node and in browsers. It waits for jobs, loads their
 * programs from the heap, and runs them with a table of its own.
 */
import { CONTROL, SPIN } from './control.ts';

const word = (name: keyof typeof CONTROL): number => CONTROL[name] / 4;

/**
 * Defines `work({ memory, control })`, which never returns. Power is the package's own: it differs from ** at 1 and −1; erf
 * never runs in workers. The memory may have grown in another thread, so its buffer is looked at again (`grow(0)`).
 */
export const WORKER_SOURCE: string = `'use strict';
function work({ memory, control }) {
  const words = new Int32Array(memory.buffer, control, ${CONTROL.bytes / 4});
  const linked = new Map();
  const programs = new Map();
  const hosts = {
    pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
    rem: (a, b) => a % b,
  };
  const load = (address, length) => {
    if (memory.buffer.byteLength < address + length) memory.grow(0);
    return new Uint8Array(memory.buffer, address, length).slice();
  };
  const instantiate = (bytes, imports, library) => {
    const env = { memory };
    for (const name of imports) env[name] = link(name, library);
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports;
  };
  const link = (name, library) => {
    let linkedTo = linked.get(name);
    if (linkedTo === undefined) {
      const host = name.startsWith('host.') ? name.slice(5) : null;
      if (host !== null) {
        linkedTo = hosts[host] || Math[host] || (() => { throw new Error(name + ' is not known to workers'); });
      } else {
        const [address, length, imports] = library[name];
        linkedTo = instantiate(load(address, length), imports, library).f;
      }
      linked.set(name, linkedTo);
    }
    return linkedTo;
  };
  const find = (id, address, length) => {
    let run = programs.get(id);
    if (run === undefined) {
      const { code, imports, library } = JSON.parse(new TextDecoder().decode(load(address, length)));
      run = instantiate(load(code[0], code[1]), imports, library).run;
      if (programs.size >= 512) programs.delete(programs.keys().next().value);
      programs.set(id, run);
    }
    return run;
  };
  const fail = (cause) => {
    const text = new TextEncoder().encode(String(cause)).subarray(0, ${CONTROL.bytes - CONTROL.message});
    new Uint8Array(memory.buffer, control + ${CONTROL.message}, text.length).set(text);
    Atomics.store(words, ${word('said')}, text.length);
    Atomics.store(words, ${word('failed')}, 1);
    Atomics.add(words, ${word('phase')}, 1);
    Atomics.notify(words, ${word('phase')});
  };
  let job = Atomics.load(words, ${word('job')});
  const thread = Atomics.add(words, ${word('ready')}, 1) + 1;
  for (;;) {
    for (let i = 0; i < ${SPIN} && Atomics.load(words, ${word('job')}) === job; i++);
    while (Atomics.load(words, ${word('job')}) === job) Atomics.wait(words, ${word('job')}, job);
    job = Atomics.load(words, ${word('job')});
    try {
      const run = find(words[${word('program')}], words[${word('record')}] >>> 0, words[${word('recordBytes')}]);
      run((words[${word('table')}] + thread * words[${word('stride')}]) | 0);
    } catch (cause) {
      fail(cause);
    }
    Atomics.add(words, ${word('left')}, 1);
    Atomics.notify(words, ${word('left')});
  }
}
`;
