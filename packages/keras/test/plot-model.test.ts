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
  });
});

test('plotModel draws SVG', async () => {
  const svg = await plotModel(twoTowers(), { showLayerNames: true });
  expect(svg).toContain('<svg');
  expect(svg).toContain('shared (Dense)');
});
