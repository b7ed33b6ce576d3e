// resampleSound: the same sound at another number of samples a second.
import { checkInteger } from '../checks.ts';
import type { Sound } from './decode-wav.ts';

/** Zero crossings of the filter on each side. */
const lobes = 16;

/** A sinc under a Hann window, `lobes` wide on each side. */
const filter = (x: number): number => {
  if (x === 0) return 1;
  if (Math.abs(x) >= lobes) return 0;
  const angle = Math.PI * x;
  return (Math.sin(angle) / angle) * (0.5 + 0.5 * Math.cos(angle / lobes));
};

/**
 * A sound at another sampling rate, band-limited by a windowed sinc, so that tones above half the new rate do not come back
 * as others. The length becomes ceil(samples · sampleRate / old rate).
 *
 * @throws ConfigError for a rate that is no positive integer.
 * @example const slow = resampleSound(await decodeWav({ path: 'one.wav' }), 8000);
 */
export const resampleSound = (sound: Sound, sampleRate: number): Sound => {
  checkInteger('resampleSound', 'sampleRate', sampleRate, 1);
  const { samples, sampleRate: rate } = sound;
  if (rate === sampleRate) return sound;
  const [count = 0, channels = 1] = samples.shape;
  const length = Math.ceil((count * sampleRate) / rate);
  const cutoff = Math.min(1, sampleRate / rate);
  const reach = lobes / cutoff;
  const data = new Float32Array(length * channels);
  for (let i = 0; i < length; i++) {
    const middle = (i * rate) / sampleRate;
    const [from, to] = [Math.max(0, Math.ceil(middle - reach)), Math.min(count - 1, Math.floor(middle + reach))];
    for (let j = from; j <= to; j++) {
      const weight = cutoff * filter((j - middle) * cutoff);
      for (let c = 0; c < channels; c++)
        data[i * channels + c] = data[i * channels + c]! + weight * samples.data[j * channels + c]!;
    }
  }
  return { samples: { data, shape: [length, channels] }, sampleRate };
};
