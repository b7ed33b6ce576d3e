/**
 * What convolutions and pooling share: data formats, padding modes and output sizes.
 */
import { ConfigError, moveAxis, type Tensor } from '@dl/tensor';
import { checkWord } from './checks.ts';
import type { LayerShape } from './input-spec.ts';

/** Where the channels are: after the spatial axes (the default) or before them. */
export type DataFormat = 'channels_last' | 'channels_first';

/** 'valid': no padding. 'same': ⌈n/stride⌉ outputs. 'causal': all padding before, for Conv1D. */
export type Padding = 'valid' | 'same' | 'causal';

/** Checks a data format; channels last unless given. */
export function checkDataFormat(where: string, value: DataFormat | undefined): DataFormat {
  return checkWord(where, 'dataFormat', value ?? 'channels_last', ['channels_last', 'channels_first']);
}

/** Checks a padding mode; 'valid' unless given. Words are taken in any case. */
export function checkPadding<P extends Padding>(where: string, value: P | undefined, allowed: readonly P[]): P {
  const word = typeof value === 'string' ? (value.toLowerCase() as P) : ('valid' as P);
  if (value !== undefined && typeof value !== 'string') checkWord(where, 'padding', value, allowed);
  return checkWord(where, 'padding', word, allowed);
}

/** A view with the channels last. */
export function channelsLast(x: Tensor, format: DataFormat): Tensor {
  return format === 'channels_last' ? x : moveAxis(x, 1, -1);
}

/** Back from channels last to the format. */
export function fromChannelsLast(x: Tensor, format: DataFormat): Tensor {
  return format === 'channels_last' ? x : moveAxis(x, -1, 1);
}

/** The axis of the channels. */
export const channelAxis = (format: DataFormat): number => (format === 'channels_last' ? -1 : 1);

/** The spatial part of a shape. */
export function spatialOf(shape: LayerShape, format: DataFormat): LayerShape {
  return format === 'channels_last' ? shape.slice(1, -1) : shape.slice(2);
}

/** A shape from its parts. */
export function joinShape(
  batch: number | null,
  spatial: LayerShape,
  channels: number | null,
  format: DataFormat,
): LayerShape {
  return format === 'channels_last' ? [batch, ...spatial, channels] : [batch, channels, ...spatial];
}

/** Number of window positions along an axis of `n`. */
export function windowCount(
  n: number | null,
  window: number,
  stride: number,
  dilation: number,
  padding: Padding,
): number | null {
  if (n === null) return null;
  if (padding !== 'valid') return Math.ceil(n / stride);
  return Math.floor((n - dilation * (window - 1) - 1) / stride) + 1;
}

/** Output sizes of a window operation; throws when an input is smaller than the window. */
export function windowCounts(
  where: string,
  spatial: LayerShape,
  windows: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: Padding,
): LayerShape {
  return spatial.map((n, i) => {
    const count = windowCount(n, windows[i]!, strides[i]!, dilations[i]!, padding);
    if (count === null || count > 0) return count;
    const size = dilations[i]! * (windows[i]! - 1) + 1;
    throw new ConfigError(
      `${where}: spatial axis ${i} has ${n} elements, fewer than the window of ${size}; use padding: 'same' or a larger input`,
    );
  });
}

/** Steps between windows and steps inside them cannot both be larger than 1. */
export function checkSteps(where: string, strides: readonly number[], dilations: readonly number[]): void {
  if (strides.some((n) => n > 1) && dilations.some((n) => n > 1)) {
    throw new ConfigError(`${where}: strides > 1 cannot be combined with dilationRate > 1`);
  }
}
