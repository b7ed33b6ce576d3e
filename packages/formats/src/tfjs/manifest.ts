// The description of weights of TensorFlow.js, checked before anything is loaded.
import {
  array,
  finite,
  integer,
  minLength,
  minValue,
  number,
  object,
  optional,
  picklist,
  pipe,
  safeParse,
  string,
} from 'valibot';
import { countOf } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { limitsOf, type ReadOptions } from '../limits.ts';

const quantization = /* @__PURE__ */ (() =>
  object({
    dtype: picklist(['uint8', 'uint16', 'float16']),
    scale: optional(pipe(number(), finite())),
    min: optional(pipe(number(), finite())),
    original_dtype: optional(string()),
  }))();

const entry = /* @__PURE__ */ (() =>
  object({
    name: string(),
    shape: array(pipe(number(), integer(), minValue(0))),
    dtype: picklist(['float32', 'int32', 'bool', 'string', 'complex64']),
    group: optional(picklist(['model', 'optimizer'])),
    quantization: optional(quantization),
  }))();

const manifestSchema = /* @__PURE__ */ (() =>
  array(object({ paths: pipe(array(string()), minLength(1)), weights: array(entry) })))();

/** How one weight stands in the shards of its group. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
  /** Whether the weight belongs to the model or to its optimizer. */
  readonly group?: 'model' | 'optimizer' | undefined;
  /** How float32 or int32 values were made smaller: `value * scale + min`, or as half-precision numbers. */
  readonly quantization?:
    | {
        readonly dtype: 'uint8' | 'uint16' | 'float16';
        readonly scale?: number | undefined;
        readonly min?: number | undefined;
        readonly original_dtype?: string | undefined;
      }
    | undefined;
}

/** Shards, and the weights that stand in them one after the other. */
export interface WeightsGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

/** Options of readers of shards. */
export interface ShardOptions extends ReadOptions {
  /** Whether shards may have any path or address; otherwise they stay in the folder of the model. False unless given. */
  readonly anyPath?: boolean | undefined;
}

/** Checks a manifest: `weightsManifest` of a model.json, or weights_manifest.json. */
export function checkManifest(manifest: unknown, options: ShardOptions): WeightsGroup[] {
  const { file } = options;
  const { success, output, issues } = safeParse(manifestSchema, manifest);
  if (!success) {
    const [issue] = issues;
    const field = ['weightsManifest', ...(issue.path ?? []).map(({ key }) => String(key))].join('.');
    throw new FormatError(issue.message, { file, field });
  }
  const names = new Set<string>();
  const shards = new Set<string>();
  for (const { paths, weights } of output) {
    for (const { name, shape } of weights) {
      const place = { file, field: name };
      if (names.has(name)) throw new FormatError('the weight occurs twice', place);
      names.add(name);
      countOf(shape, place);
    }
    for (const path of paths) {
      if (options.anyPath !== true) checkPath(path, file);
      if (shards.has(path)) throw new FormatError('the shard occurs twice', { file, field: path });
      shards.add(path);
    }
    checkOrder(paths, file);
  }
  const { maxMembers } = limitsOf(options);
  if (names.size > maxMembers || shards.size > maxMembers) {
    throw new FormatError(`there are more weights or shards than limits.maxMembers = ${maxMembers}`, { file });
  }
  return output;
}

/** Shards stay in the folder of the model, and on its server. */
function checkPath(path: string, file: string | undefined): void {
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // No escape sequence, so what is written is the path.
  }
  for (const text of [path, decoded]) {
    const parts = text.replace(/^\.\//, '').split('/');
    // oxlint-disable-next-line no-control-regex
    if (/[\\:?#\u0000-\u001f]/.test(text) || parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new FormatError(
        'shards are plain paths beside the model; pass { anyPath: true } for models that you trust',
        { file, field: path },
      );
    }
  }
}

/** Names such as group1-shard2of3.bin tell what is missing or out of order. */
function checkOrder(paths: readonly string[], file: string | undefined): void {
  const found = paths.map((path) => /^(.*)shard(\d+)of(\d+)(\D*)$/.exec(path));
  found.forEach((match, i) => {
    if (match === null) return;
    const [, before, index, count, after] = match as unknown as [string, string, string, string, string];
    const nameOf = (at: number): string => `${before}shard${at + 1}of${count}${after}`;
    if (Number(count) !== paths.length) {
      const missing = Array.from({ length: Math.min(Number(count), 10_000) }, (_, at) => nameOf(at)).find(
        (name) => !paths.includes(name),
      );
      throw new FormatError(
        `expected ${count} shards, got ${paths.length}${missing === undefined ? '' : `; ${missing} is missing`}`,
        { file, field: paths[i] },
      );
    }
    if (Number(index) !== i + 1) {
      throw new FormatError(`the shards are out of order: expected ${nameOf(i)} here`, { file, field: paths[i] });
    }
  });
}
