/**
 * Mistakes in building and training models, and what the user is told: which layer or model, what was expected, what came,
 * where it comes from, and what to do.
 */
import { layers, ones, type Tensor } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { listen } from './helpers.ts';
import { classes } from './mistakes/classes.ts';
import { net, own, unbuilt, x, y, quiet } from './mistakes/helpers.ts';
import { options } from './mistakes/options.ts';
import { shapes } from './mistakes/shapes.ts';
import { structure } from './mistakes/structure.ts';
import { training } from './mistakes/training.ts';
import { values } from './mistakes/values.ts';

const TABLES = { shapes, values, options, structure, classes, training };

describe.each(Object.entries(TABLES))('%s', (_table, mistakes) => {
  test.each(mistakes.map(([name, ...rest]) => [name, rest] as const))('%s', async (_name, [act, kind, ...said]) => {
    let caught: unknown = null;
    try {
      await act();
    } catch (error) {
      caught = error;
    }
    expect(caught, 'it must be refused').toBeInstanceOf(kind);
    const { message } = caught as Error;
    for (const part of said) {
      if (typeof part === 'string') expect(message).toContain(part);
      else expect(message).toMatch(part);
    }
  });
});

describe('what is no mistake', () => {
  test('the summary of a model that is not built', () => {
    let text = '';
    unbuilt().summary({ printFn: (line: string) => void (text += line) });
    expect(text).toContain('late');
  });

  test('a layer that is made at the first call and kept', () => {
    const lazy = own('lazy', function (this: { inner?: layers.Layer }, t: Tensor) {
      return (this.inner ??= new layers.Dense(2)).apply(t);
    } as never);
    expect(lazy.apply(ones([1, 3])).shape).toEqual([1, 2]);
    expect(lazy.weights).toHaveLength(2);
  });

  test('training without trainable weights warns', async () => {
    const frozen = net();
    frozen.trainable = false;
    frozen.compile({ optimizer: 'sgd', loss: 'mse' });
    const { lines } = await listen('warn', () => frozen.fit(x, y, quiet));
    expect(lines.join(' ')).toContain('no weight of net is trainable, so nothing is learnt; set trainable = true');
  });
});
