// CSV as datasets: streaming, typed columns, errors with line numbers. Field values are made in csv-columns.ts.
import { openBytes, sourceName, type ByteSource } from './bytes.ts';
import { checkInteger, checkNames, show } from './checks.ts';
import { fieldParser, parseAuto, type CsvColumn, type CsvValue, type ParseField } from './csv-columns.ts';
import { splitRecords, type CsvRecord } from './csv-records.ts';
import { Dataset } from './dataset.ts';
import { ConfigError, FormatError } from './errors.ts';

/** Values of a column whose type is not given. */
export type CsvAuto = number | string | undefined;

/** Options of {@link fromCsv}. */
export interface CsvOptions<
  C extends Readonly<Record<string, CsvColumn>> | undefined = undefined,
  L extends string | undefined = undefined,
> {
  /** Which columns to read and how; others are left out. Without it all are read, numbers where the text is one. */
  readonly columns?: C;
  /** Columns to predict; rows are then `{ xs, ys }` instead of one record. */
  readonly labels?: readonly L[];
  /** True when the first line has the names (the default), false for the names '0', '1', …, or the names themselves. */
  readonly header?: boolean | readonly string[];
  /** Character between fields; ',' unless given. */
  readonly delimiter?: string;
  /** Character around fields that hold delimiters or line ends; '"' unless given, null for none. */
  readonly quote?: string | null;
  /** Lines that start with this are skipped; off unless given. */
  readonly comment?: string;
  /** Texts that mean a missing value; only the empty one unless given. */
  readonly missing?: readonly string[];
  /** Remove spaces around fields; false unless given. */
  readonly trim?: boolean;
  /** Longest record to accept, in characters, so that one stray quote does not swallow a huge file; 1 Mi unless given. */
  readonly maxRecordSize?: number;
  /** Name of the file in messages; taken from the source where it has one. */
  readonly name?: string;
}

type CsvRecordOf<C> =
  C extends Readonly<Record<string, CsvColumn>>
    ? { readonly [K in keyof C]: CsvValue<C[K]> }
    : Readonly<Record<string, CsvAuto>>;

/** What a row is: a record of the columns, or `{ xs, ys }` when there are labels. */
export type CsvRow<C, L> = [L] extends [string]
  ? {
      readonly xs: Omit<CsvRecordOf<C>, L>;
      readonly ys: Pick<CsvRecordOf<C>, L & keyof CsvRecordOf<C>>;
    }
  : CsvRecordOf<C>;

const optionNames = [
  'columns',
  'labels',
  'header',
  'delimiter',
  'quote',
  'comment',
  'missing',
  'trim',
  'maxRecordSize',
  'name',
] as const;

interface Field {
  readonly name: string;
  readonly index: number;
  readonly parse: ParseField;
  readonly isLabel: boolean;
}

const checkHeader = (names: readonly string[], file: string, line: number): void => {
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) !== i) {
      throw new FormatError('two columns have this name; pass names of your own as header', {
        file,
        line,
        field: name,
      });
    }
  }
};

const layOut = (
  names: readonly string[],
  columns: Readonly<Record<string, CsvColumn>> | undefined,
  labels: readonly string[],
  file: string,
  line: number,
): readonly Field[] => {
  const wanted = columns === undefined ? names : Object.keys(columns);
  for (const name of [...wanted, ...labels]) {
    if (!names.includes(name)) {
      throw new FormatError(`no such column; the header has ${names.join(', ')}`, { file, line, field: name });
    }
  }
  return wanted.map((name) => ({
    name,
    index: names.indexOf(name),
    parse: columns === undefined ? parseAuto : fieldParser(name, columns[name]!),
    isLabel: labels.includes(name),
  }));
};

const checkOptions = (
  options: CsvOptions<Readonly<Record<string, CsvColumn>> | undefined, string | undefined>,
): void => {
  checkNames('fromCsv', options, optionNames);
  const {
    columns,
    labels = [],
    header,
    missing = [],
    maxRecordSize = 1,
    delimiter = ',',
    quote,
    comment,
    trim = false,
  } = options;
  if (columns !== undefined) {
    checkNames('fromCsv columns', columns, Object.keys(columns));
    for (const [name, column] of Object.entries(columns)) fieldParser(name, column);
  }
  const lists = { labels, missing, ...(Array.isArray(header) ? { header: header as readonly unknown[] } : {}) };
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || list.some((item) => typeof item !== 'string')) {
      throw new ConfigError(`fromCsv: ${name} must be a list of strings, got ${show(list)}`);
    }
  }
  for (const label of labels) {
    if (columns !== undefined && !Object.hasOwn(columns, label as string)) {
      throw new ConfigError(`fromCsv: label '${label}' is not among the columns ${Object.keys(columns).join(', ')}`);
    }
  }
  for (const [name, character] of Object.entries({ delimiter, quote: quote ?? '"', comment: comment ?? '#' })) {
    if (typeof character !== 'string' || character.length !== 1 || character === '\n' || character === '\r') {
      throw new ConfigError(`fromCsv: ${name} must be one character, got ${show(character)}`);
    }
  }
  if (typeof trim !== 'boolean') throw new ConfigError(`fromCsv: trim must be true or false, got ${show(trim)}`);
  checkInteger('fromCsv', 'maxRecordSize', maxRecordSize, 1);
};

/** Sets a field; a column may be called `__proto__`. */
const setField = (row: Record<string, unknown>, name: string, value: unknown): void => {
  if (name !== '__proto__') row[name] = value;
  else Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
};

const rowMaker = (
  fields: readonly Field[],
  hasLabels: boolean,
  missing: ReadonlySet<string>,
  file: string,
): ((record: CsvRecord) => unknown) => {
  return ({ values, line }) => {
    const xs: Record<string, unknown> = {};
    const ys: Record<string, unknown> = hasLabels ? {} : xs;
    for (const { name, index, parse, isLabel } of fields) {
      const text = values[index]!;
      const value = parse(missing.has(text) ? undefined : text, { file, line, field: name });
      setField(isLabel ? ys : xs, name, value);
    }
    return hasLabels ? { xs, ys } : xs;
  };
};

/**
 * A dataset of the rows of a CSV file, read as a stream on each pass; gzip is inflated.
 *
 * Quotes, doubled quotes, line ends inside quotes, CR LF, a byte order mark and empty lines are handled as spreadsheets
 * write them. Missing numbers are NaN and missing texts '' unless the column has a default; without `columns` they are
 * undefined. A row with too few or too many fields, or a field that is not what its column says, is a `FormatError` with
 * the line number; a stray quote too.
 *
 * @example
 * const rows = fromCsv('name,y\nBob,1\nAna,', { columns: { name: 'string', y: { type: 'number', default: 0 } } });
 * await rows.toArray(); // [{ name: 'Bob', y: 1 }, { name: 'Ana', y: 0 }]
 *
 * @example
 * fromCsv({ path: 'houses.csv' }, { columns: { area: 'number', rooms: 'number', price: 'number' } })
 *   .map(({ area, rooms, price }) => ({ x: Float32Array.of(area, rooms), y: price }))
 *   .batch(32);
 */
export const fromCsv = <
  const C extends Readonly<Record<string, CsvColumn>> | undefined = undefined,
  const L extends string | undefined = undefined,
>(
  source: ByteSource,
  options: CsvOptions<C, L> = {},
): Dataset<CsvRow<C, L>> => {
  checkOptions(options);
  const { columns, header = true, missing = [''], name } = options;
  const labels = (options.labels ?? []) as readonly string[];
  const file = name ?? (typeof source === 'function' ? 'csv' : sourceName(source, 'csv'));
  const missingTexts = new Set(missing);

  async function* open(): AsyncGenerator<CsvRow<C, L>> {
    let names = Array.isArray(header) ? (header as readonly string[]) : undefined;
    let makeRow: ((record: CsvRecord) => unknown) | undefined;
    for await (const record of splitRecords(openBytes('fromCsv', source), options, file)) {
      const { values, line } = record;
      if (makeRow === undefined) {
        const inFile = names === undefined && header === true;
        names ??= inFile ? values : values.map((_, i) => `${i}`);
        checkHeader(names, file, line);
        makeRow = rowMaker(layOut(names, columns, labels, file, line), labels.length > 0, missingTexts, file);
        if (inFile) continue;
      }
      if (values.length !== names!.length) {
        throw new FormatError(`expected ${names!.length} fields (${names!.join(', ')}), got ${values.length}`, {
          file,
          line,
        });
      }
      yield makeRow(record) as CsvRow<C, L>;
    }
    if (names === undefined && header === true) {
      throw new FormatError('the file is empty; expected a header line', { file, line: 1 });
    }
  }
  return new Dataset({ size: undefined, open });
};
