/** The demo. */
import type { LadderReason } from '../../../events/reason.ts';
import { held } from './ladder.ts';
import { sayWhy } from './reasons.ts';

export const demoLines = {
  title: 'qcc demo: a day of faults in a few seconds',
  setting: (url: string) => `a real gateway on ${url}, and three simulated endpoints: office, then relay, then spare`,
  calm: 'A calm morning',
  calmIs: 'everything is well: office answers',
  overload: 'office is overloaded',
  overloadIs: 'it says 529 to everybody',
  cut: 'office breaks off in the middle of an answer',
  cutIs: 'the client gets a cut connection and asks again, as Claude Code does',
  refusedKey: 'office refuses its key',
  refusedKeyIs: 'it says 401 until the key is replaced',
  slow: 'office falls silent',
  slowIs: 'it takes requests and does not answer',
  heldBack: 'office has spent its balance, right after a switch',
  heldBackIs: 'the next switch waits for the cooldown; no request does',
  allOut: 'All three are out',
  allOutIs: 'nobody listens any more; then relay comes back',
  back: 'The evening',
  backIs: 'all are well again: the gateway goes back to office by itself',
  answered: 'answered',
  answeredAgain: 'asked again, and answered',
  answeredElsewhere: 'answered; the client noticed nothing',
  cutOff: 'the connection was cut in the middle',
  refused: (seconds: number) => `503, retry-after ${seconds}: the client waits, and asks again`,
  failed: (what: string) => `failed: ${what}`,
  attemptFailed: (what: string) => what,
  paused: (seconds: string) => `paused for ${seconds} s`,
  degraded: 'degraded: still in use, and watched',
  out: (seconds: string) => `out, a trial in ${seconds} s`,
  held: 'out until its key changes',
  recovering: 'recovering: on trial',
  recovered: 'healthy again',
  keyChanged: 'has a new key',
  probed: (ms: number) => `a probe has found it well (${ms} ms)`,
  failedOver: (from: string, to: string, why: LadderReason | string) =>
    `active profile: ${from} → ${to} (failover): ${sayWhy(why)}`,
  switchHeld: (wanted: string, why: string, seconds: string) =>
    `the switch to ${wanted} is held back: ${held(why)}, ${seconds} s more`,
  movedBack: (from: string, to: string, why: LadderReason | string) =>
    `active profile: ${from} → ${to} (recovery): ${sayWhy(why)}`,
  nobody: 'no endpoint is usable',
  someone: 'back in service',
  keyReplaced: 'you: qcc endpoint update office … --api-key-stdin',
  billPaid: 'you: pay, then qcc health check',
  summary: 'Summary',
  requests: 'requests of the client',
  turns: (answered: number, all: number) => `${answered} of ${all} turns answered`,
  saved: 'moved to another endpoint, unnoticed',
  cuts: 'cut, and asked again',
  refusals: '503 while all were out',
  switches: 'switches of the active profile',
  allAnswered: 'Every turn was answered.',
  someLost: 'A turn was lost that should not have been.',
  again: 'Once more; Ctrl-C ends it.',
};

export type DemoWords = typeof demoLines;
