/**
 * CSVLogger: a line per epoch.
 */
import { ConfigError } from '@dl/tensor';
import { Callback, type CallbackState, type Logs } from './callback.ts';

/** Options of {@link CSVLogger}. */
export interface CSVLoggerOptions {
  /** ',' unless given. */
  readonly separator?: string | undefined;
  /** Whether an existing file is continued, without a second header; false unless given. */
  readonly append?: boolean | undefined;
}

interface FileSystem {
  existsSync(path: string): boolean;
  writeFileSync(path: string, text: string): void;
  appendFileSync(path: string, text: string): void;
  truncateSync(path: string, size: number): void;
  statSync(path: string): { readonly size: number };
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

function fileSystem(): FileSystem {
  const fs = (globalThis as Host).process?.getBuiltinModule?.('node:fs');
  if (fs !== undefined) return fs as FileSystem;
  throw new ConfigError('CSVLogger: there is no file system here; pass a function that takes the lines');
}

/**
 * Writes the logs of every epoch as comma-separated values: the epoch (from 0), then the logs in alphabetical order.
 * Missing values are NA. In browsers give a function in place of a file name.
 *
 * @example new CSVLogger('training.csv');
 * @example new CSVLogger((line) => lines.push(line));
 */
export class CSVLogger extends Callback {
  readonly filename: string | ((line: string) => void);
  readonly separator: string;
  readonly append: boolean;
  #keys: readonly string[] | null = null;
  #header = true;
  /** Whether the file is still what another run left. */
  #untouched = true;

  constructor(target: string | ((line: string) => void), options: CSVLoggerOptions = {}) {
    super();
    this.filename = target;
    this.separator = options.separator ?? ',';
    this.append = options.append ?? false;
  }

  override onTrainBegin(): void {
    this.#keys = null;
    this.#header = true;
    this.#untouched = true;
    if (typeof this.filename === 'string') fileSystem();
  }

  /** Empties the file, or looks at it, when it is clear that it is not that of the run which goes on. */
  #begin(): void {
    if (!this.#untouched || typeof this.filename !== 'string') return;
    this.#untouched = false;
    const fs = fileSystem();
    if (!this.append) fs.writeFileSync(this.filename, '');
    else if (fs.existsSync(this.filename)) this.#header = fs.statSync(this.filename).size === 0;
  }

  override onTrainEnd(): void {
    this.#begin();
  }

  #write(cells: readonly string[]): void {
    const line = cells.map((cell) => this.#quote(cell)).join(this.separator);
    if (typeof this.filename === 'string') fileSystem().appendFileSync(this.filename, `${line}\n`);
    else this.filename(line);
  }

  #quote(cell: string): string {
    return cell.includes(this.separator) || /["\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.#begin();
    if (this.#keys === null) {
      const keys = Object.keys(logs).sort();
      // Validation may come in later epochs only, so its columns are there from the start.
      const validation = keys.some((key) => key.startsWith('val_')) ? [] : keys.map((key) => `val_${key}`);
      this.#keys = [...keys, ...validation];
      if (this.#header) this.#write(['epoch', ...this.#keys]);
    }
    this.#write([String(epoch), ...this.#keys.map((key) => (logs[key] === undefined ? 'NA' : String(logs[key])))]);
  }

  override getState(): CallbackState {
    const { filename } = this;
    const size = typeof filename === 'string' && !this.#untouched ? fileSystem().statSync(filename).size : null;
    return { values: { keys: this.#keys, header: this.#header, size } };
  }

  /** The file is cut to what it was, so that no line of an epoch that runs again is there twice. */
  override setState({ values }: CallbackState): void {
    this.#keys = values['keys'] as readonly string[] | null;
    this.#header = values['header'] as boolean;
    const size = values['size'] as number | null;
    if (size === null || typeof this.filename !== 'string' || !fileSystem().existsSync(this.filename)) return;
    if (fileSystem().statSync(this.filename).size >= size) fileSystem().truncateSync(this.filename, size);
    this.#untouched = false;
  }
}
