/**
 * Pictures and tables for the terminal.
 */

const SHADES = ' .:-=+*#%@';

/**
 * A grey picture, values 0 to 1, as lines of text. A character stands for two pixels above each other; in small pictures two
 * characters stand for one pixel.
 */
export function picture(pixels: ArrayLike<number>, height: number, width: number): string[] {
  const [down, across] = width < 20 ? [1, 2] : [2, 1];
  return Array.from({ length: height / down }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const level = (pixels[down * y * width + x]! + pixels[(down * y + down - 1) * width + x]!) / 2;
      return SHADES[Math.round(Math.min(Math.max(level, 0), 1) * (SHADES.length - 1))]!.repeat(across);
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
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A share as people read it. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
