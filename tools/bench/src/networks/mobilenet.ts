/**
 * MobileNetV2 for inference in plain ops.
 */
import { batchNorm, conv, matmul, mean, relu6, tensor, Variable, type Tensor } from '@dl/keras';
import { HEAD, IMAGE, normValues, units } from './mobilenet-units.ts';
import { heUniform, randomFloats } from '../workloads/report.ts';

/** The network as a function of images [batch, 224, 224, 3]; its weights are variables. */
export function mobilenet(): (x: Tensor) => Tensor {
  const variable = (values: Float32Array<ArrayBuffer>, shape: readonly number[]): Variable =>
    new Variable(tensor(values, 'float32', shape));
  const layers = units().map((unit) => {
    const channels = unit.shape[3];
    const { mean: average, variance, scale, offset } = normValues(channels, unit.seed);
    return {
      ...unit,
      kernel: variable(heUniform(unit.shape, unit.seed), unit.shape),
      average: variable(average, [channels]),
      variance: variable(variance, [channels]),
      scale: variable(scale, [channels]),
      offset: variable(offset, [channels]),
    };
  });
  const head = variable(heUniform(HEAD.shape, HEAD.seed), HEAD.shape);
  const bias = variable(new Float32Array(HEAD.shape[1]!), [HEAD.shape[1]!]);
  return (image) => {
    let [x, input] = [image, image];
    for (const layer of layers) {
      if (layer.first) input = x;
      const pad = layer.shape[0] === 3 ? 1 : 0;
      const options = {
        strides: layer.stride,
        padding: [
          [pad, pad],
          [pad, pad],
        ] as const,
        groups: layer.depthwise ? layer.shape[3] : 1,
      };
      x = batchNorm(conv(x, layer.kernel.value, options), layer.average.value, layer.variance.value, {
        scale: layer.scale.value,
        offset: layer.offset.value,
      });
      if (layer.relu6) x = relu6(x);
      if (layer.residual) x = x.add(input);
    }
    return matmul(mean(x, [1, 2]), head.value).add(bias.value);
  };
}

/** One image. */
export function image(): Tensor {
  const size = IMAGE.shape.reduce((a, b) => a * b, 1);
  return tensor(randomFloats(size, IMAGE.seed), 'float32', IMAGE.shape);
}
