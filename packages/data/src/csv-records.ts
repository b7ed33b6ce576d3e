// Splits CSV text into records, a chunk at a time (RFC 4180). Column names and value types live in csv.ts.
// An own splitter rather than a library: it runs on plain strings everywhere and counts lines inside quotes.
import { FormatError } from './errors.ts';
import { gunzipped } from './gzip.ts';

/** The fields of one record and the line it starts on. */
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

const LF = 10;
const CR = 13;
type State = 'start' | 'plain' | 'quoted' | 'after quote' | 'comment';

/** A state machine that looks at each character once, so that chunks may be cut anywhere. */
class RecordSplitter {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #quoteText: string;
  readonly #comment: number;
  readonly #trim: boolean;
  readonly #maxSize: number;
  readonly #file: string;
  #state: State = 'start';
  #afterCr = false;
  #field = '';
  #values: string[] = [];
  #hasQuotes = false;
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  #read = 0;
  #recordStart = 0;
  #ready: CsvRecord[] = [];

  constructor(options: RecordOptions, file: string) {
    const { delimiter = ',', quote = '"', comment, trim = false, maxRecordSize = 1 << 20 } = options;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quoteText = quote ?? '';
    this.#quote = quote === null ? -1 : quote.charCodeAt(0);
    this.#comment = comment === undefined ? -1 : comment.charCodeAt(0);
    this.#trim = trim;
    this.#maxSize = maxRecordSize;
    this.#file = file;
  }

  /** The records that are complete with this chunk. */
  push(text: string): readonly CsvRecord[] {
    const quote = this.#quote;
    let from = 0; // Where the part of the current field begins that is not yet in #field.
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const completesCrLf = code === LF && this.#afterCr;
      const isBreak = code === CR || (code === LF && !completesCrLf);
      this.#afterCr = code === CR;
      if (isBreak) this.#line++;
      if (this.#state === 'quoted') {
        if (code !== quote) continue;
        this.#field += text.slice(from, i);
        this.#state = 'after quote';
      } else if (this.#state === 'comment') {
        if (isBreak) this.#endComment(i + 1);
        from = i + 1;
      } else if (completesCrLf) {
        from = i + 1;
      } else if (isBreak || code === this.#delimiter) {
        this.#endField(text.slice(from, i));
        if (isBreak) this.#endRecord(i + 1);
        from = i + 1;
      } else if (this.#state === 'after quote') {
        if (code === quote) {
          this.#field += this.#quoteText;
          this.#state = 'quoted';
          from = i + 1;
        } else if (!this.#trim || text.charAt(i).trim() !== '') {
          this.#fail(
            `broken CSV: ${JSON.stringify(text.charAt(i))} after a closing quote; double quotes inside a field`,
          );
        }
      } else if (code === quote) {
        const before = this.#field + text.slice(from, i);
        if (before !== '' && (!this.#trim || before.trim() !== '')) {
          this.#fail('broken CSV: a quote inside an unquoted field; put the field in quotes and double this one');
        }
        this.#field = '';
        this.#hasQuotes = true;
        this.#quoteLine = this.#line;
        this.#state = 'quoted';
        from = i + 1;
      } else if (this.#state === 'start') {
        this.#state = code === this.#comment && this.#values.length === 0 ? 'comment' : 'plain';
      }
    }
    if (this.#state === 'plain' || this.#state === 'quoted') this.#field += text.slice(from);
    this.#read += text.length;
    if (this.#state !== 'comment') this.#checkSize(this.#read);
    return this.#take();
  }

  /** The last record, when the file does not end with a line end. */
  end(): readonly CsvRecord[] {
    if (this.#state === 'quoted') {
      throw new FormatError('broken CSV: a quoted field does not end', { file: this.#file, line: this.#quoteLine });
    }
    if (this.#state !== 'comment' && (this.#state !== 'start' || this.#values.length > 0)) {
      this.#endField('');
      this.#endRecord(0);
    }
    return this.#take();
  }

  #endField(rest: string): void {
    const quoted = this.#state === 'after quote';
    const value = quoted ? this.#field : this.#field + rest;
    this.#values.push(this.#trim && !quoted ? value.trim() : value);
    this.#field = '';
    this.#state = 'start';
  }

  #endRecord(end: number): void {
    this.#checkSize(this.#read + end);
    const isEmptyLine = this.#values.length === 1 && this.#values[0] === '' && !this.#hasQuotes;
    if (!isEmptyLine) this.#ready.push({ values: this.#values, line: this.#recordLine });
    this.#values = [];
    this.#hasQuotes = false;
    this.#recordLine = this.#line;
    this.#recordStart = this.#read + end;
  }

  #endComment(end: number): void {
    this.#state = 'start';
    this.#recordLine = this.#line;
    this.#recordStart = this.#read + end;
  }

  #checkSize(position: number): void {
    if (position - this.#recordStart > this.#maxSize) {
      throw new FormatError(
        `broken CSV: a record of more than ${this.#maxSize} characters, maybe a quote that does not end; or raise maxRecordSize`,
        { file: this.#file, line: this.#recordLine },
      );
    }
  }

  #fail(message: string): never {
    throw new FormatError(message, { file: this.#file, line: this.#line });
  }

  #take(): readonly CsvRecord[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }
}

/** Yields records as the bytes arrive; throws a {@link FormatError} at broken quotes or an oversized record. */
export async function* splitRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: RecordOptions,
  file: string,
): AsyncGenerator<CsvRecord> {
  const splitter = new RecordSplitter(options, file);
  const decoder = new TextDecoder(); // Drops a byte order mark.
  for await (const chunk of gunzipped(bytes, file)) yield* splitter.push(decoder.decode(chunk, { stream: true }));
  yield* splitter.push(decoder.decode());
  yield* splitter.end();
}
