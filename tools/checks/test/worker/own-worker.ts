/**
 * A worker of one's own: a model with a layer and a step of its own, served.
 */
import { layers, Model, setSeed, type StepData, type Tensor } from '@dl/keras';
import { serveModel } from '@dl/keras/worker';

class Double extends layers.Layer {
  override call(x: Tensor): Tensor {
    return x.mul(2);
  }
}

class Own extends Model {
  readonly double = new Double();
  readonly out = new layers.Dense(1, { kernelInitializer: 'zeros', name: 'out' });
  override call(x: Tensor): Tensor {
    return this.out.apply(this.double.apply(x));
  }
  override trainStep(data: StepData): undefined {
    if (data.x.shape[0] === 7) throw new RangeError('seven is too many');
    super.trainStep(data);
  }
}

setSeed(1);
const model = new Own({ name: 'own' });
model.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] });
serveModel(model);
