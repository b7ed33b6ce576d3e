/**
 * Runs programs over typed arrays, on any backend.
 */
import { byteWidth, viewBytes, type Backend, type Program, type TypedArray } from '@dl/tensor/backend';
import { checkProgram } from '@dl/tensor/testing';

/** The arguments after one run; `args` are the arguments before, all of them written. */
export function runProgram(
  backend: Backend,
  program: Program,
  args: readonly TypedArray[],
  params: readonly number[] = [],
): TypedArray[] {
  checkProgram(program);
  const dtypes = program.args.map((buffer) => program.buffers[buffer]!.dtype);
  const buffers = args.map((array, i) => {
    const buffer = backend.allocate(array.byteLength);
    backend.write(buffer, array, dtypes[i]!);
    return buffer;
  });
  const executable = backend.compile(program);
  executable.run(buffers, params);
  const results = buffers.map((buffer, i) => {
    const length = buffer.byteLength / byteWidth(dtypes[i]!);
    return viewBytes(dtypes[i]!, backend.readSync!(buffer, dtypes[i]!, 0, length));
  });
  executable.dispose();
  buffers.forEach((buffer) => backend.free(buffer));
  return results;
}
