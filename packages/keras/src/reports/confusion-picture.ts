/**
 * The confusion matrix as a heat map, and the share of each class that was recognised.
 */
import { ShapeError } from '@dl/tensor';
import { accuracyOf } from './confusion.ts';
import { partOrPage, pictureOf, type Drawing, type PageOptions, type PictureOptions } from './drawing.ts';
import { SHADES } from './style.ts';
import { escapeText, formatShare, place } from './text.ts';

type Matrix = readonly (readonly number[])[];

/** Options of pictures of a confusion matrix. */
export interface ConfusionPictureOptions extends PictureOptions {
  /** One name for each class, in the order of their numbers; the numbers unless given. */
  readonly classNames?: readonly string[] | undefined;
}

const total = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);

/** Shade of a cell: 0 for none to 8. Mistakes are stretched, since even bad ones are a small share of a class. */
const level = (share: number, right: boolean): number => {
  if (!(share > 0)) return 0;
  return Math.max(1, Math.min(SHADES, Math.round((right ? share : Math.sqrt(share)) * SHADES)));
};

const shadeOf = (value: number, sum: number, right: boolean): string => {
  const shade = level(value / sum, right);
  return shade === 0 ? 'dl-none' : `dl-${right ? 'right' : 'wrong'}${shade}`;
};

/** A count, or a share, as short as it can be. */
const cellText = (value: number): string => (Number.isInteger(value) ? `${value}` : `${Number(value.toPrecision(2))}`);

const cellTitle = (value: number, sum: number, name: string, guess: string): string =>
  name === guess
    ? `${cellText(value)} of ${cellText(sum)} × ${name} recognised (${formatShare(value / sum)})`
    : `${cellText(value)} of ${cellText(sum)} × ${name} taken for ${guess} (${formatShare(value / sum)})`;

function namesOf(matrix: Matrix, classNames: readonly string[] | undefined): readonly string[] {
  const n = matrix.length;
  const ragged = matrix.findIndex((row) => row.length !== n);
  if (ragged >= 0) {
    throw new ShapeError(`confusion matrix: expected ${n} × ${n} numbers, row ${ragged} has ${matrix[ragged]!.length}`);
  }
  if (classNames !== undefined && classNames.length !== n) {
    throw new ShapeError(`confusion matrix: ${n} classes, but ${classNames.length} classNames`);
  }
  return classNames ?? matrix.map((_, i) => `${i}`);
}

function drawMatrix(matrix: Matrix, names: readonly string[], title: string): Drawing {
  const n = names.length;
  const longest = Math.max(1, ...names.map((name) => name.length));
  const edge = Math.min(120, 12 + Math.round(longest * 6.4));
  const cell = Math.max(22, Math.min(56, Math.floor((440 - edge) / Math.max(1, n))));
  const most = Math.floor((edge - 12) / 6.2);
  const short = (name: string): string => escapeText(name.length > most ? `${name.slice(0, most - 1)}…` : name);
  const top = edge + 18;
  const left = edge + 18;
  const heads = names.map((name, j) => {
    const x = left + (j + 0.5) * cell;
    return `<text class="dl-name" transform="translate(${place(x + 4)} ${top - 8}) rotate(-90)">${short(name)}</text>`;
  });
  const rows = matrix.map((row, i) => {
    const sum = total(row);
    const y = top + i * cell;
    const cells = row.map((value, j) => {
      const x = left + j * cell;
      const shown = value === 0 && i !== j ? '' : cellText(value);
      return (
        `<g><title>${escapeText(cellTitle(value, sum, names[i]!, names[j]!))}</title>` +
        `<rect class="${shadeOf(value, sum, i === j)}" x="${x + 1}" y="${y + 1}" width="${cell - 2}" height="${cell - 2}" rx="3"/>` +
        `<text text-anchor="middle" x="${place(x + cell / 2)}" y="${place(y + cell / 2 + 4)}"${shown.length > 4 ? ' font-size="9"' : ''}>${shown}</text></g>`
      );
    });
    return `<text class="dl-name" text-anchor="end" x="${left - 8}" y="${place(y + cell / 2 + 4)}">${short(names[i]!)}</text>${cells.join('')}`;
  });
  const size = n * cell;
  return {
    title,
    description: `${n} classes, ${formatShare(accuracyOf(matrix))} on the diagonal`,
    width: Math.max(300, left + size),
    height: top + size + 4,
    legend: [],
    content:
      `<text text-anchor="middle" x="${place(left + size / 2)}" y="12">predicted</text>` +
      `<text text-anchor="middle" transform="translate(12 ${place(top + size / 2)}) rotate(-90)">true</text>` +
      heads.join('') +
      rows.join(''),
  };
}

/**
 * A confusion matrix as an SVG file: rows are true classes, columns what the model said. Shades are shares of the row; the
 * diagonal is blue, mistakes are orange.
 *
 * @throws ShapeError for a matrix that is not square, or another number of names.
 * @example
 * const svg = confusionMatrixSVG([[8, 2], [1, 9]], { classNames: ['cat', 'dog'] });
 */
export function confusionMatrixSVG(
  matrix: Matrix,
  { classNames, title = 'Confusion matrix' }: ConfusionPictureOptions = {},
): string {
  return pictureOf(title, [drawMatrix(matrix, namesOf(matrix, classNames), title)]);
}

/**
 * A confusion matrix as a table with shaded cells: a part of a page.
 *
 * @throws ShapeError for a matrix that is not square, or another number of names.
 * @example
 * const table = confusionTable([[8, 2], [1, 9]], ['cat', 'dog']);
 */
export function confusionTable(matrix: Matrix, classNames?: readonly string[]): string {
  const names = namesOf(matrix, classNames);
  const head = names.map((name) => `<th scope="col"><span>${escapeText(name)}</span></th>`).join('');
  const rows = names.map((name, i) => {
    const row = matrix[i]!;
    const sum = total(row);
    const cells = names.map((guess, j) => {
      const value = row[j]!;
      const shown = value === 0 && i !== j ? '' : cellText(value);
      return `<td class="${shadeOf(value, sum, i === j)}" title="${escapeText(cellTitle(value, sum, name, guess))}">${shown}</td>`;
    });
    return `<tr><th scope="row">${escapeText(name)}</th>${cells.join('')}</tr>`;
  });
  return (
    `<div class="dl-scroll" tabindex="0"><table class="dl-confusion" aria-label="confusion matrix: rows are true classes, columns predictions">` +
    `<thead><tr><td class="dl-corner"></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}

/**
 * A bar for the share of each class that was recognised, best first: a part of a page.
 *
 * @throws ShapeError for a matrix that is not square, or another number of names.
 * @example
 * const bars = classBars([[8, 2], [1, 9]], ['cat', 'dog']);
 */
export function classBars(matrix: Matrix, classNames?: readonly string[]): string {
  const bars = namesOf(matrix, classNames)
    .map((name, i) => ({ name, share: matrix[i]![i]! / total(matrix[i]!), sum: total(matrix[i]!) }))
    .sort((a, b) => (b.share || 0) - (a.share || 0))
    .map(({ name, share, sum }) => {
      const width = Number.isFinite(share) ? (share * 100).toFixed(1) : '0';
      const title = escapeText(`${name}: ${formatShare(share)} of ${cellText(sum)}`);
      return (
        `<li title="${title}"><span>${escapeText(name)}</span>` +
        `<span class="dl-track"><span class="dl-bar" style="width:${width}%"></span></span>` +
        `<span class="dl-value">${formatShare(share)}</span></li>`
      );
    });
  return `<ol class="dl-bars">${bars.join('')}</ol>`;
}

/**
 * A confusion matrix as a page, or a part of one: the table, and how much of each class was recognised.
 *
 * @throws ShapeError for a matrix that is not square, or another number of names.
 * @example
 * const matrix = await confusionMatrix([0, 1, 1], [0, 1, 0]);
 * const html = confusionMatrixHTML(matrix, { classNames: ['cat', 'dog'] });
 */
export function confusionMatrixHTML(
  matrix: Matrix,
  { classNames, title = 'Confusion matrix', page }: ConfusionPictureOptions & PageOptions = {},
): string {
  const note =
    `<p class="dl-note">Rows are true classes, columns what the model said; ${formatShare(accuracyOf(matrix))} of all are right. ` +
    `Blue cells are right, orange ones are mistakes.</p>`;
  const bars = `<div><p class="dl-note">Share of each class that was recognised.</p>${classBars(matrix, classNames)}</div>`;
  return partOrPage(
    title,
    `${note}<div class="dl-columns"><div>${confusionTable(matrix, classNames)}</div>${bars}</div>`,
    page,
  );
}
