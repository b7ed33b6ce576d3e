/**
 * Changes JSON records of models where it hurts: numbers at edges, other classes, keys of JavaScript's own, other shapes.
 */
import { isPlain } from '@dl/tensor/interpreter';
import { layerClasses } from '@dl/layers/registry';

const CLASSES = [
  ...Object.keys(layerClasses),
  'Sequential',
  'Functional',
  'Model',
  'Adam',
  'Loss',
  '__lambda__',
  'constructor',
];

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  -0,
  1.5,
  7,
  200,
  5e4,
  1e7,
  1e9,
  2 ** 31,
  2 ** 32 + 1,
  2 ** 53,
  1e308,
  '',
  '__proto__',
  'constructor',
  'toString',
  'linear',
  '../../etc/passwd',
  [],
  {},
  [null],
  [null, 1e9],
  [1e9, 1e9, 1e9],
  [[0, 0]],
  [-1],
  { class_name: 'Dense', config: { units: 1e9 } },
  { class_name: '__lambda__', config: {} },
  { class_name: 'Zeros' },
];

/** A record with one to three changes. JSON texts in it are changed as well as values. */
export function changeRecord(record: unknown, random: () => number): unknown {
  const copy = structuredClone(record);
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) changeOne(copy, random);
  return copy;
}

type Spot = readonly [owner: Record<string, unknown>, key: string];

function changeOne(root: unknown, random: () => number): void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const spots: Spot[] = [];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value) && !isPlain(value)) return;
    for (const key of Object.keys(value)) {
      spots.push([value as Record<string, unknown>, key]);
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(root);
  if (spots.length === 0) return;
  const [owner, key] = pick(spots);
  const old = owner[key];
  const set = (name: string, value: unknown): void => {
    Object.defineProperty(owner, name, { value, writable: true, enumerable: true, configurable: true });
  };
  const choice = random();
  if (choice < 0.45) {
    // Names become names, and numbers numbers, more often than not.
    if (typeof old === 'number' && random() < 0.6) set(key, pick(ODD.filter((one) => typeof one === 'number')));
    else if (key === 'class_name' || (typeof old === 'string' && random() < 0.3)) set(key, pick(CLASSES));
    else set(key, structuredClone(pick(ODD)));
  } else if (choice < 0.65) {
    const [other, from] = pick(spots);
    set(key, structuredClone(other[from]));
  } else if (choice < 0.8) {
    if (Array.isArray(owner)) owner.splice(Number(key), 1);
    else delete owner[key];
  } else if (choice < 0.9 && !Array.isArray(owner)) {
    set(pick(['__proto__', 'constructor', 'name', 'units', 'toString', 'hasOwnProperty']), structuredClone(pick(ODD)));
  } else if (Array.isArray(owner)) {
    owner.splice(Number(key), 0, ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => structuredClone(old)));
  } else {
    let nested: unknown = structuredClone(old);
    for (let depth = random() < 0.2 ? 400 : 3; depth > 0; depth--)
      nested = random() < 0.5 ? [nested] : { [key]: nested };
    set(key, nested);
  }
}
