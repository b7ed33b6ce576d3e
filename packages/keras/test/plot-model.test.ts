import { Input, layers, Model, modelToDot, plotModel, Sequential, type Tensor } from '@dl/keras';
import { describe, expect, test } from 'vitest';

function twoTowers(): Model<readonly Tensor[]> {
  const [a, b] = [Input({ shape: [4], name: 'a' }), Input({ shape: [4], name: 'b' })];
  const shared = new layers.Dense(3, { name: 'shared' });
  const y = new layers.Dense(1, { name: 'top' }).apply(shared.apply(a).mul(shared.apply(b)));
  return new Model([a, b], y);
}

describe('modelToDot', () => {
  test('every layer and op is a node, every use an edge', () => {
    const dot = modelToDot(twoTowers(), { showShapes: true, showLayerNames: true, showDtype: true });
    expect(dot.match(/\[label=/g)).toHaveLength(5);
    expect(dot.match(/->/g)).toHaveLength(5);
    expect(dot).toContain('top (Dense)|Output dtype: float32|{Input shape: (None, 3)|Output shape: (None, 1)}');
  });

  test('models inside are boxes when expanded', () => {
    const inner = new Sequential([Input({ shape: [4] }), new layers.Dense(2)], { name: 'inner' });
    const x = Input({ shape: [4] });
    const model = new Model(x, new layers.Dense(1).apply(inner.apply(x)));
    expect(modelToDot(model)).not.toContain('cluster');
    const dot = modelToDot(model, { expandNested: true, rankdir: 'LR' });
    expect(dot).toContain('label="inner"');
    expect(dot).toContain('rankdir=LR');
    // From the outer input to the inner one, through the inner layer, and on to the outer layer.
    const edges = [...dot.matchAll(/(n\d+) -> (n\d+)/g)].map(([, from, to]) => [from, to]);
    const kind = (id?: string): string => new RegExp(`^${id} \\[label="\\{(\\w+)`, 'm').exec(dot)![1]!;
    expect(edges.map((edge) => edge.map(kind).join(' ')).toSorted((p, q) => (p < q ? -1 : 1))).toEqual([
      'Dense Dense',
      'InputLayer Dense',
      'InputLayer InputLayer',
    ]);
  });
});

test('plotModel draws SVG', async () => {
  const svg = await plotModel(twoTowers(), { showLayerNames: true });
  expect(svg).toContain('<svg');
  expect(svg).toContain('shared (Dense)');
});
