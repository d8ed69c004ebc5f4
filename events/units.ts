/** The units that spans and sizes are given in. */

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export const KiB = 1_024;
export const MiB = 1_024 * KiB;
