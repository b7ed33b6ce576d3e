/**
 * checkLayer finds what is wrong with a layer, and says what.
 */
import { grad, variableGrads, customGradient } from '@dl/autograd';
import { Dense, Dropout, Layer, type CallContext, type Config, type LayerOptions, type LayerShape } from '@dl/layers';
import { checkLayer, type LayerCase } from '@dl/layers/testing';
import { setBackend, type DType, type Tensor, type Variable } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

interface ScaleOptions extends LayerOptions {
  readonly factor?: number;
}

/** A sound layer: x times a factor and a weight. */
class Scale extends Layer {
  readonly factor: number;
  protected strength!: Variable;

  constructor(options: ScaleOptions = {}) {
    super(options);
    this.factor = options.factor ?? 1;
    this.supportsMasking = true;
  }

  protected override build(): void {
    this.strength = this.addWeight({ name: 'strength', shape: [], initializer: 'ones' });
  }

  override call(x: Tensor, _: CallContext): Tensor {
    return x.mul(this.strength).mul(this.factor);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}

const good = {
  make: (o: { dtype: DType }) => new Scale({ factor: 2, ...o }),
  shape: [3, 2],
  output: [3, 2],
  params: 1,
} satisfies LayerCase;
const check = (what: Partial<LayerCase>): void => checkLayer({ ...good, ...what }, { grad, variableGrads });

describe('checkLayer', () => {
  test('passes a sound layer, with masks and both modes', () => {
    check({ mask: [true, false, true], outputMask: [true, false, true], trainingDiffers: false });
    check({ make: (o) => new Dropout(0.5, { seed: 1, ...o }), training: true, trainingDiffers: true, params: 0 });
  });

  test('names the layer and the check', () => {
    expect(() => check({ make: (o) => new Scale({ name: 'mine', ...o }), params: 2 })).toThrow(
      "checkLayer: mine (Scale) failed 'number of parameters': expected 2, got 1",
    );
  });

  const broken: Readonly<Record<string, Partial<LayerCase>>> = {
    'output shape': { output: [3, 3] },
    'number of parameters': { params: 7 },
    'output mask': { mask: [true, false, true], outputMask: null },
    'training changes the output': { trainingDiffers: true },
    computeOutputShape: {
      make: (o) =>
        new (class extends Scale {
          override computeOutputShape([batch]: LayerShape): LayerShape {
            return [batch ?? null, 5];
          }
        })(o),
    },
    'output dtype': {
      make: (o) =>
        new (class extends Scale {
          override call(x: Tensor): Tensor {
            return x.mul(this.strength).cast('float32');
          }
        })(o),
    },
    'configuration round trip': {
      make: (o) =>
        new (class extends Scale {
          override getConfig(): Config {
            return { ...super.getConfig(), factor: this.factor, wrong: this.factor };
          }
          static override fromConfig(config: Config): never {
            return new this({ ...config, factor: 5, dtype: 'float64' } as never) as never;
          }
        })({ factor: 2, ...o }),
    },
    'outputs after a round trip': {
      make: (o) =>
        new (class Forgets extends Scale {
          override getConfig(): Config {
            const { factor: _, ...rest } = super.getConfig();
            return rest;
          }
        })({ factor: 2, ...o }),
    },
    'compiled equals eager': {
      // Tensors of a trace have a value in its graph.
      make: (o) =>
        new (class extends Scale {
          override call(x: Tensor): Tensor {
            return x.mul(this.strength).add(x.value === null ? 0 : 1);
          }
        })(o),
    },
    'float32 outputs': {
      make: (o) => new Scale({ factor: o.dtype === 'float32' ? 1 : 2, ...o }),
    },
    'batch of 1': {
      make: (o) =>
        new (class extends Scale {
          override call(x: Tensor): Tensor {
            return x.sub(x.mean(0, true)).mul(this.strength);
          }
        })(o),
    },
    gradients: {
      make: (o) =>
        new (class extends Scale {
          override call(x: Tensor): Tensor {
            const wrong = customGradient(
              (t) => t.square(),
              ({ cotangent }) => [cotangent],
            );
            return wrong(x).mul(this.strength);
          }
        })(o),
    },
  };
  for (const [name, what] of Object.entries(broken)) {
    test(`finds: ${name}`, () => expect(() => check(what)).toThrow(`failed '${name}'`));
  }

  test('without derivatives gradients are not checked', () => {
    const { gradients } = broken as Readonly<Record<'gradients', Partial<LayerCase>>>;
    checkLayer({ ...good, ...gradients });
    checkLayer({ make: (o) => new Dense(2, o), shape: [2, 3], output: [2, 2], params: 8 });
  });
});
