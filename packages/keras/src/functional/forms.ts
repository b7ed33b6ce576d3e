/**
 * Forms of what models take and give, found from tensors, shapes or data.
 */
import { isShape, type LayerShapes, type Tensors } from '@dl/layers';
import { isArrayData, Tensor, Variable } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import type { Form } from './structure.ts';

/** Whether a value is one tensor. */
export const isTensor = (value: unknown): boolean => value instanceof Tensor;

const listForm = (length: number, prefix: string): Form => ({
  kind: 'list',
  names: Array.from({ length }, (_, i) => `${prefix}_${i}`),
});

/** The form of outputs whose names nothing tells. */
export function formOfTensors(value: Tensors): Form {
  if (value instanceof Tensor) return { kind: 'one', names: ['output'] };
  if (Array.isArray(value)) return listForm(value.length, 'output');
  return { kind: 'record', names: Object.keys(value) };
}

/** The same, from shapes. */
export function formOfShapes(shapes: LayerShapes): Form {
  if (isShape(shapes)) return { kind: 'one', names: ['output'] };
  if (Array.isArray(shapes)) return listForm(shapes.length, 'output');
  return { kind: 'record', names: Object.keys(shapes) };
}

/** The form of data for a model that does not tell: records by name, lists of tensors or typed arrays with a shape. */
export function formOfData(value: unknown): Form {
  const one: Form = { kind: 'one', names: ['input'] };
  if (Array.isArray(value)) {
    const several =
      value.length > 0 &&
      (value as unknown[]).every((x) => x instanceof Tensor || x instanceof Variable || isArrayData(x));
    return several ? listForm(value.length, 'input') : one;
  }
  return isPlain(value) && !isArrayData(value) ? { kind: 'record', names: Object.keys(value) } : one;
}
