/**
 * Drawings: the inside of a picture with what is said about it, as an SVG file, as a figure of a page, and as a page.
 */
import { pageStyle, pictureStyle } from './style.ts';
import { escapeText, place } from './text.ts';

/** One entry of a legend. */
export interface LegendEntry {
  readonly label: string;
  /** Number of the colour. */
  readonly colour: number;
}

/** What is drawn, in pixels of a coordinate system of its own. */
export interface Drawing {
  readonly title: string;
  /** What the picture says, for those who do not see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly legend: readonly LegendEntry[];
  /** Whether the legend has points instead of lines. */
  readonly points?: boolean;
  readonly content: string;
}

/** Options of pictures. */
export interface PictureOptions {
  /** Headline; says what is shown unless given. */
  readonly title?: string | undefined;
}

/** Options of pages. */
export interface PageOptions extends PictureOptions {
  /**
   * Whether a whole page is made; true unless given. Otherwise it is a part for a page of your own, whose style sheet must
   * contain `reportStyle`.
   */
  readonly page?: boolean | undefined;
}

const GAP = 24;
const MARGIN = 16;
const LINE = 20;
/** A guess at the width of a letter; pictures are drawn without knowing the font. */
const LETTER = 6.6;

/** The title and the legend above a drawing, for pictures that stand alone. */
function header({ title, legend, width, points }: Drawing): { readonly content: string; readonly height: number } {
  let [x, y] = [0, 16 + LINE];
  const entries = legend.map(({ label, colour }) => {
    const size = 24 + label.length * LETTER;
    if (x > 0 && x + size > width) [x, y] = [0, y + LINE];
    const mark = points
      ? `<circle class="dl-mark" cx="${place(x + 8)}" cy="${y - 4}" r="5"/>`
      : `<rect class="dl-mark" x="${place(x)}" y="${y - 6}" width="16" height="3" rx="1.5"/>`;
    const entry = `<g class="dl-c${colour}">${mark}<text x="${place(x + 22)}" y="${y}">${escapeText(label)}</text></g>`;
    x += size + 14;
    return entry;
  });
  const most = Math.floor(width / 8.2);
  const short = title.length > most ? `${title.slice(0, most - 1)}…` : title;
  return {
    content: `<text class="dl-title" x="0" y="16">${escapeText(short)}</text>${entries.join('')}`,
    height: entries.length === 0 ? 26 : y + 8,
  };
}

/** An SVG file of drawings in columns. It needs nothing else, and follows the reader's colour scheme. */
export function pictureOf(title: string, drawings: readonly Drawing[], columns = 1): string {
  const cells = drawings.map((drawing) => ({ drawing, head: header(drawing) }));
  const across = Math.max(1, Math.min(columns, cells.length));
  const widest = Math.max(0, ...cells.map(({ drawing }) => drawing.width));
  let y = MARGIN;
  const rows: string[] = [];
  for (let i = 0; i < cells.length; i += across) {
    const row = cells.slice(i, i + across);
    const heads = Math.max(...row.map(({ head }) => head.height));
    row.forEach(({ drawing, head }, k) => {
      const x = MARGIN + k * (widest + GAP);
      rows.push(
        `<g transform="translate(${x} ${y})">${head.content}</g>` +
          `<g transform="translate(${x} ${place(y + heads)})">${drawing.content}</g>`,
      );
    });
    y += heads + Math.max(...row.map(({ drawing }) => drawing.height)) + GAP;
  }
  const width = 2 * MARGIN + across * widest + (across - 1) * GAP;
  const height = Math.ceil(y - GAP + MARGIN);
  const text = escapeText([title, ...drawings.map(({ description }) => description)].join('. '));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="dl-report dl-svg" role="img" aria-label="${text}" ` +
    `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto">` +
    `<title>${escapeText(title)}</title><style>${pictureStyle}</style>` +
    `<rect class="dl-back" width="${width}" height="${height}" rx="12"/>${rows.join('')}</svg>\n`
  );
}

/** A drawing as a figure of a page; `headed` says that its title stands above it already. */
export function figureOf(drawing: Drawing, headed = false): string {
  const { title, description, width, height, legend, content, points } = drawing;
  const keys = legend.map(({ label, colour }) => `<span class="dl-key dl-c${colour}">${escapeText(label)}</span>`);
  const list =
    keys.length === 0 ? '' : `<span class="${points ? 'dl-legend dl-round' : 'dl-legend'}">${keys.join('')}</span>`;
  const head = headed ? '' : `<b>${escapeText(title)}</b>`;
  return (
    `<figure class="dl-chart"><figcaption>${head}${list}</figcaption>` +
    `<svg class="dl-svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(`${title}: ${description}`)}">` +
    `${content}</svg></figure>`
  );
}

/** One part of a page. */
export interface Section {
  readonly title?: string | undefined;
  /** A sentence under the title. */
  readonly note?: string | undefined;
  /** HTML, such as functions of this module give with `page: false`. */
  readonly html: string;
}

/**
 * A whole page of several parts. It loads nothing from anywhere and needs no script.
 *
 * @example
 * const part = { title: 'Training', html: historyHTML({ loss: [0.5, 0.3] }, { page: false }) };
 * const page = reportPage('My model', [part]);
 */
export function reportPage(title: string, sections: readonly Section[]): string {
  const parts = sections.map(({ title: head, note, html }) => {
    const heading = head === undefined ? '' : `<h2>${escapeText(head)}</h2>`;
    const text = note === undefined ? '' : `<p class="dl-note">${escapeText(note)}</p>`;
    return `<section>${heading}${text}${html}</section>`;
  });
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"/><title>${escapeText(title)}</title>\n` +
    `<style>${pageStyle}</style></head>\n<body class="dl-report"><main><h1>${escapeText(title)}</h1>\n` +
    `${parts.join('\n')}\n</main></body></html>\n`
  );
}

/** A part of a page, or a page of it alone. */
export function partOrPage(title: string, html: string, page = true): string {
  const part = `<div class="dl-report">${html}</div>`;
  return page ? reportPage(title, [{ html: part }]) : part;
}
