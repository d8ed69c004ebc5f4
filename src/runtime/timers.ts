/** The machines' timers, as the state has them: when one is due, and which have elapsed. */
import type { Millis } from '../../events/fact.ts';
import { hearsayDueAt, timerOf } from '../../machines/endpoint.ts';
import { timerOfPriority } from '../../machines/priority.ts';
import { timerOfItem } from '../../machines/queue-item.ts';
import type { Command } from './command.ts';
import type { State } from './state.ts';

/** Null while no machine waits for an instant. */
export function nextDueAt({ priority, endpoints, queue }: State): Millis | null {
  let earliest = timerOfPriority(priority)?.dueAt ?? Number.POSITIVE_INFINITY;
  for (const endpoint of endpoints.values())
    earliest = Math.min(
      earliest,
      timerOf(endpoint)?.dueAt ?? Number.POSITIVE_INFINITY,
      hearsayDueAt(endpoint) ?? Number.POSITIVE_INFINITY,
    );
  earliest = Math.min(earliest, queue.nextDueAt());
  return earliest === Number.POSITIVE_INFINITY ? null : earliest;
}

/** One after the other, because an endpoint's timer may cause what the ladder's timer waits for. */
export function* elapsed(state: State, now: Millis): Iterable<Command> {
  for (const [id, endpoint] of [...state.endpoints]) {
    const heard = hearsayDueAt(endpoint);
    if (heard !== null && heard <= now)
      yield { do: 'tellEndpoint', id, report: { type: 'HearsayExpired', data: { before: now } } };
    const timer = timerOf(endpoint);
    if (!timer || timer.dueAt > now) continue;
    const { name, gen } = timer;
    yield { do: 'tellEndpoint', id, report: { type: 'TimerElapsed', data: { name, gen } } };
  }
  for (const [id, item] of [...state.queue.snapshots()]) {
    const timer = timerOfItem(item);
    if (!timer || timer.dueAt > now) continue;
    const { name, gen } = timer;
    yield { do: 'tellQueue', id, ask: { type: 'TimerElapsed', data: { name, gen } } };
  }
  const timer = timerOfPriority(state.priority);
  if (timer && timer.dueAt <= now)
    yield { do: 'tellPriority', ask: { type: 'TimerElapsed', name: timer.name, gen: timer.gen } };
}
