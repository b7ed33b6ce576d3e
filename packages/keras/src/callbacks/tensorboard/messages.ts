/**
 * TensorBoard's messages as bytes: events, summaries, tensors and graphs, after the `.proto` files of TensorFlow.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Write = (writer: BinaryWriter) => void;

const { Varint, Bit64, Bit32, LengthDelimited } = WireType;

const encode = (write: Write): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};

/** A message inside another. */
function field(writer: BinaryWriter, number: number, write: Write): void {
  writer.tag(number, LengthDelimited).fork();
  write(writer);
  writer.join();
}

const text = (writer: BinaryWriter, number: number, value: string): void =>
  void writer.tag(number, LengthDelimited).string(value);

/** Numbers of TensorFlow's dtypes. */
const [FLOAT, DOUBLE, STRING] = [1, 2, 7];

/** A shape; open sizes are −1. */
const shape = (writer: BinaryWriter, number: number, sizes: readonly (number | null)[]): void =>
  field(writer, number, (inner) => {
    for (const size of sizes) {
      field(inner, 2, (dim) => void dim.tag(1, Varint).int64(size ?? -1));
    }
  });

/** A tensor of a summary. */
export type SummaryTensor =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'double'; readonly values: Float64Array; readonly shape: readonly number[] }
  | { readonly kind: 'string'; readonly values: readonly (string | Uint8Array)[]; readonly scalar: boolean };

function writeTensor(writer: BinaryWriter, tensor: SummaryTensor): void {
  switch (tensor.kind) {
    case 'float':
      writer.tag(1, Varint).int32(FLOAT);
      shape(writer, 2, []);
      writer.tag(5, Bit32).float(tensor.value);
      return;
    case 'double':
      writer.tag(1, Varint).int32(DOUBLE);
      shape(writer, 2, tensor.shape);
      field(writer, 6, (packed) => tensor.values.forEach((value) => packed.double(value)));
      return;
    case 'string':
      writer.tag(1, Varint).int32(STRING);
      shape(writer, 2, tensor.scalar ? [] : [tensor.values.length]);
      for (const value of tensor.values) {
        writer.tag(8, LengthDelimited);
        if (typeof value === 'string') writer.string(value);
        else writer.bytes(value);
      }
      return;
    default:
      tensor satisfies never;
  }
}

/** What a summary is for: the plugin that shows it, and the class of its data. */
export interface SummaryKind {
  readonly plugin: string;
  /** Content of the plugin's own, '' unless given. */
  readonly content?: string;
  /** 1 scalars, 2 tensors, 3 lists of bytes; 0 where the plugin does not say. */
  readonly dataClass: 0 | 1 | 2 | 3;
}

/** A value under a name. */
export interface SummaryValue {
  readonly tag: string;
  readonly kind: SummaryKind;
  readonly tensor: SummaryTensor;
}

/** A summary of one value. */
export const summary = ({ tag, kind, tensor }: SummaryValue): Uint8Array =>
  encode((writer) =>
    field(writer, 1, (value) => {
      text(value, 1, tag);
      field(value, 9, (metadata) => {
        field(metadata, 1, (plugin) => {
          text(plugin, 1, kind.plugin);
          if (kind.content !== undefined) text(plugin, 2, kind.content);
        });
        if (kind.dataClass !== 0) metadata.tag(4, Varint).int32(kind.dataClass);
      });
      field(value, 8, (inner) => writeTensor(inner, tensor));
    }),
  );

/** What an event brings. */
export type EventContent =
  { readonly version: string } | { readonly graph: Uint8Array } | { readonly summary: Uint8Array };

/** An event at a time (in seconds) and a step. */
export const event = (time: number, step: number, content: EventContent): Uint8Array =>
  encode((writer) => {
    writer.tag(1, Bit64).double(time);
    if (step !== 0) writer.tag(2, Varint).int64(step);
    if ('version' in content) text(writer, 3, content.version);
    else if ('graph' in content) writer.tag(4, LengthDelimited).bytes(content.graph);
    else writer.tag(5, LengthDelimited).bytes(content.summary);
  });

/** A node of a graph. */
export interface GraphNode {
  /** Slashes make boxes inside boxes. */
  readonly name: string;
  /** What it does. */
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputShapes: readonly (readonly (number | null)[])[];
  /** Further facts by name. */
  readonly facts: Readonly<Record<string, string>>;
}

const attribute = (writer: BinaryWriter, key: string, write: Write): void =>
  field(writer, 5, (entry) => {
    text(entry, 1, key);
    field(entry, 2, write);
  });

/** A graph that TensorBoard draws. */
export const graph = (nodes: readonly GraphNode[]): Uint8Array =>
  encode((writer) => {
    for (const { name, op, inputs, outputShapes, facts } of nodes) {
      field(writer, 1, (node) => {
        text(node, 1, name);
        text(node, 2, op);
        for (const input of inputs) text(node, 3, input);
        attribute(node, '_output_shapes', (value) =>
          field(value, 1, (list) => outputShapes.forEach((sizes) => shape(list, 7, sizes))),
        );
        for (const [key, fact] of Object.entries(facts)) {
          attribute(node, key, (value) => void value.tag(2, LengthDelimited).bytes(new TextEncoder().encode(fact)));
        }
      });
    }
    // Versions: the one that writes.
    field(writer, 4, (versions) => void versions.tag(1, Varint).int32(22));
  });
