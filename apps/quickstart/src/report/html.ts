// Text for HTML: escaping and numbers as people read them.

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for element content and attribute values. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

/** A share as a percentage with one decimal; '–' when it is not a number. */
export const percent = (share: number): string => (Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '–');

/** A count with thin spaces between thousands. */
export const count = (value: number): string => `${Math.round(value)}`.replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** A measured value with about four digits. */
export const measure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(1);
  return size >= 0.001 || size === 0 ? value.toFixed(4) : value.toExponential(2);
};

/** Seconds as "8.4 s" or "2 min 5 s". */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
};
