import { expect, it } from 'vitest';
import { upcast, versionOf } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';

const fact = (type: string, v: number, data: object): Recorded => ({
  seq: 1,
  at: 1,
  stream: 'endpoint/1',
  version: 1,
  id: 'x',
  type,
  v,
  data,
  cause: null,
  by: 'traffic',
});

it('a fact of an older version is read in today’s form, with nothing added', () => {
  expect(upcast(fact('EndpointDegraded', 1, { because: 'slow' }))).toMatchObject({
    v: versionOf('EndpointDegraded'),
    data: { because: 'slow', until: null },
  });
});

it('a fact of today’s version is unchanged, and one of a newer version is refused', () => {
  const today = fact('EndpointDegraded', versionOf('EndpointDegraded'), { because: 'slow', until: 7 });
  expect(upcast(today)).toBe(today);
  expect(() => upcast(fact('EndpointRecovered', 2, {}))).toThrow('was written by a newer qcc');
});
