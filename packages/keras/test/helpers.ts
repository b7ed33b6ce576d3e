/**
 * Small models and data for tests, on the reference backend.
 */
import { layers, Sequential, setBackend, setSeed, type CompileOptions } from '@dl/keras';
import { reference } from '@dl/tensor/backend';

setBackend(reference());
setSeed(7);

/** y = w·x with the given weight, mean squared error and plain SGD. */
export function line(weight = 0, options: CompileOptions = {}): Sequential {
  const model = new Sequential([new layers.Dense(1, { useBias: false, kernelInitializer: 'zeros', inputShape: [1] })]);
  model.setWeights([[[weight]]]);
  model.compile({ optimizer: 'sgd', loss: 'mse', ...options });
  return model;
}

/** [[0], [1], … n − 1]. */
export const column = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i]);

/** Everything the console was told while `fn` ran. */
export async function listen<T>(
  method: 'log' | 'warn',
  fn: () => Promise<T>,
): Promise<{ result: T; lines: readonly string[] }> {
  const lines: string[] = [];
  const kept = console[method];
  console[method] = (...args: unknown[]) => void lines.push(args.map(String).join(' '));
  try {
    return { result: await fn(), lines };
  } finally {
    console[method] = kept;
  }
}
