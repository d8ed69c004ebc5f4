/** A request that runs, as it stands at this moment. It is made when a page or a command asks, and costs the request nothing. */
import type { Millis } from '../../events/fact.ts';
import type { RequestId } from '../../events/ids.ts';
import type { Incoming } from './driver.ts';
import { shortName } from './request/short-name.ts';
import type { RequestRecord } from './request-record.ts';
import type { Answer } from './response/answer.ts';

/**
 * `asked`: an endpoint has it, and has said nothing. `begun`: its head is there, and no content. `streaming`: content passes. `no room`: it
 * waits for an endpoint that is full. `queued`: for one that is well. `paused`: before its first attempt, or between two.
 */
export type RunningState = 'asked' | 'begun' | 'streaming' | 'no room' | 'queued' | 'paused';

export interface RunningRequest {
  readonly request: RequestId;
  readonly startedAt: Millis;
  readonly session: string | null;
  readonly model: string | null;
  readonly path: string;
  readonly stream: boolean;
  readonly state: RunningState;
  /** Which endpoint has it now, or had it last; null: none yet. */
  readonly endpoint: string | null;
  /** With the one that runs. */
  readonly attempts: number;
  /** Of the attempt that runs, until its first content; null: there is none yet. */
  readonly ttftMs: Millis | null;
  /** Of its answer so far. */
  readonly bytes: number;
}

export interface Standing {
  readonly session: string | null;
  readonly record: RequestRecord;
  /** Of the attempt that runs. */
  readonly answer: Answer | undefined;
  /** Its place among those that wait for an endpoint that is full. */
  readonly room: object | undefined;
  /** Its item of the queue. */
  readonly item: string | null;
}

export function runningRequest({ id, startedAt, target, summary }: Incoming, standing: Standing): RunningRequest {
  const { session, record, answer } = standing;
  return {
    request: id,
    startedAt,
    session,
    model: summary.model,
    path: shortName(target.path),
    stream: summary.stream,
    state: stateOf(standing),
    endpoint: record.asked,
    attempts: record.attempts + (answer ? 1 : 0),
    ttftMs: answer?.ttftMs ?? null,
    bytes: answer?.bytes ?? 0,
  };
}

function stateOf({ answer, room, item }: Standing): RunningState {
  if (answer) {
    if (answer.answerHead === null) return 'asked';
    return answer.bytes > 0 ? 'streaming' : 'begun';
  }
  if (room) return 'no room';
  return item !== null ? 'queued' : 'paused';
}
