// The confusion matrix as a heat map, and the share of each class that was recognised.
import { escape, percent } from './html.ts';

const levels = 8;
const total = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);

/** Share of all test images on the diagonal; NaN when there are none. */
export const accuracyOf = (matrix: readonly (readonly number[])[]): number => {
  const right = matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  return right / matrix.reduce((sum, row) => sum + total(row), 0);
};

/** Shade of a cell: 0 for none to 8. Mistakes are stretched, since even bad ones are a small share of a class. */
const level = (share: number, right: boolean): number => {
  if (!(share > 0)) return 0;
  return Math.max(1, Math.min(levels, Math.round((right ? share : Math.sqrt(share)) * levels)));
};

/** The heat map: rows are true classes, columns what the model said; shades are shares of the row. */
export const confusionTable = (matrix: readonly (readonly number[])[], classNames: readonly string[]): string => {
  const head = classNames.map((name) => `<th scope="col"><span>${escape(name)}</span></th>`).join('');
  const rows = classNames.map((name, i) => {
    const row = matrix[i] ?? [];
    const sum = total(row);
    const cells = classNames.map((guess, j) => {
      const value = row[j] ?? 0;
      const right = i === j;
      const title = right
        ? `${value} of ${sum} × ${name} recognised (${percent(value / sum)})`
        : `${value} of ${sum} × ${name} taken for ${guess} (${percent(value / sum)})`;
      const shade = `${right ? 'right' : 'wrong'}${level(value / sum, right)}`;
      return `<td class="${shade}" title="${escape(title)}">${value === 0 && !right ? '' : value}</td>`;
    });
    return `<tr><th scope="row">${escape(name)}</th>${cells.join('')}</tr>`;
  });
  return (
    `<div class="scroll"><table class="confusion"><thead><tr><td class="corner"></td>${head}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>`
  );
};

/** A bar for each class, best first. */
export const classBars = (matrix: readonly (readonly number[])[], classNames: readonly string[]): string => {
  const bars = classNames
    .map((name, i) => ({ name, share: (matrix[i]?.[i] ?? 0) / total(matrix[i] ?? []), sum: total(matrix[i] ?? []) }))
    .sort((a, b) => (b.share || 0) - (a.share || 0))
    .map(({ name, share, sum }) => {
      const width = Number.isFinite(share) ? (share * 100).toFixed(1) : '0';
      const title = escape(`${name}: ${percent(share)} of ${sum} test images`);
      return (
        `<li title="${title}"><span class="name">${escape(name)}</span>` +
        `<span class="track"><span class="bar" style="width:${width}%"></span></span>` +
        `<span class="value">${percent(share)}</span></li>`
      );
    });
  return `<ol class="bars">${bars.join('')}</ol>`;
};
