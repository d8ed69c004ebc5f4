/** `qcc queue status, list, show, retry, retry-all, drop, clear, config`. */

import { secondMs } from '../../../events/units.ts';
import type { QueueItemState } from '../../../machines/queue-item.ts';
import type { Params } from '../../contract/operations.ts';
import type { QueueItemRow } from '../../contract/queue.ts';
import { usage } from '../../errors/qcc-error.ts';
import { codeText } from '../../messages/codes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { spanMs } from '../../messages/times.ts';
import { shortSpan } from '../../platform/time.ts';
import { tellChange, tellSettings } from '../changed.ts';
import {
  type Context,
  chosenFlag,
  confirmed,
  flag,
  isOn,
  numberFlag,
  wholeFlag,
  withInstallation,
} from '../context.ts';
import { Teller } from '../fact-lines.ts';
import { namesOf } from '../names.ts';

/** Not imported from the machine: help and usage errors load no code of the gateway. */
const states: readonly QueueItemState[] = ['waiting', 'retrying', 'answered', 'dead', 'unknown', 'cancelled'];
/** States that may still lead to an answer, or that need a decision. */
const open: readonly QueueItemState[] = ['waiting', 'retrying', 'unknown'];

const colours = {
  waiting: 'yellow',
  retrying: 'cyan',
  answered: 'green',
  dead: 'red',
  unknown: 'magenta',
  cancelled: 'dim',
} as const;

export async function status(context: Context): Promise<undefined> {
  const { out, words, language, json } = context;
  const answer = await withInstallation(context, ({ call }) => call('queue.status', {}));
  if (json) return void out.json(answer);
  if (!answer.enabled) out.note(words.queueIsOff);
  if (answer.size === 0) out.note(words.queueIsEmpty);
  const oldest = answer.oldestAt === null ? '-' : shortSpan(Date.now() - Date.parse(answer.oldestAt));
  out.table(
    [...states.map((state) => codeText('states', state, language)), words.bytes, words.oldest],
    [[...states.map((state) => String(answer[state])), String(answer.bytes), oldest]],
  );
  out.line('');
  const totals = Object.entries(answer.totals);
  out.table(
    totals.map(([name]) => codeText('queueTotals', name, language)),
    [totals.map(([, count]) => String(count))],
  );
  return undefined;
}

export async function list(context: Context): Promise<undefined> {
  const { out, words, json } = context;
  const limit = wholeFlag(context, 'limit');
  const answer = await withInstallation(context, ({ call }) =>
    call('queue.list', { ...stateOf(context), ...(limit === undefined ? {} : { limit }) }),
  );
  if (json) return void out.json(answer);
  if (answer.items.length === 0) return void out.note(words.queueIsEmpty);
  table(context, answer.items);
  return undefined;
}

function table({ out, words, language }: Context, rows: readonly QueueItemRow[]): void {
  const heads = [
    words.id,
    words.state,
    words.priority,
    words.enqueued,
    words.retries,
    words.nextRetry,
    words.bytes,
    words.model,
    words.why,
  ];
  out.table(
    heads,
    rows.map((row) => [
      row.id,
      out.paint(colours[row.state], codeText('states', row.state, language)),
      codeText('priorities', row.priority, language),
      shortSpan(Date.now() - Date.parse(row.enqueuedAt)),
      `${row.attempts}/${row.maxAttempts}`,
      row.nextRetryAt === null ? '-' : shortSpan(Math.max(0, Date.parse(row.nextRetryAt) - Date.now())),
      String(row.bytes),
      row.model ?? '-',
      reasonText(row.reason, language),
    ]),
    {
      optional: [words.bytes, words.priority, words.model, words.enqueued, words.retries, words.nextRetry],
      wrapsLast: true,
    },
  );
}

export async function show(context: Context): Promise<undefined> {
  const { out, json } = context;
  const [id = ''] = context.positionals;
  if (isOn(context, 'answer')) return answerOf(context, id);
  const { item, names } = await withInstallation(context, async ({ call }) => ({
    item: await call('queue.show', { id }),
    names: await namesOf(call),
  }));
  if (json) return void out.json(item);
  table(context, [item]);
  out.line('');
  const teller = new Teller(context, names);
  for (const fact of item.facts) teller.tell(fact);
  teller.flush();
  return undefined;
}

/** The raw bytes, for a file or another program; in JSON, as text. */
async function answerOf({ out, json, ...rest }: Context, id: string): Promise<undefined> {
  const { body, ...told } = await withInstallation({ out, json, ...rest }, ({ call }) => call('queue.answer', { id }));
  const bytes = Buffer.from(body, 'base64');
  if (json) out.json({ ...told, answer: bytes.toString('utf8') });
  else out.bytes(bytes);
  return undefined;
}

export async function retry(context: Context): Promise<undefined> {
  const [id = ''] = context.positionals;
  const item = await withInstallation(context, ({ call }) => call('queue.retry', { id }));
  return tellChange(context, {
    json: item,
    data: () => table(context, [item]),
    now: (said) => said.itemRetried(item.id, item.state),
    next: (said) => [said.see, `qcc queue show ${item.id}`],
  });
}

export async function retryAll(context: Context): Promise<undefined> {
  const answer = await withInstallation(context, ({ call }) => call('queue.retryAll', {}));
  return tellChange(context, {
    json: answer,
    data: () => context.out.done(context.words.retried(answer.retried)),
    now: (said) => said.queueRetried(answer.retried),
    next: (said) => [said.see, 'qcc queue list'],
  });
}

export async function drop(context: Context): Promise<undefined> {
  const [given = ''] = context.positionals;
  const answer = await withInstallation(context, async ({ call }) => {
    const { id, state } = await call('queue.show', { id: given });
    // As with all of them: what still waits for an answer loses it.
    if (open.includes(state)) await confirmed(context, () => context.words.dropOpen(id));
    return call('queue.drop', { id });
  });
  return tellChange(context, {
    json: answer,
    data: () => context.out.done(context.words.dropped(answer.id)),
    now: (said) => said.itemDropped(answer.id, answer.is),
    next: (said) => [said.see, 'qcc queue list'],
  });
}

export async function clear(context: Context): Promise<undefined> {
  const wanted = stateOf(context);
  const answer = await withInstallation(context, async ({ call }) => {
    const counts = await call('queue.status', {});
    const asked = wanted.state === undefined ? open : open.filter((state) => state === wanted.state);
    const count = asked.reduce((sum, state) => sum + counts[state], 0);
    // Clearing an open item loses its answer and needs confirmation; clearing finished ones loses nothing.
    if (count > 0) await confirmed(context, () => context.words.clearOpen(count));
    return call('queue.clear', wanted);
  });
  return tellChange(context, {
    json: answer,
    data: () => context.out.done(context.words.cleared(answer.cleared)),
    now: (said) => said.queueCleared(answer.cleared),
    next: (said) => [said.see, 'qcc queue list'],
  });
}

function stateOf(context: Context): { readonly state?: QueueItemState } {
  const state = chosenFlag(context, 'state', states);
  return state === undefined ? {} : { state };
}

export async function configure(context: Context): Promise<undefined> {
  const changes = changesOf(context);
  const answer = await withInstallation(context, ({ call }) => call('queue.config', changes));
  const set = Object.keys(changes).map((name) => `queue.${name}`);
  return tellSettings(context, answer, {
    rows: Object.entries(answer.settings).map(([key, value]) => [key, String(value)]),
    set: Object.fromEntries(set.map((key) => [key, answer.settings[key]])),
    see: 'qcc queue config',
  });
}

function changesOf(context: Context): Params<'queue.config'> {
  const changes: Record<string, string | number | boolean> = {};
  if (isOn(context, 'enable') && isOn(context, 'disable'))
    throw usage(context.words.contradict('--enable', '--disable'), context.words.sayOne);
  if (isOn(context, 'enable')) changes['enabled'] = true;
  if (isOn(context, 'disable')) changes['enabled'] = false;
  const strategy = flag(context, 'strategy');
  if (strategy !== undefined) changes['strategy'] = strategy;
  for (const [key, name] of [
    ['max_retries', 'max-retries'],
    ['max_size', 'max-size'],
  ] as const) {
    const value = numberFlag(context, name);
    if (value !== undefined) changes[key] = value;
  }
  for (const [key, name] of [
    ['base_delay', 'base-delay'],
    ['max_delay', 'max-delay'],
  ] as const) {
    const value = flag(context, name);
    if (value !== undefined) changes[key] = spanMs(value, context.words) / secondMs;
  }
  return changes;
}
