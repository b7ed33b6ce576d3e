/**
 * Command-line options of the quickstart.
 */
import { parseArgs } from 'node:util';

export interface QuickstartOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
  readonly model: 'mlp' | 'cnn';
  /** Folder with the whole of Fashion-MNIST; undefined for the slice that comes with the app. */
  readonly full: string | undefined;
}

/** What `--help` prints. */
export const USAGE = `npm start -- [options]
  --epochs N    passes over the training images (default 8)
  --batch N     images per step (default 64)
  --seed N      seed of everything random (default 1)
  --model NAME  cnn (default) or mlp
  --full DIR    folder with the four files of the whole Fashion-MNIST`;

/** Options from arguments; null asks for help. Throws a message for the user. */
export function parseOptions(args: readonly string[]): QuickstartOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      epochs: { type: 'string', default: '8' },
      batch: { type: 'string', default: '64' },
      seed: { type: 'string', default: '1' },
      model: { type: 'string', default: 'cnn' },
      full: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (values.model !== 'mlp' && values.model !== 'cnn')
    throw new Error(`--model must be mlp or cnn, got ${values.model}`);
  return {
    epochs: positive('epochs', values.epochs),
    batch: positive('batch', values.batch),
    seed: Number.isInteger(Number(values.seed)) ? Number(values.seed) : fail('seed', 'an integer', values.seed),
    model: values.model,
    full: values.full,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : fail(name, 'a positive integer', text);
}

function fail(name: string, wanted: string, got: string): never {
  throw new Error(`--${name} must be ${wanted}, got ${got}`);
}
