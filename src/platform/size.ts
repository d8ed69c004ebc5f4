/** Sizes as they are printed. */

const units = ['B', 'kB', 'MB', 'GB'] as const;
const step = 1_000;

/** `512 B`, `1.4 MB`: in powers of a thousand. */
export function sized(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= step && unit < units.length - 1; unit++) value /= step;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
