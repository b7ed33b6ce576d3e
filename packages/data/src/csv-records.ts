// Splits CSV bytes into records with csv-parse, a chunk at a time. Column names and value types live in csv.ts.
import type { Info, Options, Parser } from 'csv-parse';
import { FormatError } from './errors.ts';
import { gunzipped } from './gzip.ts';

/** The fields of one record and the line it ends on. */
export interface CsvRecord {
  readonly values: readonly string[];
  readonly line: number;
}

/** The options of `fromCsv` that matter for splitting. */
export interface RecordOptions {
  readonly delimiter?: string;
  readonly quote?: string | null;
  readonly comment?: string;
  readonly trim?: boolean;
  readonly maxRecordSize?: number;
}

const makeParser = async (options: RecordOptions): Promise<Parser> => {
  // Loaded when first needed: Node gets the parser on its own streams, browsers the build that brings streams along.
  const { parse } = await import('#csv-parse');
  const { delimiter = ',', quote = '"', comment = null, trim = false, maxRecordSize = 1 << 20 } = options;
  const settings: Options = {
    bom: true,
    comment,
    comment_no_infix: true,
    delimiter,
    escape: quote,
    info: true,
    max_record_size: maxRecordSize,
    quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    trim,
  };
  return parse(settings);
};

const describe = (cause: unknown, file: string): FormatError => {
  const { message, lines } = cause as { readonly message: string; readonly lines?: number };
  const hint = message.startsWith('Quote Not Closed') ? '; a quoted field does not end' : '';
  return new FormatError(`broken CSV: ${message}${hint}`, { file, line: lines }, { cause });
};

/** Yields records as the bytes arrive; throws a {@link FormatError} at broken quotes or an oversized record. */
export async function* splitRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: RecordOptions,
  file: string,
): AsyncGenerator<CsvRecord> {
  const parser = await makeParser(options);
  const ready: CsvRecord[] = [];
  let failure: unknown;
  parser.on('data', ({ info, record }: { info: Info; record: string[] }) => {
    ready.push({ values: record, line: info.lines });
  });
  const ended = new Promise<void>((resolve) => {
    parser.on('end', resolve);
    parser.on('error', (error) => {
      failure = error;
      resolve();
    });
  });
  try {
    for await (const chunk of gunzipped(bytes, file)) {
      await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
      yield* ready.splice(0);
      if (failure !== undefined) throw describe(failure, file);
    }
    parser.end();
    await ended;
    yield* ready.splice(0);
    if (failure !== undefined) throw describe(failure, file);
  } finally {
    parser.destroy();
  }
}
