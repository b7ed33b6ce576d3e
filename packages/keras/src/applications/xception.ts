/**
 * Xception: residual blocks of depthwise separable convolutions.
 */
import { Add, MaxPooling2D, SeparableConv2D } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import {
  act,
  assemble,
  checkApplication,
  conv,
  finish,
  inputOf,
  norm,
  type ApplicationOptions,
  type Built,
} from './shared.ts';

const relu = (x: Tensor, name: string): Tensor => act(x, 'relu', name);

function separable(x: Tensor, filters: number, name: string): Tensor {
  const y = new SeparableConv2D(filters, 3, { padding: 'same', useBias: false, name }).apply(x);
  return norm(y, `${name}_bn`);
}

/** Two separable convolutions and a pool beside a convolution of stride 2. */
function narrowing(x: Tensor, filters: readonly [number, number], block: number, first: boolean): Tensor {
  const name = `block${block}`;
  const around = norm(
    conv(x, filters[1], 1, { strides: 2, padding: 'same', useBias: false, name: `${name}_shortcut` }),
    `${name}_shortcut_bn`,
  );
  let y = first ? x : relu(x, `${name}_sepconv1_act`);
  y = relu(separable(y, filters[0], `${name}_sepconv1`), `${name}_sepconv2_act`);
  y = separable(y, filters[1], `${name}_sepconv2`);
  y = new MaxPooling2D(3, { strides: 2, padding: 'same', name: `${name}_pool` }).apply(y);
  return new Add({ name: `${name}_add` }).apply([y, around]);
}

/**
 * Xception (F. Chollet, 2016): 22,910,480 parameters. Inputs of 299 × 299 in [−1, 1].
 *
 * @example Xception({ includeTop: false, pooling: 'avg' });
 */
export function Xception<O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> {
  checkApplication('Xception', options);
  const input = inputOf('Xception', options, 299, 71);
  let x = conv(input, 32, 3, { strides: 2, useBias: false, name: 'block1_conv1' });
  x = relu(norm(x, 'block1_conv1_bn'), 'block1_conv1_act');
  x = conv(x, 64, 3, { useBias: false, name: 'block1_conv2' });
  x = relu(norm(x, 'block1_conv2_bn'), 'block1_conv2_act');
  x = narrowing(x, [128, 128], 2, true);
  x = narrowing(x, [256, 256], 3, false);
  x = narrowing(x, [728, 728], 4, false);
  for (let i = 5; i <= 12; i++) {
    let y = x;
    for (const k of [1, 2, 3]) y = separable(relu(y, `block${i}_sepconv${k}_act`), 728, `block${i}_sepconv${k}`);
    x = new Add({ name: `block${i}_add` }).apply([y, x]);
  }
  x = narrowing(x, [728, 1024], 13, false);
  x = relu(separable(x, 1536, 'block14_sepconv1'), 'block14_sepconv1_act');
  x = relu(separable(x, 2048, 'block14_sepconv2'), 'block14_sepconv2_act');
  return assemble(input, finish(x, options), options, options.name ?? 'xception');
}
