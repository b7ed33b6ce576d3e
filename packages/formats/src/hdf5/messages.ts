// Messages of objects: the parts that describe a group or a dataset.
import type { Input } from './input.ts';

/** One message; `at` and `size` give its bytes in the file. */
export interface Message {
  readonly type: number;
  readonly at: number;
  readonly size: number;
}

/** Kinds of messages that are read here. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fill: 0x05,
  link: 0x06,
  external: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** All messages of the object at an address, of headers of either version. */
export function readMessages(input: Input, address: number): Message[] {
  return input.u8(address) === 1 ? readOld(input, address) : readNew(input, address);
}

interface Block {
  readonly at: number;
  readonly size: number;
}

function readOld(input: Input, address: number): Message[] {
  const count = input.u16(address + 2);
  const messages: Message[] = [];
  const blocks: Block[] = [{ at: address + 16, size: input.u32(address + 8) }];
  let seen = 0;
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    let { at } = block;
    const end = at + block.size;
    input.need(at, block.size);
    input.spend(block.size + 16);
    while (at + 8 <= end && seen < count) {
      const message = { type: input.u16(at), at: at + 8, size: input.u16(at + 2) };
      if (message.at + message.size > end) throw input.error('a message exceeds its object', at);
      take(input, message, input.u8(at + 4), messages, blocks);
      at = message.at + message.size;
      seen++;
    }
  }
  if (seen < count) throw input.error(`the object has ${seen} of ${count} messages`, address);
  return messages;
}

function readNew(input: Input, address: number): Message[] {
  input.expect(address, 'OHDR', 8);
  if (input.u8(address + 4) !== 2)
    throw input.error(`version ${input.u8(address + 4)} of objects is not known`, address);
  const flags = input.u8(address + 5);
  const width = 2 ** (flags & 3);
  const start = address + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const size = input.uint(start, width);
  if (size === undefined) throw input.error('the object is too large', address);
  const head = flags & 4 ? 6 : 4;
  const messages: Message[] = [];
  // The first block is followed by a checksum, later ones hold it, and a signature.
  const blocks: Block[] = [{ at: start + width, size: size + 4 }];
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    let { at } = block;
    const end = at + block.size - 4;
    input.need(at, Math.max(8, block.size));
    input.spend(block.size + 16);
    if (at !== start + width) {
      input.expect(at, 'OCHK', 4);
      at += 4;
    }
    while (at + head <= end) {
      const message = { type: input.u8(at), at: at + head, size: input.u16(at + 1) };
      if (message.at + message.size > end) throw input.error('a message exceeds its object', at);
      take(input, message, input.u8(at + 3), messages, blocks);
      at = message.at + message.size;
    }
  }
  return messages;
}

function take(input: Input, message: Message, flags: number, messages: Message[], blocks: Block[]): void {
  const { type, at, size } = message;
  if (type === MESSAGE.continuation) {
    if (size < input.offsets + input.lengths) throw input.error('a message is too short', at);
    const next = input.address(at);
    if (next === undefined) throw input.error('the rest of an object is nowhere', at);
    blocks.push({ at: next, size: input.length(at + input.offsets) });
  } else if (flags & 2 && type !== 0) {
    throw input.error('named datatypes and other shared messages are not supported', at);
  } else {
    messages.push(message);
  }
}
