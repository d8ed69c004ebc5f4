/** What this gateway is called in its fleet. */
import { hostname } from 'node:os';

const nameMax = 32;

/** A name of this machine may have letters that a subject of the engine has not. */
export function fleetName(given: string): string {
  if (given !== '') return given;
  const name = hostname()
    .toLowerCase()
    .split('.')[0]
    ?.replaceAll(/[^a-z0-9_-]/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return name?.slice(0, nameMax) || 'gateway';
}
