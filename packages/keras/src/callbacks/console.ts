/**
 * The console of this process or page.
 */
import type { Console } from './progbar.ts';

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Host {
  readonly process?: { readonly stdout?: Stream };
}

const stdout = (): Stream | undefined => (globalThis as Host).process?.stdout;

/** Writes to the terminal where there is one, otherwise line by line to the console. */
export function hostConsole(): Console {
  const stream = stdout();
  const now = (): number => performance.now() / 1e3;
  if (stream?.isTTY === true) return { write: (text) => void stream.write(text), now, dynamic: true };
  return {
    write: (text) => {
      if (stream === undefined) console.log(text.replace(/\n$/, ''));
      else stream.write(text);
    },
    now,
    dynamic: false,
  };
}

/** Columns of the terminal, or undefined without one. */
export function terminalColumns(): number | undefined {
  const stream = stdout();
  return stream?.isTTY === true ? stream.columns : undefined;
}
