// Helpers of the tests: chunked sources and files in a temporary folder.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A function source of bytes in chunks of one size. */
export const chunked = (bytes: Uint8Array, size: number): (() => AsyncGenerator<Uint8Array>) =>
  async function* () {
    for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
  };

/** Writes files into a new folder that is removed after the test; returns the folder. */
export const writeFiles = (files: Readonly<Record<string, Uint8Array | string>>): string => {
  const dir = mkdtempSync(join(tmpdir(), 'dl-data-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
};

/** Bytes of text. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The error a promise is rejected with. */
export const errorOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
