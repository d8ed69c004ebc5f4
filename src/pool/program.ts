/** The paths of the programs of workers and of other processes. Tests substitute compiled ones. */

/** @param path from the root of the package, without its extension, such as `workers/probe` */
export const programAt = (path: string): URL => new URL(`../../${path}.js`, import.meta.url);
