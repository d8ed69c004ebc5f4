/** The operations of the queue: show, retry, drop, clear. Bodies and answers are decrypted for `queue.answer` alone. */

import { nameOf, type QueueId, queueIdOf, streams } from '../../../events/ids.ts';
import { reason } from '../../../events/reason.ts';
import { isOver, type QueueItemState } from '../../../machines/queue-item.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import type { QueueItemRow, queueContract } from '../../contract/queue.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { queueCountsOf } from '../../history/overview.ts';
import type { Installation } from '../../installation/installation.ts';
import { factRow, queueRow } from '../../runtime/rows.ts';
import { setSettings } from '../config/operation.ts';
import type { Handlers } from '../handler.ts';
import { question } from '../history/asker.ts';

const listDefault = 50;
const queueIdLength = 12;
// The number of characters of an id's end that is accepted; shorter ones would be ambiguous.
const shortMin = 4;

/** The newest items, in the order of their age. */
export function listQueue(installation: Installation, params: Params<'queue.list'>): Answer<'queue.list'> {
  const rows = idsOf(installation, params.state).map((id) => rowOf(installation, id));
  rows.sort((a, b) => (a.enqueuedAt < b.enqueuedAt ? -1 : 1));
  return { items: rows.slice(-(params.limit ?? listDefault)) };
}

export async function showQueued(
  installation: Installation,
  params: Params<'queue.show'>,
): Promise<Answer<'queue.show'>> {
  const id = itemNamed(installation, params.id);
  const { log } = installation.core;
  await log.flush();
  const facts = [];
  for await (const some of log.readStream(streams.queue(id))) facts.push(...some.map(factRow));
  return { ...rowOf(installation, id), facts };
}

export async function queuedAnswer(
  installation: Installation,
  params: Params<'queue.answer'>,
): Promise<Answer<'queue.answer'>> {
  const id = itemNamed(installation, params.id);
  const item = installation.core.state.queue.item(id);
  if (item?.state !== 'answered' || item.answer === null) {
    throw new QccError('QCC_QUEUE_NO_ANSWER', { id, state: item?.state ?? 'cancelled' }, exitCodes.notFound);
  }
  const blobs = await installation.blobs();
  const blob = await blobs.open(item.answer);
  const body = await blob.whole();
  return { id, status: item.status ?? 0, bytes: blob.length, body: body.toString('base64') };
}

/** @throws {QccError} `QCC_QUEUE_OVER` for an item that is answered, cleared, being retried, or without a body to send */
export async function retryQueued(
  installation: Installation,
  params: Params<'queue.retry'>,
): Promise<Answer<'queue.retry'>> {
  const id = itemNamed(installation, params.id);
  if (await ask(installation, id)) return rowOf(installation, id);
  const { state } = rowOf(installation, id);
  throw new QccError('QCC_QUEUE_OVER', { id, state }, exitCodes.conflict);
}

/** All items that are dead, unknown or waiting. */
export async function retryAllQueued(installation: Installation): Promise<Answer<'queue.retryAll'>> {
  const asked = await Promise.all(idsOf(installation).map((id) => ask(installation, id)));
  return { retried: asked.filter((one) => one).length };
}

async function ask({ core }: Installation, id: QueueId): Promise<boolean> {
  const facts = await core.command({ do: 'tellQueue', id, ask: { type: 'Ask', data: { by: 'user' } } });
  return facts.length > 0;
}

/** Cancels open items, which stay visible, and forgets finished ones. In both cases the data key is destroyed. */
export async function clearQueue(
  installation: Installation,
  params: Params<'queue.clear'>,
): Promise<Answer<'queue.clear'>> {
  const ids = idsOf(installation, params.state);
  await Promise.all(ids.map((id) => remove(installation, id)));
  return { cleared: ids.length };
}

/** One item, as `clearQueue` does with all. @throws {QccError} `QCC_QUEUE_UNKNOWN`, `QCC_QUEUE_AMBIGUOUS` */
export async function dropQueued(
  installation: Installation,
  params: Params<'queue.drop'>,
): Promise<Answer<'queue.drop'>> {
  const id = itemNamed(installation, params.id);
  const { state: was, requestId } = rowOf(installation, id);
  await remove(installation, id);
  return { id, requestId, was, is: isOver(was) ? 'forgotten' : 'cancelled' };
}

async function remove(installation: Installation, id: QueueId): Promise<void> {
  const { core } = installation;
  const state = core.state.queue.item(id)?.state;
  const report = isOver(state ?? 'cancelled')
    ? ({ type: 'QueuedRequestForgotten', data: { because: 'cleared' } } as const)
    : ({ type: 'QueuedRequestCancelled', data: { because: reason('cleared') } } as const);
  await core.command({ do: 'tellQueue', id, ask: report });
  const blobs = await installation.blobs();
  await blobs.destroy(id);
}

/** Sets the given values, all or nothing, and returns the resulting queue settings. */
export async function configQueue(
  installation: Installation,
  params: Params<'queue.config'>,
): Promise<Answer<'queue.config'>> {
  await setSettings(
    installation,
    Object.entries(params).map(([key, value]) => [`queue.${key}`, String(value)] as const),
  );
  const settings = Object.entries(installation.settings()).filter(([key]) => key.startsWith('queue.'));
  return { settings: Object.fromEntries(settings) };
}

function idsOf({ core: { state } }: Installation, wanted?: QueueItemState): QueueId[] {
  return [...state.queue.snapshots()]
    .filter(([, { value }]) => wanted === undefined || value === wanted)
    .map(([id]) => id);
}

function rowOf({ core: { state } }: Installation, id: QueueId): QueueItemRow {
  return queueRow(id, state.queue.item(id));
}

/** By a unique beginning of its id. */
function itemNamed(installation: Installation, given: string): QueueId {
  // The history shows the stream's name.
  const said = /^(queue|request)\//.test(given) ? nameOf(given) : given;
  const text = said.replace(/^(…|\.\.\.)/, '').toLowerCase();
  // The whole id of a request ends with the id of its item.
  const name = text.length > queueIdLength ? queueIdOf(text) : text;
  const all = idsOf(installation);
  const begun = all.filter((id) => name !== '' && id.startsWith(name));
  // The history prints the end of a request's id.
  const found = begun.length > 0 || name.length < shortMin ? begun : all.filter((id) => id.endsWith(name));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) {
    throw new QccError(
      'QCC_QUEUE_AMBIGUOUS',
      { id: given, count: found.length, list: found.slice(0, 8).join(', ') },
      exitCodes.usage,
    );
  }
  throw new QccError('QCC_QUEUE_UNKNOWN', { id: given }, exitCodes.notFound);
}

const queueThen = question('queue.list');

export const queueHandlers: Handlers<typeof queueContract> = {
  'queue.status': ({ core, settings }) => queueCountsOf(core.state, settings()),
  'queue.list': (it, params, live) =>
    params.moment === undefined ? listQueue(it, params) : queueThen(it, params, live),
  'queue.show': showQueued,
  'queue.answer': queuedAnswer,
  'queue.retry': retryQueued,
  'queue.drop': dropQueued,
  'queue.retryAll': retryAllQueued,
  'queue.clear': clearQueue,
  'queue.config': configQueue,
};
