import { expect, it } from 'vitest';
import { decidedText } from '../../src/messages/decided.ts';

const unasked = {
  outcome: 'failed',
  endpoint: null,
  name: null,
  because: null,
  reason: 'exhausted',
  failed: [],
  profile: null,
} as const;
const out = [
  { endpoint: '1', name: 'office/office', failure: 'unreachable' },
  { endpoint: '2', name: 'relay/relay', failure: 'overloaded' },
  { endpoint: '3', name: 'spare/spare', failure: 'overloaded' },
];

it('of a request for which no endpoint was asked, the first sentence says why: what was wrong with each', () => {
  expect(decidedText(unasked, 'en', out)).toMatch(
    /no endpoint was asked: .*; out at that time: cannot be reached \(office\/office\); overloaded \(relay\/relay, spare\/spare\)\.$/,
  );
  expect(decidedText(unasked, 'zh-CN', out)).toMatch(/当时不可用：.*office\/office.*relay\/relay, spare\/spare/);
});

it('of a request whose endpoints were asked, it says what they answered, and not who was out', () => {
  const failed = [{ endpoint: '2', name: 'relay/relay', failure: 'overloaded' }];
  expect(decidedText({ ...unasked, failed }, 'en', out)).not.toContain('office');
});
