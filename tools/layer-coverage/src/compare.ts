/**
 * Compares constructors with those of Keras: names and order of arguments, and defaults.
 */
import { BASE_NAMES, camelCase, type Entry } from './inventory.ts';
import deviations from './deviations.json' with { type: 'json' };
import { parseLiteral, sameDefault } from './literal.ts';
import { minimal, requiredOf } from './minimal.ts';

/** What a comparison found: deviations that have a reason, and whatever has none. */
export interface Comparison {
  /** Arguments that are missing or take their default only, as `name: why`. */
  readonly options: readonly string[];
  /** What defaults stand for, as `name: why`. */
  readonly defaults: readonly string[];
  readonly failures: readonly string[];
}

interface Resolved {
  readonly is: unknown;
  readonly why: string;
}

const MISSING: Readonly<Record<string, Readonly<Record<string, string>>>> = deviations.options;
const LIMITED: Readonly<Record<string, Readonly<Record<string, string>>>> = deviations.limited;
const RESOLVED: Readonly<Record<string, Readonly<Record<string, Resolved>>>> = deviations.defaults;

/** Compares one class. Explanations of what does not differ are failures as well. */
export function compare({ name, args, here }: Entry): Comparison {
  const failures: string[] = [];
  if (here === null) return { options: [], defaults: [], failures };
  const known = new Set([...here.positional, ...(here.options ?? []), ...BASE_NAMES]);
  const options: string[] = [];
  const missing = args.filter(([key]) => !known.has(camelCase(key)));
  for (const [key] of missing) {
    const why = MISSING[name]?.[key];
    if (why === undefined) failures.push(`${name}: there is no option '${camelCase(key)}' for ${key}`);
    else options.push(`${key}: ${why}`);
  }
  for (const key of Object.keys(MISSING[name] ?? {})) {
    if (!missing.some(([other]) => other === key)) failures.push(`${name}: '${key}' exists, though listed as missing`);
  }
  for (const [key, why] of Object.entries(LIMITED[name] ?? {})) {
    options.push(`${key}: ${why}`);
    if (!refuses(name, camelCase(key)))
      failures.push(`${name}: ${camelCase(key)} takes true, though listed as limited`);
  }
  here.positional.forEach((key, i) => {
    if (key !== camelCase(args[i]?.[0] ?? '')) failures.push(`${name}: argument ${i} is '${key}', not ${args[i]?.[0]}`);
  });
  const required = args.filter(([, text]) => text === undefined).map(([key]) => camelCase(key));
  for (const key of required) {
    if (!here.positional.includes(key)) failures.push(`${name}: '${key}' is required and must be positional`);
  }
  return { options, failures, defaults: compareDefaults(name, args, missing, failures) };
}

/** Whether making the layer with an option that is true throws. */
function refuses(name: string, option: string): boolean {
  try {
    minimal(name, { [option]: true })();
  } catch {
    return true;
  }
  return false;
}

/** Compares the configuration of a layer that got its required arguments only. */
function compareDefaults(
  name: string,
  args: Entry['args'],
  missing: Entry['args'],
  failures: string[],
): readonly string[] {
  const layer = minimal(name)();
  const config = layer.getConfig();
  const given = requiredOf(name);
  const explained = new Set<string>();
  const defaults: string[] = [];
  for (const argument of args) {
    const [key, text] = argument;
    // Names are made up, and arguments that were given say nothing of defaults.
    if (text === undefined || key === 'name' || given.includes(camelCase(key)) || missing.includes(argument)) continue;
    const stored = Object.hasOwn(config, key);
    const got: unknown = stored ? config[key] : (layer as unknown as Record<string, unknown>)[camelCase(key)];
    const exists = stored || camelCase(key) in layer;
    const wanted = parseLiteral(text);
    const limited = LIMITED[name]?.[key] !== undefined && !stored;
    if (limited || (exists && sameDefault(wanted, got))) continue;
    const own = RESOLVED[name]?.[key];
    const found = own ?? RESOLVED['*']?.[key];
    if (found === undefined || !isResolved(found.is, got)) {
      failures.push(`${name}: the default of ${key} is ${JSON.stringify(got)}, not ${text}`);
      continue;
    }
    if (own === undefined) continue;
    explained.add(key);
    defaults.push(`${key}: ${found.why}`);
  }
  for (const key of Object.keys(RESOLVED[name] ?? {})) {
    if (!explained.has(key)) failures.push(`${name}: the default of ${key} is explained, but it does not differ`);
  }
  return defaults;
}

/** Whether a value is the one of an explanation, which names objects by their class. */
function isResolved(wanted: unknown, got: unknown): boolean {
  const object = got as
    { readonly class_name?: string; readonly config?: { readonly name?: string } } | null | undefined;
  const names = [object?.class_name, object?.config?.name];
  return (
    (typeof wanted === 'string' && names.includes(wanted)) || JSON.stringify(got ?? null) === JSON.stringify(wanted)
  );
}
