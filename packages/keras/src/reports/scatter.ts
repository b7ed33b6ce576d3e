/**
 * Scatter plots of embeddings.
 */
import { ShapeError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { figureOf, partOrPage, pictureOf, type Drawing, type PageOptions, type PictureOptions } from './drawing.ts';
import type { Points } from './points.ts';
import { axesOf, placesIn, roundAxis, type Frame } from './scale.ts';
import { COLOURS } from './style.ts';
import { detailsTable, escapeText, formatMeasure, place } from './text.ts';

/** Options of scatter plots. */
export interface ScatterOptions extends PictureOptions {
  /** A text for each point, which the pointer shows; the number of the point unless given. */
  readonly labels?: readonly string[] | undefined;
  /** The group of each point, such as its class: a number or a name. Groups have colours. */
  readonly groups?: ArrayLike<number | string> | undefined;
  /** Names of groups that are numbers. */
  readonly groupNames?: readonly string[] | undefined;
}

const FRAME: Frame = { width: 440, height: 360, left: 42, right: 12, top: 10, bottom: 28 };

interface Group {
  readonly name: string;
  readonly places: readonly number[];
}

function groupsOf(points: Points, { groups, groupNames }: ScatterOptions): readonly Group[] {
  if (groups === undefined) return [{ name: '', places: points.map((_, i) => i) }];
  if (groups.length !== points.length) {
    throw new ShapeError(`scatter: ${points.length} points, but ${groups.length} groups`);
  }
  const found = new Map<number | string, number[]>();
  for (let i = 0; i < points.length; i++) found.set(groups[i]!, [...(found.get(groups[i]!) ?? []), i]);
  return [...found]
    .sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))))
    .map(([key, places]) => ({
      name: (typeof key === 'number' ? groupNames?.[key] : undefined) ?? String(key),
      places,
    }));
}

/** Radius of a point: smaller where there are many. */
const radiusFor = (count: number): number => Math.max(1.6, Math.min(4.5, 50 / Math.sqrt(count + 1)));

function drawScatter(
  points: Points,
  options: ScatterOptions,
  title: string,
): { drawing: Drawing; groups: readonly Group[] } {
  const wrong = points.findIndex((point) => point.length < 2 || !point.slice(0, 2).every(Number.isFinite));
  if (points.length === 0 || wrong >= 0) {
    throw new ShapeError(
      `scatter: expected points [x, y] of finite numbers, got ${points.length === 0 ? 'none' : `${describe(points[wrong])} at [${wrong}]`}`,
    );
  }
  const { labels } = options;
  if (labels !== undefined && labels.length !== points.length) {
    throw new ShapeError(`scatter: ${points.length} points, but ${labels.length} labels`);
  }
  const groups = groupsOf(points, options);
  const ends = (axis: 0 | 1): readonly [number, number] => {
    const values = points.map((point) => point[axis]!);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  };
  const [across, up] = [roundAxis(...ends(0)), roundAxis(...ends(1))];
  const { x, y } = placesIn(FRAME, across, up);
  const radius = place(radiusFor(points.length));
  const parts = groups.map(({ name, places }, g) => {
    const circles = places.map((i) => {
      const [a, b] = points[i] as readonly [number, number];
      const text = `${labels?.[i] ?? `point ${i}`}${name === '' ? '' : `\n${name}`}`;
      return `<circle class="dl-point" r="${radius}" cx="${place(x(a))}" cy="${place(y(b))}"><title>${escapeText(text)}</title></circle>`;
    });
    return `<g class="dl-c${g % COLOURS}">${circles.join('')}</g>`;
  });
  const named = groups.filter(({ name }) => name !== '');
  const list = named.map(({ name, places }) => `${name} (${places.length})`).join(', ');
  const drawing: Drawing = {
    title,
    description: `${points.length} points${named.length === 0 ? '' : ` in ${named.length} groups: ${list}`}`,
    width: FRAME.width,
    height: FRAME.height,
    legend: named.map(({ name }, g) => ({ label: name, colour: g % COLOURS })),
    points: true,
    content: `${axesOf(FRAME, across, up)}${parts.join('')}`,
  };
  return { drawing, groups };
}

/**
 * Points of the plane as an SVG file, such as those of {@link pca} or {@link tsne}; further coordinates are left out.
 *
 * @throws ShapeError for points that are none, or another number of labels or groups.
 * @example
 * const svg = scatterSVG([[0, 1], [2, 3]], { groups: [0, 1], groupNames: ['cat', 'dog'], labels: ['Tom', 'Rex'] });
 */
export function scatterSVG(points: Points, options: ScatterOptions = {}): string {
  const { title = 'Embedding' } = options;
  return pictureOf(title, [drawScatter(points, options, title).drawing]);
}

/**
 * Points of the plane as a page, or a part of one, with a table of the groups.
 *
 * @throws ShapeError for points that are none, or another number of labels or groups.
 * @example
 * const html = scatterHTML([[0, 1], [2, 3]], { groups: ['cat', 'dog'], title: 'Two animals' });
 */
export function scatterHTML(points: Points, options: ScatterOptions & PageOptions = {}): string {
  const { title = 'Embedding', page } = options;
  const { drawing, groups } = drawScatter(points, options, title);
  const middle = (places: readonly number[], axis: 0 | 1): string =>
    formatMeasure(places.reduce((all, i) => all + points[i]![axis]!, 0) / places.length);
  const table = detailsTable(
    'Numbers of each group',
    ['group', 'points', 'mean x', 'mean y'],
    groups.map(({ name, places }) => [
      name === '' ? 'all' : name,
      `${places.length}`,
      middle(places, 0),
      middle(places, 1),
    ]),
  );
  return partOrPage(title, `<div class="dl-one">${figureOf(drawing, page !== false)}</div>${table}`, page);
}
