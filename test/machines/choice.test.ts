/** Which endpoint may come first, as far as rules decide and chance does not. */
import { describe, expect, it } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import { isOpen, mayBeFirst } from '../../machines/choice.ts';
import type { Candidate } from '../../machines/route.ts';

function candidate(id: string, because: Candidate['because'], priority = 1, profile = 'main'): Candidate {
  return { endpoint: { id, priority, profile } as unknown as Candidate['endpoint'], because };
}

const first = (candidates: readonly Candidate[]) =>
  candidates.map(({ endpoint }) => endpoint.id).filter((id) => mayBeFirst(candidates, id));

describe('the possible first choices', () => {
  it('are all candidates drawn by weight, and none after them', () => {
    const drawn = [candidate('a', 'weighted'), candidate('b', 'weighted'), candidate('c', 'weighted', 2)];
    expect(first(drawn)).toEqual(['a', 'b']);
    expect(isOpen(drawn)).toBe(true);
    expect(isOpen([candidate('a', 'weighted'), candidate('c', 'weighted', 2)])).toBe(false);
  });

  it('are the first alone when the order is strict, or the session is bound there', () => {
    for (const because of ['failover', 'sticky', 'lastResort'] as const) {
      expect(first([candidate('a', because), candidate('b', because)])).toEqual(['a']);
      expect(isOpen([candidate('a', because), candidate('b', because)])).toBe(false);
    }
  });

  it('are a half-open candidate whose turn it is, or those that follow when it is not chosen', () => {
    const candidates = [
      candidate('a', 'trial'),
      candidate('b', 'ramp'),
      candidate('c', 'failover'),
      candidate('d', 'failover'),
    ];
    expect(first(candidates)).toEqual(['a', 'b', 'c']);
    expect(isOpen(candidates)).toBe(true);
  });

  it('include no endpoint that is not a candidate', () => {
    expect(mayBeFirst([candidate('a', 'weighted')], 'b' as EndpointId)).toBe(false);
    expect(mayBeFirst([], 'a' as EndpointId)).toBe(false);
    expect(isOpen([])).toBe(false);
  });
});
