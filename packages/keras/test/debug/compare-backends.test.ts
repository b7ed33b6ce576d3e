import { expect, test } from 'vitest';
import { cpu } from '@dl/backend-cpu';
import { layers, Sequential, setBackend, tensor, type Variable } from '@dl/keras';
import { compareBackends } from '@dl/keras/debug';
import { reference, type Backend, type Buffer, type Program } from '@dl/tensor/backend';

setBackend(cpu());

/** The reference backend, whose kernels of a program with some name give a value too much. */
function faulty(name: string, by: number): Backend {
  const good = reference();
  return {
    ...good,
    name: 'faulty',
    compile: (program: Program) => {
      const executable = good.compile(program);
      if (!program.name.includes(name)) return executable;
      return {
        run: (args: readonly Buffer[], params: readonly number[]) => {
          executable.run(args, params);
          const output = args.at(-1)!;
          const values = new Float32Array(good.readSync!(output, 'float32', 0, output.byteLength / 4));
          values[values.length - 1]! += by;
          good.write(output, values, 'float32');
        },
        dispose: () => executable.dispose(),
      };
    },
  };
}

function network(): Sequential {
  return new Sequential(
    [
      new layers.Dense(4, { activation: 'relu', inputShape: [3], name: 'one' }),
      new layers.BatchNormalization({ name: 'norm' }),
      new layers.Dropout(0.5, { name: 'drop' }),
      new layers.Dense(2, { activation: 'tanh', name: 'two' }),
    ],
    { name: 'net' },
  );
}

const x = [
  [0.1, 0.2, 0.3],
  [1, -1, 2],
];

test('backends that agree agree layer by layer, and the model stays as it is', async () => {
  const model = network();
  const state = (): Promise<unknown> => Promise.all(model.variables.map((one: Variable) => one.value.array()));
  const before = await state();
  const comparison = await compareBackends(model, x, { backends: [reference(), cpu(), reference()] });
  expect(comparison.first).toBe(null);
  expect(comparison.layers.filter(({ backend }) => backend === 'cpu').map(({ path }) => path)).toEqual([
    'one',
    'norm',
    'drop',
    'two',
    '',
  ]);
  for (const { difference } of comparison.layers) expect(difference).toBeLessThan(1e-5);
  expect(String(comparison)).toMatch(/^all layers agree on cpu, reference with reference; the largest difference is/);
  expect(await state()).toEqual(before);
  expect(model.weights[0]!.value.storage!.backend.name).toBe('cpu');
  expect(model.flattenLayers().every(({ forwardHooks }) => forwardHooks.length === 0)).toBe(true);
  expect((await compareBackends(model, tensor(x))).layers).toHaveLength(5);
});

test('the first layer that differs is named, and by how much', async () => {
  const comparison = await compareBackends(network(), x, { backends: [reference(), faulty('tanh', 0.25)] });
  expect(comparison.first).toMatchObject({ path: 'two', label: 'two (Dense)', backend: 'faulty', index: [1, 1] });
  expect(comparison.first!.difference).toBeCloseTo(0.25, 5);
  expect(comparison.first!.got - comparison.first!.expected).toBeCloseTo(0.25, 5);
  expect(String(comparison)).toMatch(
    /^the first layer that differs is two \(Dense\) at two: on faulty it gives \S+ at \[1, 1\], on reference/,
  );
  const wide = await compareBackends(network(), x, { backends: [reference(), faulty('tanh', 0.25)], atol: 0.3 });
  expect(wide.first).toBe(null);
  const lost = await compareBackends(network(), x, { backends: [reference(), faulty('relu', NaN)] });
  expect(lost.first).toMatchObject({ path: 'one', difference: Infinity });
});

test('one backend is none to compare with', async () => {
  await expect(compareBackends(network(), x, { backends: [cpu()] })).rejects.toThrow('expected two backends or more');
});
