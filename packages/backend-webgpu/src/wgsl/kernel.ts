/**
 * Prints map and reduce kernels as compute shaders: one invocation per element of the (kept) index space.
 */
import type { Int, Kernel, MapKernel, Output, Program, ReduceKernel, Stage } from '@dl/tensor/backend';
import { BackendError } from '@dl/tensor/backend';
import { helperCode } from './helpers.ts';
import {
  binaryText,
  compareText,
  intText,
  printExprs,
  REGISTER,
  storeText,
  wordOf,
  type PrintScope,
} from './scalar.ts';

/** Invocations of a workgroup. */
export const WORKGROUP = 64;
/** Sums are taken in blocks of this many elements, and these in blocks again, which keeps long float sums accurate. */
const SUM_BLOCK = 64;
/** How often blocks are taken; 64³ elements go before the last sum grows long. */
const SUM_LEVELS = 3;

/** A shader and what it binds. */
export interface Shader {
  readonly code: string;
  /** Program buffers in binding order; binding 0 is the parameters. */
  readonly buffers: readonly { readonly buffer: number; readonly write: boolean }[];
  /** Index space of the invocations. */
  readonly shape: readonly Int[];
}

/** Vectors of four parameters that a program's shaders are given: its own, a 0, and the number of the iteration. */
export function paramVectors(program: Program): number {
  return Math.floor((program.params.length + 1) / 4) + 1;
}

/** Prints a kernel of a program. */
export function printKernel(program: Program, kernel: Kernel): Shader {
  if (kernel.kind !== 'map' && kernel.kind !== 'reduce') {
    throw new BackendError(`webgpu: '${kernel.kind}' kernels must be lowered to map and reduce first`);
  }
  const outputs = kernel.kind === 'map' ? kernel.outputs : [...kernel.outputs, ...kernel.writes];
  const written = new Set(outputs.map((output) => output.operand.buffer));
  const used = [...new Set([...kernel.operands, ...outputs.map((output) => output.operand)].map((o) => o.buffer))];
  const buffers = used.map((buffer) => ({ buffer, write: written.has(buffer) }));
  const helpers = new Set<string>();
  const scope = (index: readonly string[], stages: readonly string[]): PrintScope => ({
    index,
    stages,
    operands: kernel.operands,
    zero: 'zero',
    iteration: 'iteration',
    binding: (buffer) => `b${used.indexOf(buffer)}`,
    helpers,
  });
  const body = kernel.kind === 'map' ? mapBody(kernel, scope) : reduceBody(kernel, scope);
  const bindings = buffers.map(
    ({ buffer, write }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${write ? 'read_write' : 'read'}> b${i}: array<${wordOf(program.buffers[buffer]!.dtype)}>;`,
  );
  const vectors = paramVectors(program);
  const code = `${helperCode(helpers)}
@group(0) @binding(0) var<uniform> params: array<vec4<i32>, ${vectors}>;
${bindings.join('\n')}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
let zero = ${intText({ param: program.params.length })};
let iteration = ${intText({ param: program.params.length + 1 })};
let linear = i32(id.x + id.y * groups.x * ${WORKGROUP}u);
if (linear >= ${kernel.shape.length === 0 ? '1' : kernel.shape.map(intText).join(' * ')}) { return; }
${unravel(kernel.shape)}
${body}
}`;
  return { code, buffers, shape: kernel.shape };
}

/** Declares i0, i1, … from the linear position. */
function unravel(shape: readonly Int[]): string {
  const lines = ['var rest = linear;'];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axis === 0) lines.push('let i0 = rest;');
    else lines.push(`let i${axis} = rest % ${intText(shape[axis]!)}; rest = rest / ${intText(shape[axis]!)};`);
  }
  return lines.join('\n');
}

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** All values are computed before the first is stored. */
function stores(outputs: readonly Output[], index: readonly string[], scope: PrintScope): string {
  const { code, values } = printExprs(
    outputs.map((output) => output.expr),
    scope,
  );
  return [code, ...outputs.map(({ operand }, i) => storeText(operand, index, values[i]!, scope))].join('\n');
}

type ScopeOf = (index: readonly string[], stages: readonly string[]) => PrintScope;

function mapBody(kernel: MapKernel, scope: ScopeOf): string {
  const index = names('i', kernel.shape.length);
  return stores(kernel.outputs, index, scope(index, []));
}

function reduceBody(kernel: ReduceKernel, scope: ScopeOf): string {
  const kept = names('i', kernel.shape.length);
  const reduced = names('r', kernel.reduced.length);
  const all = [...kept, ...reduced];
  const results: string[] = [];
  const lines: string[] = [];
  kernel.stages.forEach((stage, i) => {
    const { code, values } = printExprs([stage.expr], scope(all, results));
    lines.push(stageText(stage, i, kernel.reduced, `${code}\n`, values[0]!, scope(all, results)));
    results.push(`s${i}`);
  });
  if (kernel.outputs.length > 0) {
    // Operands of outputs have stride 0 on the reduced axes, so any index does.
    const zeros = reduced.map(() => '0');
    lines.push(`{\n${stores(kernel.outputs, kept, scope([...kept, ...zeros], results))}\n}`);
  }
  if (kernel.writes.length > 0) lines.push(loops(kernel.reduced, stores(kernel.writes, all, scope(all, results))));
  return lines.join('\n');
}

function loops(sizes: readonly Int[], body: string): string {
  return sizes.reduceRight<string>(
    (inner, size, axis) => `for (var r${axis} = 0; r${axis} < ${intText(size)}; r${axis}++) {\n${inner}\n}`,
    body,
  );
}

function identityText(stage: Stage, scope: PrintScope): string {
  const type = stage.expr.dtype;
  const register = REGISTER[type];
  if (stage.op === 'sum') return `${register}(0)`;
  if (stage.op === 'prod') return `${register}(1)`;
  const top = stage.op === 'min' || stage.op === 'argMin';
  if (type === 'bool') return String(top);
  if (type === 'int32') return top ? '2147483647' : '(-2147483647 - 1)';
  if (type === 'uint32') return top ? '0xffffffffu' : '0u';
  scope.helpers.add('specials');
  return top ? 'dl_inf()' : '(-dl_inf())';
}

const COMBINE = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;

function stageText(
  stage: Stage,
  i: number,
  sizes: readonly Int[],
  code: string,
  value: string,
  scope: PrintScope,
): string {
  const type = stage.expr.dtype;
  const start = identityText(stage, scope);
  const float = type === 'float32';
  if (stage.op === 'argMax' || stage.op === 'argMin') {
    const better = compareText(stage.op === 'argMax' ? 'gt' : 'lt', type, value, `best${i}`, scope);
    if (float) scope.helpers.add('isNan');
    const wins = float ? `(${better} || (dl_is_nan(${value}) && !dl_is_nan(best${i})))` : better;
    return `var best${i} = ${start}; var s${i} = -1; var at${i} = 0;
${loops(sizes, `${code}if (s${i} < 0 || ${wins}) { best${i} = ${value}; s${i} = at${i}; }\nat${i}++;`)}
s${i} = max(s${i}, 0);`;
  }
  if (!float || stage.op !== 'sum') {
    const combined = binaryText(COMBINE[stage.op], type, `s${i}`, value, scope);
    return `var s${i} = ${start};\n${loops(sizes, `${code}s${i} = ${combined};`)}`;
  }
  const levels = Array.from({ length: SUM_LEVELS }, (_, level) => `block${i}_${level}`);
  const carry = levels.reduceRight((above, block, level) => {
    const next = levels[level + 1] ?? `s${i}`;
    const full = `(count${i} & ${SUM_BLOCK ** (level + 1) - 1}) == 0`;
    return `if (${full}) { ${next} = ${next} + ${block}; ${block} = 0f; ${above} }`;
  }, '');
  return `var s${i} = 0f; var count${i} = 0; ${levels.map((block) => `var ${block} = 0f;`).join(' ')}
${loops(sizes, `${code}${levels[0]!} = ${levels[0]!} + ${value}; count${i}++;\n${carry}`)}
s${i} = s${i} + (${[...levels].reverse().join(' + ')});`;
}
