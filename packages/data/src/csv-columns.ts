// Types of CSV columns and how one field becomes a value. Splitting lines into fields lives in csv.ts.
import { show } from './checks.ts';
import { ConfigError, FormatError } from './errors.ts';

/** What happens where a field is missing. */
export interface ColumnRules<T> {
  /** Value for a missing field. */
  readonly default?: T;
  /** Make a missing field an error; false unless given. */
  readonly required?: boolean;
}

/** A column of numbers; missing ones are NaN unless there is a default. */
export interface NumberColumn extends ColumnRules<number> {
  readonly type: 'number';
}

/** A column of text; missing ones are '' unless there is a default. */
export interface StringColumn extends ColumnRules<string> {
  readonly type: 'string';
}

/** A column of true/false, yes/no or 1/0; missing ones are an error unless there is a default. */
export interface BooleanColumn extends ColumnRules<boolean> {
  readonly type: 'boolean';
}

/** A column of names that become their index in `values`; missing ones are an error unless there is a default. */
export interface CategoryColumn extends ColumnRules<number> {
  readonly type: 'category';
  readonly values: readonly string[];
}

/** How to read a column. */
export type CsvColumn = 'number' | 'string' | 'boolean' | NumberColumn | StringColumn | BooleanColumn | CategoryColumn;

/** The value type of a column. */
export type CsvValue<C> = C extends 'number' | NumberColumn | CategoryColumn
  ? number
  : C extends 'boolean' | BooleanColumn
    ? boolean
    : string;

/** Where a field stands, for messages. */
export interface FieldPlace {
  readonly file: string;
  readonly line: number;
  readonly field: string;
}

/** Turns the text of a field into a value; undefined text is a missing field. */
export type ParseField = (text: string | undefined, place: FieldPlace) => unknown;

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
// Maps, since texts such as 'constructor' are found in objects.
const special: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
]);
const truth: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['yes', true],
  ['no', false],
  ['1', true],
  ['0', false],
]);

/** A number from text, or undefined when the text is not one. */
export const numberFrom = (text: string): number | undefined => {
  const trimmed = text.trim();
  return decimal.test(trimmed) ? Number(trimmed) : special.get(trimmed.toLowerCase());
};

const typed = (
  column: { readonly default?: unknown; readonly required?: boolean },
  what: string,
  missing: unknown,
  convert: (text: string) => unknown,
): ParseField => {
  const fallback = column.required === true ? undefined : (column.default ?? missing);
  return (text, place) => {
    if (text === undefined) {
      if (fallback === undefined) throw new FormatError(`missing ${what}; give the column a default`, place);
      return fallback;
    }
    const value = convert(text);
    if (value === undefined) throw new FormatError(`expected ${what}, got ${show(text)}`, place);
    return value;
  };
};

/** Numbers where the text is one, undefined where it is missing, the text otherwise. */
export const parseAuto: ParseField = (text) => (text === undefined ? undefined : (numberFrom(text) ?? text));

/** The parser of a column; throws a `ConfigError` when it is not described properly. */
export const fieldParser = (name: string, column: CsvColumn): ParseField => {
  const rules: Exclude<CsvColumn, string> = typeof column === 'string' ? { type: column } : column;
  switch (rules?.type) {
    case 'number':
      return typed(rules, 'a number', NaN, numberFrom);
    case 'string':
      return typed(rules, 'text', '', (text) => text);
    case 'boolean':
      return typed(rules, 'true or false', undefined, (text) => truth.get(text.trim().toLowerCase()));
    case 'category': {
      if (!('values' in rules) || !Array.isArray(rules.values) || rules.values.length === 0) {
        throw new ConfigError(`fromCsv: category column '${name}' needs values, the list of its names`);
      }
      const { values } = rules;
      const indices = new Map(values.map((value, index) => [value, index]));
      return typed(rules, `one of ${values.join(', ')}`, undefined, (text) => indices.get(text));
    }
    default:
      throw new ConfigError(
        `fromCsv: column '${name}' must be 'number', 'string', 'boolean' or an object with such a type or 'category', got ${show(column)}`,
      );
  }
};
