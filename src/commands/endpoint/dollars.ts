/** A sum of money. Below a cent, more decimals are needed for significant digits. */
export const dollars = (value: number) => `$${value.toFixed(value > 0 && value < 0.01 ? 6 : 2)}`;
