// Writes HDF5 files of the oldest version, which every reader knows, as Keras's own files are.
import { bytesOf, countOf, WIDTHS, type NamedArray, type StoredDType } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { join } from '../zip/write.ts';
import { attributeMessage, encodeText } from './attributes.ts';
import { LayoutBuffer, pack } from './buffer.ts';
import { dataspace, describe } from './datatypes.ts';
import type { H5Attribute, H5DatasetNode, H5GroupNode, H5Node } from './types.ts';

/** Entries of a symbol node and children of a tree node, as the head of the file says. */
const SYMBOLS = 8;
const BRANCHES = 32;
const NOWHERE = new Uint8Array(8).fill(255);

/**
 * Writes an HDF5 file: contiguous little-endian arrays, texts as variable-length UTF-8, booleans as h5py's enumeration.
 * Every HDF5 library reads it, and Keras takes its layout for its own.
 *
 * Attributes keep their order. HDF5 sorts the children of a group by name. A list of texts is stored with a fixed number of
 * bytes each, an empty list as float64, as NumPy does.
 *
 * @throws FormatError for names and values that HDF5 cannot hold, and arrays whose values do not fit their shape.
 * @example const bytes = await writeHdf5({ attributes: new Map([['keras_version', '3.0.0']]), children: new Map() });
 */
export function writeHdf5(root: H5Node): Promise<Uint8Array<ArrayBuffer>> {
  return Promise.resolve().then(() => join([...hdf5Parts(root)]));
}

/**
 * The file that `writeHdf5` writes, part by part: what describes it first, then one array after the other.
 *
 * @throws FormatError as `writeHdf5`.
 * @example await writeTo('model.h5', hdf5Parts({ children: arrays }));
 */
export function* hdf5Parts(root: H5Node): Generator<Uint8Array, void> {
  if (isDataset(root)) throw new FormatError('the root of an HDF5 file is a group, got an array');
  const layout = new Layout();
  layout.head(layout.group(root, ''));
  yield layout.finish();
  for (const { array, stored } of layout.data) {
    const bytes = stored === 'bfloat16' ? bfloat16Of(array) : bytesOf(array);
    yield bytes;
    if (bytes.length % 8 !== 0) yield new Uint8Array(8 - (bytes.length % 8));
  }
}

const isDataset = (node: H5Node): node is H5DatasetNode | NamedArray => 'array' in node || 'dtype' in node;

/** Data of a dataset, and where its address belongs. */
interface Pending {
  readonly array: NamedArray;
  readonly stored: StoredDType;
  readonly address: number;
  readonly size: number;
}

/** Places everything but the values of arrays, which follow. */
class Layout {
  readonly data: Pending[] = [];
  readonly #buffer = new LayoutBuffer();
  #root = { header: 0, tree: 0, heap: 0 };
  #texts: { address: number; size: number; used: number; count: number } | undefined;

  constructor() {
    this.#buffer.allocate(96);
  }

  head(root: { header: number; tree: number; heap: number }): void {
    this.#root = root;
  }

  /** The description, now that all addresses are known. */
  finish(): Uint8Array {
    let at = Math.ceil(this.#buffer.length / 8) * 8;
    this.#buffer.allocate(0);
    for (const { address, size } of this.data) {
      if (size > 0) this.#buffer.u64(address, at);
      at += Math.ceil(size / 8) * 8;
    }
    const { header, tree, heap } = this.#root;
    this.#buffer.set(
      0,
      join([
        Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0),
        pack([2, SYMBOLS / 2], [2, BRANCHES / 2], [4, 0], [8, 0]),
        NOWHERE,
        pack([8, at]),
        NOWHERE,
        pack([8, 0], [8, header], [4, 1], [4, 0], [8, tree], [8, heap]),
      ]),
    );
    return this.#buffer.bytes();
  }

  group(node: H5GroupNode, path: string): { header: number; tree: number; heap: number } {
    // Readers look names up by halving, in the order of their bytes.
    const children = [...(node.children ?? [])]
      .map(([name, child]) => ({ name: linkName(name, path), child, path: path === '' ? name : `${path}/${name}` }))
      .sort((a, b) => compareBytes(a.name, b.name));
    const symbols = children.map(({ name, child, path: at }) =>
      isDataset(child)
        ? { name, header: this.#dataset(child, at), group: undefined }
        : { name, header: 0, group: this.group(child, at) },
    );
    const names = new LayoutBuffer();
    names.allocate(8);
    const offsets = symbols.map(({ name }) => names.append(join([name, Uint8Array.of(0)])));
    names.allocate(0);
    const segment = this.#buffer.append(names.bytes());
    const heap = this.#buffer.append(
      join([new TextEncoder().encode('HEAP'), pack([4, 0], [8, names.length], [8, 1], [8, segment])]),
    );
    const entries = symbols.map(({ header, group }, i) =>
      group === undefined
        ? pack([8, offsets[i]!], [8, header], [8, 0], [8, 0], [8, 0])
        : pack([8, offsets[i]!], [8, group.header], [8, 1], [8, group.tree], [8, group.heap]),
    );
    const tree = this.#tree(entries, offsets);
    const table = { type: 0x11, body: pack([8, tree], [8, heap]) };
    return { header: this.#object([table], node.attributes, path), tree, heap };
  }

  /** A tree over symbol nodes; each key is the last name of the child before it. */
  #tree(entries: readonly Uint8Array[], offsets: readonly number[]): number {
    let level: { address: number; last: number }[] = chunks(entries, SYMBOLS).map((part, i) => {
      const address = this.#buffer.allocate(8 + 40 * SYMBOLS);
      this.#buffer.set(address, join([new TextEncoder().encode('SNOD'), pack([2, 1], [2, part.length]), ...part]));
      return { address, last: offsets[i * SYMBOLS + part.length - 1]! };
    });
    for (let depth = 0; ; depth++) {
      const first = { last: 0 };
      const groups = chunks(level, BRANCHES);
      // An empty group has one node without children.
      const nodes = (groups.length === 0 ? [[]] : groups).map((children) => ({
        address: this.#buffer.allocate(24 + 8 * (2 * BRANCHES + 1)),
        children,
      }));
      nodes.forEach(({ address, children }, i) => {
        const before = nodes[i - 1];
        this.#buffer.set(
          address,
          join([
            new TextEncoder().encode('TREE'),
            pack([1, 0], [1, depth], [2, children.length]),
            before === undefined ? NOWHERE : pack([8, before.address]),
            nodes[i + 1] === undefined ? NOWHERE : pack([8, nodes[i + 1]!.address]),
            pack([8, (before?.children.at(-1) ?? first).last]),
            ...children.map((child) => pack([8, child.address], [8, child.last])),
          ]),
        );
      });
      if (nodes.length === 1) return nodes[0]!.address;
      level = nodes.map(({ address, children }) => ({ address, last: children.at(-1)!.last }));
    }
  }

  #dataset(node: H5DatasetNode | NamedArray, path: string): number {
    const { array, stored, attributes } =
      'array' in node ? node : { array: node, stored: undefined, attributes: undefined };
    const { shape, data } = array;
    const count = countOf(shape, { field: path });
    if (count !== data.length) {
      throw new FormatError(`shape [${shape.join(', ')}] holds ${count} elements, got ${data.length}`, { field: path });
    }
    if (shape.length > 32) throw new FormatError(`HDF5 knows at most 32 axes, got ${shape.length}`, { field: path });
    if (stored !== undefined && array.dtype !== 'float32') {
      throw new FormatError(`float32 values can be stored as ${stored}, got ${array.dtype}`, { field: path });
    }
    const dtype = stored ?? array.dtype;
    const size = count * WIDTHS[dtype];
    const named = stored === undefined ? attributes : new Map([...(attributes ?? []), ['dtype', stored]]);
    const messages = [
      { type: 0x01, body: dataspace(shape) },
      { type: 0x03, body: describe(dtype) },
      { type: 0x05, body: pack([1, 2], [1, 2], [1, 2], [1, 1], [4, 0]) },
      { type: 0x08, body: join([pack([1, 3], [1, 1]), NOWHERE, pack([8, size])]) },
    ];
    const header = this.#object(messages, named, path);
    const before = messages.slice(0, 3).reduce((sum, { body }) => sum + 8 + Math.ceil(body.length / 8) * 8, 0);
    this.data.push({ array, stored: dtype, address: header + 16 + before + 8 + 2, size });
    return header;
  }

  /** An object header: its messages one after the other, each filled up to a multiple of 8 bytes. */
  #object(
    messages: readonly { type: number; body: Uint8Array }[],
    attributes: ReadonlyMap<string, H5Attribute> | undefined,
    path: string,
  ): number {
    const all = [...messages];
    for (const [name, value] of attributes ?? []) {
      all.push({ type: 0x0c, body: attributeMessage(name, value, (text) => this.#text(text)) });
    }
    if (all.length > 0xffff) throw new FormatError('there are too many attributes', { field: path });
    const bytes = join(
      all.flatMap(({ type, body }) => {
        const size = Math.ceil(body.length / 8) * 8;
        return [pack([2, type], [2, size], [4, 0]), body, new Uint8Array(size - body.length)];
      }),
    );
    return this.#buffer.append(join([pack([2, 1], [2, all.length], [4, 1], [4, bytes.length], [4, 0]), bytes]));
  }

  /** Puts a text into the collection that has room for it, otherwise into a new one. */
  #text(text: Uint8Array): readonly [number, number] {
    const taken = 16 + Math.ceil(text.length / 8) * 8;
    // Room for the entry of what is free stays at the end.
    if (this.#texts === undefined || this.#texts.used + taken + 16 > this.#texts.size) {
      const size = Math.max(4096, 16 + taken + 16);
      const address = this.#buffer.append(join([new TextEncoder().encode('GCOL'), pack([4, 1], [8, size])]));
      this.#buffer.allocate(size - 16);
      this.#texts = { address, size, used: 16, count: 0 };
    }
    const texts = this.#texts;
    const at = texts.address + texts.used;
    texts.count++;
    texts.used += taken;
    this.#buffer.set(at, join([pack([2, texts.count], [2, 1], [4, 0], [8, text.length]), text]));
    this.#buffer.set(at + taken, pack([8, 0], [8, texts.size - texts.used]));
    return [texts.address, texts.count];
  }
}

function linkName(name: string, path: string): Uint8Array {
  if (name === '' || name === '.' || /[/\0]/.test(name)) {
    throw new FormatError(`names in HDF5 files are not empty, no dot, and have no slash, got ${JSON.stringify(name)}`, {
      field: path,
    });
  }
  return encodeText(name, path);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** float32 values as bfloat16: the upper half of their bits, rounded to nearest, ties to even. */
function bfloat16Of({ data }: NamedArray): Uint8Array {
  const values = Float32Array.from(data);
  const bits = new Uint32Array(values.buffer);
  const bytes = new Uint8Array(2 * bits.length);
  const view = new DataView(bytes.buffer);
  bits.forEach((b, i) => {
    const rounded = Number.isNaN(values[i]) ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
    view.setUint16(2 * i, rounded, true);
  });
  return bytes;
}
