/**
 * Programs as a backend takes them.
 */
import { BackendError } from '../errors.ts';
import type { Program } from '../kernel/kernel.ts';
import type { Capabilities } from './backend.ts';

/** The program with kernels of the backend's kinds only. */
export function legal(program: Program, { kernels, legalize }: Capabilities): Program {
  if (legalize) return legalize(program, kernels);
  const other = program.kernels.find(({ kind }) => !kernels.has(kind));
  if (other === undefined) return program;
  throw new BackendError(
    `${program.name}: the backend runs no '${other.kind}' kernels; give its capabilities legalize from @dl/tensor/backend`,
  );
}
