// Numbers as people read them.

/** A count with thin spaces between thousands. */
export const count = (value: number): string => `${Math.round(value)}`.replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** Seconds as "8.4 s" or "2 min 5 s". */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
};
