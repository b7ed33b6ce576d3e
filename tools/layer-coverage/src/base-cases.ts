/**
 * Cases of the base classes: a layer and a wrapper as users write them.
 */
import { Dense, Layer, Wrapper, type Weight } from '@dl/layers';
import type { LayerCase } from '@dl/layers/testing';
import type { Tensor } from '@dl/tensor';

class Scale extends Layer {
  #factor!: Weight;

  protected override build(): void {
    this.#factor = this.addWeight({ name: 'factor', shape: [], initializer: 'ones' });
  }

  override call(x: Tensor): Tensor {
    return x.mul(this.#factor);
  }
}

class Twice extends Wrapper {
  override call(x: Tensor): Tensor {
    return this.layer.apply(this.layer.apply(x));
  }
}

/** As in the tests of layers: the name of a case is that of the class. */
export const baseCases: Readonly<Record<'Layer' | 'Wrapper', LayerCase>> = {
  Layer: { make: (o) => new Scale(o), shape: [2, 3], output: [2, 3], params: 1 },
  Wrapper: { make: (o) => new Twice(new Dense(3, o), o), shape: [2, 3], output: [2, 3], params: 12 },
};
