/**
 * Text for pictures and pages: escaping, and numbers as people read them.
 */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text made safe for the content of elements and for values of attributes, in HTML and SVG.
 *
 * @example escapeText('a < b'); // 'a &lt; b'
 */
export const escapeText = (text: string): string =>
  // Control characters are not allowed in XML at all.
  // oxlint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd').replace(/[&<>"']/g, (c) => ENTITIES[c]!);

/**
 * A share as a percentage with one decimal; '–' when it is not a number.
 *
 * @example formatShare(0.1234); // '12.3 %'
 */
export const formatShare = (share: number): string => (Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '–');

/**
 * A measured value with about four digits; '–' when it is not finite.
 *
 * @example formatMeasure(0.12345); // '0.1235'
 */
export const formatMeasure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e6) return value.toExponential(2);
  if (size >= 100) return value.toFixed(1);
  return size >= 0.001 || size === 0 ? value.toFixed(4) : value.toExponential(2);
};

/** A number at an axis: no more digits than it needs. */
export const formatTick = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential().replace('e+', 'e');
  return `${Number(value.toPrecision(6))}`;
};

/** A coordinate of a picture. */
export const place = (value: number): string => `${Number(value.toFixed(1))}`;

/** A table of numbers behind a line that opens it. */
export function detailsTable(
  summary: string,
  columns: readonly string[],
  rows: readonly (readonly [string, ...string[]])[],
): string {
  const head = columns.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('');
  const body = rows.map(
    ([first, ...rest]) =>
      `<tr><th scope="row">${escapeText(first)}</th>${rest.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`,
  );
  return (
    `<details><summary>${escapeText(summary)}</summary><div class="dl-scroll" tabindex="0"><table class="dl-numbers">` +
    `<thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div></details>`
  );
}
