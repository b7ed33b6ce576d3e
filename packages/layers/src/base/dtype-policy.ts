/**
 * DTypePolicy: in which dtype a layer keeps its weights, and in which it computes.
 */
import { ConfigError, type DType } from '@dl/tensor';
import { describe, isDType } from '@dl/tensor/interpreter';

/** What may be given as the `dtype` of a layer. */
export type DTypeLike = DType | 'mixed_float16' | `int8_from_${'float32' | 'float16' | 'mixed_float16'}` | DTypePolicy;

/**
 * The dtypes of a layer, by name: a dtype for both, or 'mixed_float16', which keeps weights in float32 and computes in
 * float16. 'int8_from_float32' is the policy of layers whose weights were quantized. Follows `keras.DTypePolicy`.
 *
 * @throws ConfigError for a name that is no policy.
 * @example new DTypePolicy('mixed_float16').computeDtype; // 'float16'
 */
export class DTypePolicy {
  readonly name: string;
  /** Dtype of weights. */
  readonly variableDtype: DType;
  /** Dtype that floating inputs and weights are cast to for the call. */
  readonly computeDtype: DType;
  /** How main weights are kept, if not in the dtype of weights. */
  readonly quantizationMode: 'int8' | null = null;

  constructor(name: string) {
    this.name = name;
    const quantized = /^int8_from_(.+)$/.exec(name);
    if (quantized !== null) {
      const source = new DTypePolicy(quantized[1]!);
      this.variableDtype = source.variableDtype;
      this.computeDtype = source.computeDtype;
      this.quantizationMode = 'int8';
      return;
    }
    if (name === 'mixed_float16') {
      this.variableDtype = 'float32';
      this.computeDtype = 'float16';
      return;
    }
    if (!isDType(name)) {
      const hint = name.includes('bfloat16') ? '; there is no bfloat16 here, use mixed_float16' : '';
      throw new ConfigError(`dtype: expected a dtype or 'mixed_float16', got ${describe(name)}${hint}`);
    }
    this.variableDtype = name;
    this.computeDtype = name;
  }
}

let global: DTypePolicy | null = null;

/** The policy of layers that are given none: float32, unless {@link setDTypePolicy} was called. */
export function dtypePolicy(): DTypePolicy {
  return (global ??= new DTypePolicy('float32'));
}

/**
 * Sets the policy of the layers made from now on, as `keras.config.set_dtype_policy`.
 *
 * @example setDTypePolicy('mixed_float16');
 */
export function setDTypePolicy(policy: DTypeLike): void {
  global = toPolicy(policy);
}

/** The policy that the option of a layer stands for. */
export function toPolicy(policy: DTypeLike | null | undefined): DTypePolicy {
  if (policy === null || policy === undefined) return dtypePolicy();
  return policy instanceof DTypePolicy ? policy : new DTypePolicy(policy);
}
