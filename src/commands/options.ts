/** The flags that describe an endpoint, and its key by one of the three ways of input. */

import type { Auth, Tier } from '../../events/profile.ts';
import { parseBaseUrl } from '../config/network/base-url.ts';
import { parseModelRule } from '../config/network/model-rules.ts';
import { presetOf } from '../config/network/presets.ts';
import type { EndpointOptions } from '../contract/endpoint.ts';
import { usage } from '../errors/qcc-error.ts';
import type { Words } from '../messages/messages.ts';
import { spanMs } from '../messages/times.ts';
import { type Context, chosenFlag, flag, isOn, listFlag, numberFlag } from './context.ts';

export async function keyOf(context: Context): Promise<string | undefined> {
  const given = flag(context, 'api-key');
  if (given !== undefined) {
    context.out.warn(context.words.keyInArgv);
    return given;
  }
  const name = flag(context, 'api-key-env');
  if (name !== undefined) {
    const value = context.env[name];
    if (!value) throw usage(context.words.noVariable(name), `export ${name}=…`);
    return value;
  }
  return isOn(context, 'api-key-stdin') ? readStdin(context) : undefined;
}

/** The first line of stdin; at a terminal, hidden input. @throws {QccError} usage, when there is none */
export async function readStdin(context: Context): Promise<string> {
  const { words } = context;
  if (process.stdin.isTTY) {
    if (isOn(context, 'no-input')) throw usage(words.noKeyOnStdin, 'printf %s "$KEY" | qcc … --api-key-stdin');
    const { askSecret } = await import('../terminal/prompt.ts');
    return (await askSecret(words.askKey)).trim();
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const line = Buffer.concat(chunks).toString('utf8').split('\n')[0]?.trim() ?? '';
  if (line === '') throw usage(words.noKeyOnStdin, 'printf %s "$KEY" | qcc … --api-key-stdin');
  return line;
}

function authOf(context: Context): Auth | undefined {
  const given = flag(context, 'auth');
  if (given === undefined || given === 'x-api-key' || given === 'bearer') return given;
  throw usage(context.words.mustBe('--auth', 'x-api-key, bearer', given), '--auth bearer');
}

/** @param hint the command with a tier in its place */
export function tierOf(text: string | undefined, words: Words, hint: string): Tier | undefined {
  if (text === undefined || text === 'primary' || text === 'secondary' || text === 'fallback') return text;
  throw usage(words.tierIs(text), hint);
}

function someOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

export async function endpointOptions(context: Context): Promise<EndpointOptions> {
  const timeout = flag(context, 'timeout');
  const baseUrl = flag(context, 'base-url');
  const preset = flag(context, 'preset');
  // The address is looked at before a key is asked for. A change may stand on what the endpoint allows already.
  const allowPlaintext = isOn(context, 'allow-plaintext') || context.path.at(-1) === 'update';
  if (preset !== undefined) presetOf(preset);
  if (baseUrl !== undefined) parseBaseUrl(baseUrl, { allowPlaintext });
  const given = {
    name: flag(context, 'name'),
    baseUrl,
    auth: authOf(context),
    key: await keyOf(context),
    preset,
    weight: numberFlag(context, 'weight'),
    priority: numberFlag(context, 'priority'),
    timeoutMs: timeout === undefined ? undefined : spanMs(timeout, context.words),
    maxFailures: numberFlag(context, 'max-failures'),
    maxConcurrent: numberFlag(context, 'max-concurrent'),
    allowPlaintext: isOn(context, 'allow-plaintext') ? true : undefined,
    models: someOf(listFlag(context, 'model').map(parseModelRule)),
    noModels: someOf(listFlag(context, 'no-model')),
    adapt: chosenFlag(context, 'adapt', ['auto', 'off']),
    thinking: chosenFlag(context, 'adapt-thinking', ['auto', 'keep', 'strip']),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as EndpointOptions;
}
