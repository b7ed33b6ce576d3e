/**
 * The runtime: kernel reuse, variables, scopes, backends, symbolic arguments.
 */
import {
  add,
  arange,
  BackendError,
  concat,
  ConfigError,
  DisposedError,
  memory,
  ones,
  scope,
  setBackend,
  ShapeError,
  tensor,
  tidy,
  Variable,
  withBackend,
  zeros,
} from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import { apply, compiledPrograms, composite, SymbolicTensor, trace } from '@dl/tensor/interpreter';
import { beforeEach, describe, expect, test } from 'vitest';

let backend: Backend;
beforeEach(() => {
  backend = reference();
  setBackend(backend);
});

/** A backend whose memory the collector does not reclaim, with a count of live buffers. */
function counting(): { backend: Backend; live: () => number } {
  const base = reference();
  let live = 0;
  return {
    live: () => live,
    backend: {
      ...base,
      name: 'counting',
      capabilities: { ...base.capabilities, collected: false },
      allocate: (bytes) => {
        live++;
        return base.allocate(bytes);
      },
      free: (buffer) => {
        live--;
        base.free(buffer);
      },
    },
  };
}

describe('kernel reuse', () => {
  test('a thousand slices, and a thousand scalars, compile one kernel each', () => {
    const x = zeros([1000, 3]).add(1);
    const before = compiledPrograms(backend);
    for (let i = 0; i < 1000; i++) x.at(i).exp();
    expect(compiledPrograms(backend) - before).toBe(1);
    for (let i = 0; i < 1000; i++) x.mul(i + 0.5);
    expect(compiledPrograms(backend) - before).toBe(2);
    for (let i = 1; i < 1000; i++) x.slice([0, 0], [i, 3]).exp();
    expect(compiledPrograms(backend) - before).toBe(2);
  });
});

describe('variables', () => {
  test('a value read before an assignment is unchanged after it', () => {
    const w = new Variable([1, 2]);
    const before = w.value;
    w.assign([3, 4]);
    w.assignAdd(1);
    expect(before.arraySync()).toEqual([1, 2]);
    expect(w.value.arraySync()).toEqual([4, 5]);
    expect(w.version).toBe(2);
  });

  test('the first value is made when it is first needed', () => {
    let made = 0;
    const w = new Variable(
      () => {
        made++;
        return ones([2]);
      },
      { shape: [2], name: 'w' },
    );
    expect(made).toBe(0);
    expect(add(w, 1).arraySync()).toEqual([2, 2]);
    expect(w.value.arraySync()).toEqual([1, 1]);
    expect(made).toBe(1);
  });

  test('wrong shapes and dtypes are refused, and disposal is final', () => {
    const w = new Variable([1, 2], { name: 'w' });
    expect(() => w.assign([1, 2, 3])).toThrow(/'w': assign got shape \[3\], expected \[2\]/);
    expect(() => w.assign(tensor([1, 2], 'int32'))).toThrow(/'w': assign got int32, expected float32/);
    w.dispose();
    expect(() => w.value).toThrow(DisposedError);
  });

  test('a variable assigned in a scope outlives it', () => {
    const w = new Variable([1]);
    tidy(() => void w.assign(w.value.add(1)));
    expect(w.value.arraySync()).toEqual([2]);
  });
});

describe('memory', () => {
  test('tidy frees all but its result', () => {
    const { backend: counted, live } = counting();
    withBackend(counted, () => {
      const x = tensor([1, 2, 3]);
      const before = live();
      const y = tidy(() => {
        const a = x.mul(2);
        return { sum: a.add(1).sum(), view: a.at(0) };
      });
      expect(live()).toBe(before + 2);
      y.sum.dispose();
      y.view.dispose();
      expect(live()).toBe(before);
    });
  });

  test('the count is flat over rounds, also after an exception', () => {
    const { backend: counted, live } = counting();
    withBackend(counted, () => {
      const w = new Variable([1, 2]);
      const round = (): void => tidy(() => void w.assign(w.value.mul(1.01).add(0.1)));
      round();
      const before = live();
      for (let i = 0; i < 100; i++) round();
      expect(() =>
        tidy(() => {
          w.value.add(1);
          throw new Error('stop');
        }),
      ).toThrow('stop');
      expect(live()).toBe(before);
    });
  });

  test('a view keeps its storage alive', () => {
    const { backend: counted, live } = counting();
    withBackend(counted, () => {
      const x = tensor([1, 2, 3]);
      const view = x.slice(1);
      x.dispose();
      expect(live()).toBe(1);
      expect(view.arraySync()).toEqual([2, 3]);
      expect(() => x.dataSync()).toThrow(DisposedError);
      view.dispose();
      expect(live()).toBe(0);
    });
  });

  test('scopes must close in order, and functions in tidy must be synchronous', () => {
    const outer = scope();
    const inner = scope();
    expect(() => outer.dispose()).toThrow(ConfigError);
    inner.dispose();
    outer.dispose();
    expect(() => tidy((() => Promise.resolve()) as never)).toThrow(/promise/);
  });

  test('memory() counts allocations', () => {
    const before = memory();
    tensor([1, 2, 3, 4]).add(1);
    const after = memory();
    expect(after.allocations - before.allocations).toBe(2);
    expect(after.allocatedBytes - before.allocatedBytes).toBe(32);
  });
});

describe('backends', () => {
  test('mixed backends are an error; to() moves', async () => {
    const x = tensor([1, 2]);
    const other = reference();
    const y = await x.to(other);
    expect(() => x.add(y)).toThrow(BackendError);
    expect((await y.add(1).data())[1]).toBe(3);
    expect(y.add(1).backend).toBe(other);
  });

  test('what is not a backend is refused', () => {
    expect(() => setBackend({ name: 'x' } as never)).toThrow(/allocate, free, write, read, compile/);
  });

  test('a backend without synchronous reads says so', async () => {
    const { readSync: _, ...asynchronous } = reference();
    await withBackend(asynchronous, async () => {
      const x = tensor([1, 2]);
      expect(() => x.dataSync()).toThrow(/await t\.data\(\)/);
      expect(await x.add(1).array()).toEqual([2, 3]);
      expect(x.toString()).toBe('Tensor(float32[2])');
    });
  });

  test('tensors of another copy of the package are refused by version', () => {
    const foreign = { [Symbol.for('@dl/tensor.version')]: '9.9.9' };
    expect(() => tensor(foreign as never)).toThrow(/another copy of @dl\/tensor \(version 9\.9\.9, here/);
  });
});

describe('tracing and symbolic arguments', () => {
  test('a traced value cannot be read', () => {
    expect(() => trace(([x]) => [tensor(x!.dataSync())], [{ shape: [2], dtype: 'float32' }])).toThrow(
      /return it instead/,
    );
  });

  test('tensors from outside become inputs by reference', () => {
    const outside = arange(2).cast('float32');
    const traced = trace(([x]) => [x!.add(outside).mul(outside)], [{ shape: [2], dtype: 'float32' }]);
    expect(traced.captures).toEqual([outside]);
    expect(traced.inputs).toHaveLength(2);
  });

  test('Variables become inputs and outputs; none changes', () => {
    const [read, written, both] = [1, 2, 3].map((v) => new Variable(tensor(v), { name: `v${v}` })) as Variable[];
    const traced = trace(
      ([x]) => {
        written!.assign(x!);
        both!.assign(both!.value.add(written!.value));
        return [read!.value.mul(x!)];
      },
      [{ shape: [], dtype: 'float32' }],
    );
    const uses = new Map(traced.variables.map((use) => [use.variable, use]));
    expect(uses.get(read!)).toMatchObject({ read: traced.inputs[2], assigned: null });
    expect(uses.get(written!)).toMatchObject({ read: null, assigned: traced.inputs[0] });
    expect(uses.get(both!)).toMatchObject({ read: traced.inputs[1], assigned: traced.outputs[1] });
    expect(traced.captures).toEqual([]);
    expect([read, written, both].map((v) => [v!.version, v!.value.itemSync()])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  test('a composite that touches a Variable says so', () => {
    const cell = new Variable(tensor(1), { name: 'cell' });
    const reads = composite<object>('reads', ([x]) => x!.add(cell.value));
    const assigns = composite<object>('assigns', ([x]) => {
      cell.assign(x!);
      return x!;
    });
    expect(() => reads([tensor(1)], {})).toThrow(/reads: the function reads Variable 'cell'.*pass the value/);
    expect(() => assigns([tensor(1)], {})).toThrow(/assigns: the function assigns Variable 'cell'/);
    expect(cell.value.itemSync()).toBe(1);
  });

  test('public ops record themselves by name on symbolic tensors', () => {
    const seen: string[] = [];
    class Symbolic extends SymbolicTensor {
      record(name: string, fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
        seen.push(`${name}/${args.length}`);
        const concrete = args.map((arg) =>
          arg instanceof Symbolic ? ones([2]) : Array.isArray(arg) ? arg.map(() => ones([2])) : arg,
        );
        return fn(...(concrete as never[]));
      }
    }
    const s = new Symbolic([null, 3], 'float32');
    expect(add(s, 1).shape).toEqual([2]);
    expect(concat([s, s]).shape).toEqual([4]);
    expect(s.relu().shape).toEqual([2]);
    expect(seen).toEqual(['add/2', 'concat/1', 'relu/1']);
    expect(s.shape).toEqual([null, 3]);
    expect(() => s.dataSync()).toThrow(/float32\[null, 3\].*has no values/);
    expect(() => apply('neg', [s], {})).toThrow(ConfigError);
  });

  test('shape errors surface at the call', () => {
    expect(() => ones([2, 3]).matmul(ones([2, 3]))).toThrow(ShapeError);
  });
});
