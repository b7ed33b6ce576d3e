/**
 * Names of files from patterns as Python's `str.format` knows them: `{epoch:02d}-{val_loss:.2f}`.
 */
import { ConfigError } from '@dl/tensor';
import type { Logs } from './callback.ts';

const FIELD = /\{\{|\}\}|\{([^{}:!]*)(?::([^{}]*))?\}|[{}]/g;
const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(0)?(\d+)?(,)?(?:\.(\d+))?([bcdeEfFgGnoxXs%])?$/su;

/**
 * Fills a pattern: `whole` are whole numbers, `logs` are floats.
 *
 * @throws ConfigError for names that do not exist and formats that Python does not have for such a number.
 */
export function formatName(
  where: string,
  pattern: string,
  whole: Readonly<Record<string, number>>,
  logs: Logs,
): string {
  return pattern.replace(FIELD, (text: string, name: string | undefined, spec: string | undefined) => {
    if (text === '{{' || text === '}}') return text[0]!;
    if (name === undefined)
      throw new ConfigError(`${where}: there is a single '${text}' in '${pattern}'; write it twice`);
    const isWhole = Object.hasOwn(whole, name);
    if (!isWhole && !Object.hasOwn(logs, name)) {
      const names = [...Object.keys(whole), ...Object.keys(logs)].join(', ');
      throw new ConfigError(`${where}: there is no '${name}' for the name '${pattern}'; there are ${names}`);
    }
    const value = isWhole ? whole[name]! : logs[name]!;
    const result = formatNumber(value, isWhole, spec ?? '');
    if (result !== null) return result;
    throw new ConfigError(
      `${where}: '${spec}' cannot format the ${isWhole ? 'whole number' : 'float'} '${name}' in '${pattern}'`,
    );
  });
}

function formatNumber(value: number, isWhole: boolean, spec: string): string | null {
  const match = SPEC.exec(spec);
  if (match === null) return null;
  const [, fill, align, sign, zero, width, comma, precision, kind] = match;
  const digits = digitsOf(Math.abs(value), isWhole, kind, precision === undefined ? null : Number(precision));
  if (digits === null) return null;
  const grouped = comma === undefined ? digits : digits.replace(/^\d+/, (d) => d.replace(/\B(?=(\d{3})+$)/g, ','));
  const negative = value < 0 || Object.is(value, -0);
  const mark = negative ? '-' : sign === undefined || sign === '-' ? '' : sign;
  const missing = Math.max(0, Number(width ?? 0) - mark.length - grouped.length);
  const padding = (fill ?? (zero === undefined ? ' ' : '0')).repeat(missing);
  switch (align ?? (zero === undefined ? '>' : '=')) {
    case '<':
      return mark + grouped + padding;
    case '=':
      return mark + padding + grouped;
    case '^':
      return padding.slice(0, Math.floor(missing / 2)) + mark + grouped + padding.slice(Math.floor(missing / 2));
    default:
      return padding + mark + grouped;
  }
}

/** Halves go to the even digit, as in Python; JavaScript rounds them up. */
function fixed(value: number, places: number): string {
  const more = Math.min(25, 100 - places);
  const exact = value.toFixed(places + more);
  const kept = exact.slice(0, exact.length - more);
  const isHalf = /^50*$/.test(exact.slice(exact.length - more));
  return isHalf && /[02468]\.?$/.test(kept) ? kept.replace(/\.$/, '') : value.toFixed(places);
}

/** Exponents have two digits at least. */
const exponent = (text: string): string => text.replace(/e([-+])(\d)$/, 'e$10$2');

/** Without zeros at the end of the fraction. */
const trimmed = (text: string): string => text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');

function digitsOf(value: number, isWhole: boolean, kind: string | undefined, precision: number | null): string | null {
  if (!Number.isFinite(value)) return isWhole ? null : Number.isNaN(value) ? 'nan' : 'inf';
  const places = precision ?? 6;
  switch (kind) {
    case 'f':
    case 'F':
      return fixed(value, places);
    case 'e':
    case 'E': {
      const text = exponent(value.toExponential(places));
      return kind === 'E' ? text.toUpperCase() : text;
    }
    case '%':
      return `${fixed(value * 100, places)}%`;
    case 'g':
    case 'G':
    case 'n':
      return isWhole && kind === 'n' ? String(value) : general(value, precision ?? 6, kind === 'G');
    case 'd':
      return isWhole && precision === null ? String(value) : null;
    case 'b':
    case 'o':
    case 'x':
    case 'X': {
      if (!isWhole || precision !== null) return null;
      const text = value.toString({ b: 2, o: 8, x: 16, X: 16 }[kind]);
      return kind === 'X' ? text.toUpperCase() : text;
    }
    case undefined:
      if (isWhole) return precision === null ? String(value) : null;
      return withPoint(precision === null ? shortest(value) : general(value, precision, false));
    default:
      return null;
  }
}

/** As many digits as tell the number, as Python prints floats. */
function shortest(value: number): string {
  if (value !== 0 && (value < 1e-4 || value >= 1e16)) return exponent(value.toExponential());
  return String(value);
}

const withPoint = (text: string): string => (/[.e]/.test(text) ? text : `${text}.0`);

function general(value: number, precision: number, upper: boolean): string {
  const digits = Math.max(1, precision);
  const power = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  const text =
    power < -4 || power >= digits
      ? exponent(trimmed(value.toExponential(digits - 1)))
      : trimmed(value.toFixed(Math.max(0, digits - 1 - power)));
  return upper ? text.toUpperCase() : text;
}
