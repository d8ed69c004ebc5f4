/** Where the programs of workers and of other processes lie. The tests put compiled ones in their place. */

/** @param path from the root of the package, without its ending, such as `workers/probe` */
export const programAt = (path: string): URL => new URL(`../../${path}.js`, import.meta.url);
