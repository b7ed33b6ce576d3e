// HDF5 trees, as they are read and as they are written.
import type { NamedArray, StoredDType } from '../arrays.ts';

/** The value of an attribute: a text, a number, or a list of them. */
export type H5Attribute = string | number | readonly string[] | readonly number[];

/** An array in a file that was read; its values are decoded when `read` is called. */
export interface H5Dataset {
  readonly kind: 'dataset';
  readonly shape: readonly number[];
  /** Dtype in the file; bfloat16 for raw 16-bit values that their attribute `dtype` calls so, as Keras does. */
  readonly dtype: StoredDType;
  readonly attributes: ReadonlyMap<string, H5Attribute>;
  /**
   * Copies the values out of the file. float16 comes as float32 numbers, bfloat16 as float32, 64-bit integers as int32.
   *
   * @throws FormatError where 64-bit integers do not fit, and for damaged or closed files.
   */
  read(): NamedArray;
}

/** A group in a file that was read. */
export interface H5Group {
  readonly kind: 'group';
  /** Attributes, in the order of the file. */
  readonly attributes: ReadonlyMap<string, H5Attribute>;
  /** Groups and datasets by name, in the order of the file: HDF5 sorts by name unless told otherwise. */
  readonly children: ReadonlyMap<string, H5Group | H5Dataset>;
}

/** An HDF5 file that was read. */
export interface H5File {
  readonly root: H5Group;
  /** Lets go of the bytes of the file; datasets cannot be read after that. */
  close(): void;
}

/** A group to be written. */
export interface H5GroupNode {
  readonly attributes?: ReadonlyMap<string, H5Attribute> | undefined;
  readonly children?: ReadonlyMap<string, H5Node> | undefined;
}

/** An array to be written, with its attributes. */
export interface H5DatasetNode {
  readonly array: NamedArray;
  /** `'bfloat16'` stores float32 values as bfloat16, in the way of Keras: raw bytes and an attribute `dtype`. */
  readonly stored?: 'bfloat16' | undefined;
  readonly attributes?: ReadonlyMap<string, H5Attribute> | undefined;
}

/** A part of a tree to be written: a group, or a dataset with or without attributes. */
export type H5Node = H5GroupNode | H5DatasetNode | NamedArray;

/**
 * The group or dataset at a path below a group, undefined where there is none.
 *
 * @example const kernel = getNode(file.root, 'layers/dense/vars/0');
 */
export function getNode(group: H5Group, path: string): H5Group | H5Dataset | undefined {
  let node: H5Group | H5Dataset | undefined = group;
  for (const name of path.split('/').filter((part) => part !== '')) {
    node = node?.kind === 'group' ? node.children.get(name) : undefined;
  }
  return node;
}
