/**
 * VGG: stacks of 3 × 3 convolutions.
 */
import { Dense, Flatten, MaxPooling2D } from '@dl/layers';
import { assemble, checkApplication, conv, finish, inputOf, type ApplicationOptions, type Built } from './shared.ts';

function build<O extends ApplicationOptions>(options: O, where: string, repeats: readonly number[]): Built<O> {
  checkApplication(where, options);
  const { includeTop = true, classes = 1000, classifierActivation = 'softmax' } = options;
  const input = inputOf(where, options, 224);
  let x = input;
  repeats.forEach((count, i) => {
    for (let k = 1; k <= count; k++) {
      const name = `block${i + 1}_conv${k}`;
      x = conv(x, Math.min(64 * 2 ** i, 512), 3, { activation: 'relu', padding: 'same', name });
    }
    x = new MaxPooling2D(2, { strides: 2, name: `block${i + 1}_pool` }).apply(x);
  });
  if (includeTop) {
    x = new Flatten({ name: 'flatten' }).apply(x);
    x = new Dense(4096, { activation: 'relu', name: 'fc1' }).apply(x);
    x = new Dense(4096, { activation: 'relu', name: 'fc2' }).apply(x);
    x = new Dense(classes, { activation: classifierActivation, name: 'predictions' }).apply(x);
  } else {
    x = finish(x, options);
  }
  return assemble(input, x, options, options.name ?? where.toLowerCase());
}

/**
 * VGG-16 (K. Simonyan, A. Zisserman, 2014): 138,357,544 parameters. Inputs are BGR with the means of ImageNet taken off.
 *
 * @example VGG16({ includeTop: false });
 */
export const VGG16 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'VGG16', [2, 2, 3, 3, 3]);

/** VGG-19 (K. Simonyan, A. Zisserman, 2014): 143,667,240 parameters. @example VGG19({ includeTop: false }); */
export const VGG19 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'VGG19', [2, 2, 4, 4, 4]);
