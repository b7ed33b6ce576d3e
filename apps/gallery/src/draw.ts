/**
 * Pictures and tables for the terminal.
 */

const SHADES = ' .:-=+*#%@';

/** A grey picture, values 0 to 1, as lines of text: one character stands for a pixel and the one below it. */
export function picture(pixels: ArrayLike<number>, height: number, width: number): string[] {
  return Array.from({ length: height / 2 }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const level = (pixels[2 * y * width + x]! + pixels[(2 * y + 1) * width + x]!) / 2;
      return SHADES[Math.round(Math.min(Math.max(level, 0), 1) * (SHADES.length - 1))]!;
    }).join(''),
  );
}

/** Blocks of lines side by side, each under its title. */
export function beside(blocks: readonly (readonly string[])[], titles: readonly string[] = []): string {
  const widths = blocks.map((block, i) => Math.max(...block.map((line) => line.length), titles[i]?.length ?? 0));
  const height = Math.max(...blocks.map((block) => block.length));
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  const lines = Array.from({ length: height }, (_, y) => row(blocks.map((block) => block[y] ?? '')));
  return [...(titles.length === 0 ? [] : [row(titles)]), ...lines].join('\n');
}

/** Rows of cells in columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd()).join('\n');
}

/** A share as people read it. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
