/**
 * Where images have their channels.
 */
import { asTensor, type TensorLike } from '../../create.ts';
import type { Tensor } from '../../tensor.ts';
import { oneOf } from '../arguments.ts';
import { moveAxis } from '../movement.ts';

/** 'channels_last' […, spatial, channels] or 'channels_first' […, channels, spatial], with or without a batch in front. */
export type DataFormat = 'channels_last' | 'channels_first';

/** Options of ops on images. */
export interface FormatOptions {
  /** Default 'channels_last'. */
  readonly dataFormat?: DataFormat;
}

/** Runs an op that knows channels last on an input of either format. Moving the channels copies nothing by itself. */
export function withChannelsLast(
  x: TensorLike,
  format: DataFormat | undefined,
  where: string,
  run: (x: Tensor) => Tensor,
): Tensor {
  const t = asTensor(x, where);
  const first = oneOf(format ?? 'channels_last', ['channels_last', 'channels_first'], `${where}: dataFormat`);
  return first === 'channels_first' && t.rank > 2 ? moveAxis(run(moveAxis(t, 1, -1)), -1, 1) : run(t);
}
