/**
 * CTC: the loss of label sequences without known times.
 */
import { cast, full, notEqual, ShapeError, sum, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { ctcLoss } from '@dl/tensor/ops';
import { predictions } from './align.ts';
import { Loss, type LossOptions } from './loss.ts';

/**
 * Connectionist temporal classification (A. Graves et al., 2006) of labels [n, longest], padded with 0, and logits
 * [n, steps, classes], where class 0 is the blank: one value per sample.
 *
 * @throws ShapeError for other ranks.
 */
export function ctc(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [labels, logits] = [tensor(yTrue), predictions(yPred)];
  if (labels.rank !== 2 || logits.rank !== 3) {
    throw new ShapeError(
      `ctc: expected labels [n, longest] and logits [n, steps, classes], got ${formatShape(labels.shape)} and ${formatShape(logits.shape)}`,
    );
  }
  const lengths = sum(cast(notEqual(labels, 0), 'int32'), -1);
  return ctcLoss(cast(labels, 'int32'), logits, lengths, full([logits.shape[0]!], logits.shape[1]!, 'int32'));
}

/**
 * The loss of sequences such as spoken or written words, whose labels have no known times. Targets are labels [n, longest]
 * padded with 0, predictions logits [n, steps, classes]; class 0 is the blank.
 *
 * @example new CTC().apply([[1, 2]], [[[0, 2, 0], [2, 0, 0], [0, 0, 2]]]);
 */
export class CTC extends Loss {
  static readonly className: string = 'CTC';

  constructor(options: LossOptions = {}) {
    super('ctc', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return ctc(yTrue, yPred);
  }
}
