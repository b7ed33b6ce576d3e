/**
 * Weights in several HDF5 files with an index, as Keras writes `.weights.json`.
 */
import { hdf5Parts, type H5GroupNode, type H5Node, type NamedArray } from '@dl/formats';
import { writeJson } from './python-json.ts';

const isGroup = (node: H5Node): node is H5GroupNode => !('array' in node) && !('data' in node);

/** Groups `vars` by path. */
function varsIn(group: H5GroupNode, path = ''): readonly (readonly [string, H5GroupNode])[] {
  return [...(group.children ?? [])].flatMap(([name, node]) => {
    if (!isGroup(node)) return [];
    return name === 'vars' ? [[`${path}/vars`, node] as const] : varsIn(node, `${path}/${name}`);
  });
}

const sizeOf = (group: H5GroupNode): number =>
  [...(group.children ?? [])].reduce((sum, [, node]) => sum + (node as NamedArray).data.byteLength, 0);

/** The files by name: shards of at most so many bytes, where no object is larger, and the index. */
export function shardParts(
  tree: H5GroupNode,
  index: string,
  maxBytes: number,
): ReadonlyMap<string, Iterable<Uint8Array>> {
  const base = index.replace(/\.weights\.json$/, '');
  const shards: { readonly groups: (readonly [string, H5GroupNode])[]; size: number }[] = [];
  let total = 0;
  for (const entry of varsIn(tree)) {
    const size = sizeOf(entry[1]);
    total += size;
    const last = shards.at(-1);
    if (last !== undefined && last.size + size <= maxBytes) {
      last.groups.push(entry);
      last.size += size;
    } else shards.push({ groups: [entry], size });
  }
  const nameOf = (i: number): string => `${base}_${String(i).padStart(5, '0')}.weights.h5`;
  const map = shards.flatMap(({ groups }, i) => groups.map(([path]) => [path, nameOf(i)] as const));
  const text = writeJson({ metadata: { total_size: total }, weight_map: Object.fromEntries(map) }, 4);
  return new Map<string, Iterable<Uint8Array>>([
    ...shards.map(({ groups }, i): [string, Iterable<Uint8Array>] => [nameOf(i), hdf5Parts(treeOf(groups))]),
    [index, [new TextEncoder().encode(text)]],
  ]);
}

/** A tree with these groups at their paths. */
function treeOf(groups: readonly (readonly [string, H5GroupNode])[]): H5GroupNode {
  const root = new Map<string, H5Node>();
  for (const [path, group] of groups) {
    const parts = path.split('/').filter((part) => part !== '');
    let children = root;
    for (const part of parts.slice(0, -1)) {
      const known = children.get(part) as { children: Map<string, H5Node> } | undefined;
      const next = known?.children ?? new Map<string, H5Node>();
      children.set(part, { children: next });
      children = next;
    }
    children.set(parts.at(-1)!, group);
  }
  return { children: root };
}
