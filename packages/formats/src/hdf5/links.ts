// Links of a group to its children.
import { readDense } from './dense.ts';
import type { Input } from './input.ts';
import { MESSAGE, type Message } from './messages.ts';

/** A child: its name, the address of its object, and when it was made, where the file keeps that. */
export interface Link {
  readonly name: string;
  readonly address: number;
  readonly order?: number | undefined;
}

/** Hard links of a group, sorted by name, or in the order of their making where the file keeps it. */
export function readLinks(input: Input, messages: readonly Message[]): Link[] {
  const links: Link[] = [];
  for (const message of messages) {
    if (message.type === MESSAGE.symbolTable) links.push(...readTable(input, message));
    else if (message.type === MESSAGE.link) links.push(readLink(input, message));
    else if (message.type === MESSAGE.linkInfo) {
      links.push(...readDense(input, message, 2, 8).map((link) => readLink(input, link)));
    }
  }
  const made = links.every(({ order }) => order !== undefined);
  return links.sort((a, b) => (made ? a.order! - b.order! : a.name < b.name ? -1 : 1));
}

function refuseLink(input: Input, name: string, at: number): Error {
  return input.error('soft and external links are not followed', at, name);
}

/** A link message, of groups of the newer form. */
function readLink(input: Input, { at, size }: Message): Link {
  if (size < 4 || input.u8(at) !== 1) throw input.error('version of a link is not known', at);
  const flags = input.u8(at + 1);
  let next = at + 2;
  const kind = flags & 8 ? input.u8(next++) : 0;
  const order = flags & 4 ? input.uint(next, 8) : undefined;
  next += flags & 4 ? 8 : 0;
  next += flags & 16 ? 1 : 0;
  const width = 2 ** (flags & 3);
  const length = input.uint(next, width);
  next += width;
  if (length === undefined || next + length + input.offsets > at + size) {
    if (kind === 0) throw input.error('a link exceeds its message', at);
  }
  const name = input.text(input.bytes(next, Math.min(length ?? 0, at + size - next)), next);
  if (kind !== 0) throw refuseLink(input, name, at);
  const address = input.address(next + (length ?? 0));
  if (address === undefined) throw input.error('a link leads nowhere', at, name);
  return { name, address, order };
}

/** A symbol table message: a tree of symbol nodes, whose names stand in a heap. */
function readTable(input: Input, { at, size }: Message): Link[] {
  if (size < 2 * input.offsets) throw input.error('a message is too short', at);
  const tree = input.address(at);
  const heap = input.address(at + input.offsets);
  if (tree === undefined || heap === undefined) throw input.error('a group is nowhere', at);
  input.expect(heap, 'HEAP', 8 + 2 * input.lengths + input.offsets);
  const length = input.length(heap + 8);
  const names = input.address(heap + 8 + 2 * input.lengths);
  if (names === undefined) throw input.error('the names of a group are nowhere', heap);
  input.need(names, length);
  const links: Link[] = [];
  const nodes = [{ at: tree, level: Infinity }];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.level === -1) {
      links.push(...readSymbols(input, node.at, names, length));
      continue;
    }
    input.expect(node.at, 'TREE', 8);
    const [kind, level, used] = [input.u8(node.at + 4), input.u8(node.at + 5), input.u16(node.at + 6)];
    if (kind !== 0 || level >= node.level) throw input.error('a damaged tree of names', node.at);
    const start = node.at + 8 + 2 * input.offsets + input.lengths;
    input.spend(used * (input.offsets + input.lengths));
    // Pushed from the last to the first, so that they are taken in order.
    for (let i = used - 1; i >= 0; i--) {
      const child = input.address(start + i * (input.offsets + input.lengths));
      if (child === undefined) throw input.error('a damaged tree of names', node.at);
      nodes.push({ at: child, level: level === 0 ? -1 : level });
    }
  }
  return links;
}

function readSymbols(input: Input, at: number, names: number, length: number): Link[] {
  const count = input.u16(at + 6);
  const width = 2 * input.offsets + 24;
  input.expect(at, 'SNOD', 8 + count * width);
  return Array.from({ length: count }, (_, i) => {
    const entry = at + 8 + i * width;
    const offset = input.address(entry);
    if (offset === undefined || offset >= length) throw input.error('a name is outside its heap', entry);
    const name = input.zeroText(names + offset, length - offset);
    input.spend(name.length);
    const address = input.address(entry + input.offsets);
    if (input.u32(entry + 2 * input.offsets) === 2) throw refuseLink(input, name, entry);
    if (address === undefined) throw input.error('a link leads nowhere', entry, name);
    return { name, address };
  });
}
