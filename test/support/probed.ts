/** Results of probes, as a worker would bring them. */
import { reason } from '../../events/reason.ts';
import type { ProbeResult } from '../../workers/probe.ts';

export const good: ProbeResult = {
  depth: 'conversation',
  verdict: 'success',
  failure: null,
  status: 200,
  connected: true,
  dialError: null,
  responseMs: 120,
  ttftMs: 80,
  score: 99,
  valid: true,
  model: 'claude-x',
  tokens: 31,
  error: null,
};
const undialled: ProbeResult = {
  ...good,
  verdict: 'failure',
  failure: 'unreachable',
  status: null,
  connected: false,
  valid: false,
  error: reason('noConnection', { code: 'ECONNREFUSED' }),
};
export const noNetwork: ProbeResult = { ...undialled, dialError: 'ENETUNREACH' };
export const refused: ProbeResult = { ...undialled, dialError: 'ECONNREFUSED' };
export const noProxy: ProbeResult = { ...undialled, failure: null, dialError: 'EPROXY' };
export const noKey: ProbeResult = { ...undialled, failure: 'credential', verdict: 'invalid_key' };
