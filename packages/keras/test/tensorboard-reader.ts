/**
 * Reads event files back: every frame with its checksums, every message field by field.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { readTfRecords } from '@dl/formats';

/** What a field holds: messages and texts as bytes. */
type Field = Uint8Array | number;

/** The fields of a message by number, in order. */
export function fieldsOf(bytes: Uint8Array): Map<number, Field[]> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Field[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    let value: Field;
    if (type === WireType.Varint) value = Number(reader.int64());
    else if (type === WireType.Bit64) value = reader.double();
    else if (type === WireType.Bit32) value = reader.float();
    else value = reader.bytes();
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const text = (value: Field | undefined): string =>
  value === undefined ? '' : new TextDecoder().decode(value as never);
const message = (value: Field | undefined): Map<number, Field[]> => fieldsOf((value ?? new Uint8Array()) as Uint8Array);
const one = (fields: Map<number, Field[]>, number: number): Field | undefined => fields.get(number)?.[0];

const shapeOf = (value: Field | undefined): number[] =>
  (message(value).get(2) ?? []).map((dim) => Number(one(message(dim), 1) ?? 0));

export interface ReadEvent {
  readonly time: number;
  readonly step: number;
  readonly version?: string;
  readonly graph?: Uint8Array;
  readonly tag?: string;
  readonly plugin?: string;
  readonly content?: string;
  readonly dataClass?: number;
  readonly dtype?: number;
  readonly shape?: readonly number[];
  readonly scalar?: number;
  readonly doubles?: readonly number[];
  readonly strings?: readonly Uint8Array[];
}

/** The events of a file. */
export function readEvents(bytes: Uint8Array): ReadEvent[] {
  return readTfRecords(bytes).map((record): ReadEvent => {
    const event = fieldsOf(record);
    const head = { time: Number(one(event, 1)), step: Number(one(event, 2) ?? 0) };
    if (event.has(3)) return { ...head, version: text(one(event, 3)) };
    if (event.has(4)) return { ...head, graph: one(event, 4) as Uint8Array };
    const value = message(one(message(one(event, 5)), 1));
    const metadata = message(one(value, 9));
    const plugin = message(one(metadata, 1));
    const tensor = message(one(value, 8));
    const packed = one(tensor, 6) as Uint8Array | undefined;
    const view = packed && new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    return {
      ...head,
      tag: text(one(value, 1)),
      plugin: text(one(plugin, 1)),
      content: text(one(plugin, 2)),
      dataClass: Number(one(metadata, 4) ?? 0),
      dtype: Number(one(tensor, 1)),
      shape: shapeOf(one(tensor, 2)),
      ...(tensor.has(5) ? { scalar: one(tensor, 5) as number } : {}),
      ...(view ? { doubles: Array.from({ length: view.byteLength / 8 }, (_, i) => view.getFloat64(8 * i, true)) } : {}),
      ...(tensor.has(8) ? { strings: tensor.get(8) as Uint8Array[] } : {}),
    };
  });
}

export interface ReadNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly shapes: readonly (readonly number[])[];
  readonly facts: Readonly<Record<string, string>>;
}

/** The nodes of a graph. */
export function readGraph(bytes: Uint8Array): ReadNode[] {
  return (fieldsOf(bytes).get(1) ?? []).map((value): ReadNode => {
    const node = message(value);
    const attributes = new Map(
      (node.get(5) ?? []).map((entry) => [text(one(message(entry), 1)), message(one(message(entry), 2))]),
    );
    const shapes = (message(one(attributes.get('_output_shapes')!, 1)).get(7) ?? []).map(shapeOf);
    attributes.delete('_output_shapes');
    return {
      name: text(one(node, 1)),
      op: text(one(node, 2)),
      inputs: (node.get(3) ?? []).map(text),
      shapes,
      facts: Object.fromEntries([...attributes].map(([key, attribute]) => [key, text(one(attribute, 2))])),
    };
  });
}
