import { expect, it } from 'vitest';
import { wayOf } from '../../../src/commands/incidents/way.ts';

const way = (...stops: readonly string[]) =>
  stops
    .slice(1)
    .map((to, i) => ({ seq: i, at: '', from: stops[i] ?? null, to, reason: '', kind: 'failover' as const }));

it('the switches of an incident are one way, and a long one has its beginning and its end', () => {
  const shown = (...stops: readonly string[]) => wayOf({ switches: way(...stops) });
  expect(shown('office', 'relay', 'spare', 'relay', 'office')).toEqual(['office → relay → spare → relay → office']);
  expect(shown('office', 'relay', 'spare', 'relay', 'spare', 'relay', 'spare', 'office')).toEqual([
    'office → relay → spare → … → spare → office',
  ]);
});

it('switches that do not follow each other are ways of their own', () => {
  expect(wayOf({ switches: [...way('office', 'relay'), ...way('spare', 'office')] })).toEqual([
    'office → relay',
    'spare → office',
  ]);
});
