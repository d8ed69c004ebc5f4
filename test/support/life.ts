/** Machines as they live: each report is decided on and folded, and timers elapse when time passes. */
import type { EndpointFact, EndpointReport } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { PriorityFact } from '../../events/priority.ts';
import { type EndpointSnapshot, endpointChart, hearsayDueAt, timerOf } from '../../machines/endpoint.ts';
import { decideEndpoint } from '../../machines/endpoint-decisions.ts';
import type { EndpointPolicy, Recent } from '../../machines/endpoint-policy.ts';
import { fold, initialOf } from '../../machines/fold.ts';
import { type PrioritySnapshot, priorityChart, timerOfPriority } from '../../machines/priority.ts';
import {
  decidePriority,
  type LadderLook,
  type PriorityAsk,
  type PriorityPolicy,
} from '../../machines/priority-policy.ts';
import { endpointPolicy, priorityPolicy, quiet, start } from './given.ts';

export interface Dated<F> {
  readonly at: Millis;
  readonly fact: F;
}

// A timer that arms itself anew without end would hang a test; none fires so often in the spans that are tested.
const timersMax = 10_000;

export class EndpointLife {
  now = start;
  dice = 0.5;
  recent: Recent = quiet;
  policy: EndpointPolicy = endpointPolicy;
  snapshot: EndpointSnapshot = initialOf(endpointChart);
  readonly history: Dated<EndpointFact>[] = [];

  tell(report: EndpointReport): readonly EndpointFact[] {
    const moment = { now: this.now, dice: this.dice };
    const facts = decideEndpoint(this.snapshot, report, moment, this.policy, this.recent);
    for (const fact of facts) {
      this.snapshot = fold(endpointChart, this.snapshot, { ...fact, at: this.now });
      this.history.push({ at: this.now, fact });
    }
    return facts;
  }

  pass(ms: Millis): readonly Dated<EndpointFact>[] {
    const before = this.history.length;
    const until = this.now + ms;
    for (let fired = 0; fired < timersMax; fired++) {
      const timer = timerOf(this.snapshot);
      const heard = hearsayDueAt(this.snapshot);
      if (heard !== null && heard <= Math.min(until, timer?.dueAt ?? until)) {
        this.now = Math.max(this.now, heard);
        this.tell({ type: 'HearsayExpired', data: { before: this.now } });
        continue;
      }
      if (!timer || timer.dueAt > until) break;
      this.now = Math.max(this.now, timer.dueAt);
      this.tell({ type: 'TimerElapsed', data: { name: timer.name, gen: timer.gen } });
    }
    this.now = until;
    return this.history.slice(before);
  }
}

export class LadderLife {
  now = start;
  look: LadderLook = { profiles: [] };
  policy: PriorityPolicy = priorityPolicy;
  snapshot: PrioritySnapshot = initialOf(priorityChart);
  readonly history: Dated<PriorityFact>[] = [];

  ask(ask: PriorityAsk): readonly PriorityFact[] {
    const facts = decidePriority(this.snapshot, ask, this.look, { now: this.now, dice: 0.5 }, this.policy);
    for (const fact of facts) {
      this.snapshot = fold(priorityChart, this.snapshot, { ...fact, at: this.now });
      this.history.push({ at: this.now, fact });
    }
    return facts;
  }

  pass(ms: Millis): readonly Dated<PriorityFact>[] {
    const before = this.history.length;
    const until = this.now + ms;
    for (let fired = 0; fired < timersMax; fired++) {
      const timer = timerOfPriority(this.snapshot);
      if (!timer || timer.dueAt > until) break;
      this.now = Math.max(this.now, timer.dueAt);
      this.ask({ type: 'TimerElapsed', name: timer.name, gen: timer.gen });
    }
    this.now = until;
    return this.history.slice(before);
  }
}
