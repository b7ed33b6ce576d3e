// Reads HDF5 files: the whole tree and all attributes at once, values of arrays when they are asked for.
import { checkRatio, limitsOf, type Limits, type ReadOptions } from '../limits.ts';
import { readDataset } from './datasets.ts';
import { readDense } from './dense.ts';
import { Input } from './input.ts';
import { readLinks } from './links.ts';
import { MESSAGE, readMessages, type Message } from './messages.ts';
import type { H5Attribute, H5Dataset, H5File, H5Group } from './types.ts';
import { readAttribute } from './values.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Groups in groups, at most. */
const MAX_DEPTH = 64;

/**
 * Reads an HDF5 file as Keras, h5py and the HDF5 library write them: all versions of groups, arrays in one piece or in
 * chunks, packed with gzip or not, texts of fixed and of variable length. The bytes are kept until the file is closed.
 *
 * Soft and external links and external and virtual datasets are refused, never followed. Arrays may take as much memory
 * as `limits` allow, and no more than the file can hold.
 *
 * @throws FormatError for files that are damaged, or hold what is not read.
 * @example const file = await readHdf5(bytes); const kernel = getNode(file.root, 'layers/dense/vars/0');
 */
export function readHdf5(bytes: Uint8Array, options: ReadOptions = {}): Promise<H5File> {
  return Promise.resolve().then(() => {
    const input = new Input(bytes, options.file);
    const root = new Tree(input, limitsOf(options)).root();
    return { root, close: () => input.close() };
  });
}

class Tree {
  readonly #input: Input;
  readonly #limits: Readonly<Record<keyof Limits, number>>;
  /** Objects by address; undefined while they are read, which shows circles. */
  readonly #objects = new Map<number, H5Group | H5Dataset | undefined>();
  #size = 0;
  #plain = 0;
  #links = 0;

  constructor(input: Input, limits: Readonly<Record<keyof Limits, number>>) {
    this.#input = input;
    this.#limits = limits;
  }

  root(): H5Group {
    const root = this.#object(readHead(this.#input), '', 0);
    if (root.kind !== 'group') throw this.#input.error('the root is no group');
    return root;
  }

  #object(address: number, path: string, depth: number): H5Group | H5Dataset {
    const input = this.#input;
    if (this.#objects.has(address)) {
      const known = this.#objects.get(address);
      if (known === undefined) throw input.error('the group contains itself', address, path);
      return known;
    }
    if (depth > MAX_DEPTH) throw input.error(`groups are nested deeper than ${MAX_DEPTH}`, address, path);
    this.#objects.set(address, undefined);
    if (this.#objects.size > this.#limits.maxMembers) {
      throw input.error(`there are more objects than limits.maxMembers = ${this.#limits.maxMembers}`, address, path);
    }
    const messages = readMessages(input, address);
    const attributes = readAttributes(input, messages);
    const isGroup = messages.some(({ type }) => type === MESSAGE.symbolTable || type === MESSAGE.linkInfo);
    const object = isGroup ? this.#group(messages, attributes, path, depth) : this.#dataset(messages, attributes, path);
    this.#objects.set(address, object);
    return object;
  }

  #group(messages: readonly Message[], attributes: H5Group['attributes'], path: string, depth: number): H5Group {
    const children = new Map<string, H5Group | H5Dataset>();
    for (const { name, address } of readLinks(this.#input, messages)) {
      const at = path === '' ? name : `${path}/${name}`;
      if (name === '' || name.includes('/') || children.has(name)) {
        throw this.#input.error('the name occurs twice, is empty, or has a slash', undefined, at);
      }
      this.#links++;
      if (this.#links > this.#limits.maxMembers) {
        throw this.#input.error(
          `there are more links than limits.maxMembers = ${this.#limits.maxMembers}`,
          undefined,
          at,
        );
      }
      children.set(name, this.#object(address, at, depth + 1));
    }
    return { kind: 'group', attributes, children };
  }

  /** Datasets together must not claim more than the limits, nor plain ones more than the file has. */
  #dataset(messages: readonly Message[], attributes: H5Dataset['attributes'], path: string): H5Dataset {
    const input = this.#input;
    const { maxBytes, maxRatio } = this.#limits;
    const { dataset, stored, size, plain } = readDataset(input, messages, attributes, path);
    this.#size += size;
    if (this.#size > maxBytes)
      throw input.error(`arrays take more than limits.maxBytes = ${maxBytes}`, undefined, path);
    checkRatio(stored, size, maxRatio, { file: input.file, field: path });
    checkRatio(input.size, this.#size, maxRatio, { file: input.file, field: path });
    if (plain) this.#plain += stored;
    if (this.#plain > input.size) throw input.error('arrays share their bytes', undefined, path);
    return dataset;
  }
}

function readAttributes(input: Input, messages: readonly Message[]): ReadonlyMap<string, H5Attribute> {
  const read = (message: Message): ReturnType<typeof readAttribute> => readAttribute(input, message);
  const near = messages.filter(({ type }) => type === MESSAGE.attribute).map(read);
  // Attributes in a heap are listed by a hash of their names, which is no order.
  const far = messages
    .filter(({ type }) => type === MESSAGE.attributeInfo)
    .flatMap((message) => readDense(input, message, 2, 2).map(read))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const attributes = new Map([...near, ...far]);
  if (attributes.size < near.length + far.length) throw input.error('an attribute occurs twice', messages[0]?.at);
  return attributes;
}

/** Reads the head of the file (superblock of any version); gives the address of the root group. */
function readHead(input: Input): number {
  if (input.size < 8 || SIGNATURE.some((byte, i) => input.u8(i) !== byte)) {
    throw input.error('not an HDF5 file: it does not begin with \\x89HDF', 0);
  }
  const version = input.u8(8);
  if (version > 3) throw input.error(`version ${version} of HDF5 files is not known`, 8);
  const old = version < 2;
  input.offsets = input.u8(old ? 13 : 9);
  input.lengths = input.u8(old ? 14 : 10);
  if (![4, 8].includes(input.offsets) || ![4, 8].includes(input.lengths)) {
    throw input.error(`addresses of ${input.offsets} and lengths of ${input.lengths} bytes are not supported`, 9);
  }
  const addresses = old ? (version === 0 ? 24 : 28) : 12;
  const base = input.address(addresses);
  const end = input.address(addresses + 2 * input.offsets);
  const root = input.address(addresses + (old ? 5 : 3) * input.offsets);
  if (base !== 0) throw input.error('files that begin inside another file are not supported', addresses);
  if (end === undefined || end > input.size) {
    throw input.error(`the file should have ${end ?? 'more'} bytes, got ${input.size}; it is truncated`, addresses);
  }
  if (root === undefined) throw input.error('the root is nowhere', addresses);
  return root;
}
