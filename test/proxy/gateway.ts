/** A data port over a routing view that a test sets, and a client that sees exactly how an answer ended. */
import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as send,
} from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SettingValue } from '../../events/config.ts';
import type { AttemptFailure, Failure, FoundMissing } from '../../events/endpoint.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { ReadinessReason } from '../../events/reason.ts';
import type { RequestFact } from '../../events/request.ts';
import { withMissing } from '../../machines/capabilities.ts';
import { lacksModelUntil, withLacking } from '../../machines/endpoint-policy.ts';
import type { Lacking, Missing, RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import { effective, type SettingKey } from '../../src/config/settings/settings.ts';
import { failoverPolicyOf } from '../../src/policies/policies.ts';
import type { PlanWindow } from '../../src/proxy/plan-limits.ts';
import type { ProxyPorts, ProxyServer } from '../../src/proxy/ports.ts';
import type { OpenFiles } from '../../src/proxy/request/client-connections.ts';
import type { ProxyQueue } from '../../src/proxy/retry-queue.ts';
import { startProxy } from '../../src/proxy/server/server.ts';
import { type UnknownRefusal, UnknownRefusals } from '../../src/proxy/unknown-refusals.ts';
import { routable, viewOf } from '../support/routing-view.ts';
import type { FakeUpstream } from './upstreams.ts';

export const token = 'qcc-token-of-this-installation';

interface Member {
  readonly up: FakeUpstream;
  readonly as: Partial<RoutableEndpoint>;
}
type Members = readonly (FakeUpstream | Member)[];

/** An endpoint of this upstream that is not as all others. */
export const as = (up: FakeUpstream, state: Partial<RoutableEndpoint>): Member => ({ up, as: state });

interface PlanSeen {
  readonly endpoint: string;
  readonly plan: readonly PlanWindow[];
}

export interface Told {
  readonly endpoint: string;
  readonly failure: Failure;
}

export interface Gateway {
  readonly server: ProxyServer;
  readonly port: number;
  /** Failures that the endpoints' machines were told of. */
  readonly failures: readonly Told[];
  readonly reports: readonly AttemptFailure[];
  readonly successes: readonly string[];
  /** What endpoints have refused of requests. */
  readonly found: readonly (FoundMissing & { readonly endpoint: string })[];
  readonly warnings: readonly string[];
  readonly plans: readonly PlanSeen[];
  readonly facts: readonly RequestFact[];
  readonly lines: readonly string[];
  /** The next view. */
  show(profiles: Readonly<Record<string, Members>>, setting?: Parameters<typeof viewOf>[1]): void;
  set(settings: Partial<Record<SettingKey, SettingValue>>): void;
  /** Resolves with the fact of the n-th request that ended. */
  fact(n?: number): Promise<RequestFact>;
  readonly unready: ReadinessReason[];
  /** Sentences for the gateway's operator. */
  readonly told: readonly string[];
  unknownRefusals(): readonly UnknownRefusal[];
  /** Unexpected errors. */
  readonly faults: readonly unknown[];
}

const later = () => lacksModelUntil(Date.now());

interface GatewaySetting {
  readonly settings?: Partial<Record<SettingKey, SettingValue>>;
  readonly view?: Parameters<typeof viewOf>[1];
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly retryQueue?: ProxyQueue;
  readonly files?: OpenFiles;
}

/** Endpoints stand in the order in which they are named: the strategy is `failover` unless the test says otherwise. */
export async function gateway(
  profiles: Readonly<Record<string, Members>>,
  { settings = {}, view: viewSetting, tls, retryQueue, files }: GatewaySetting = {},
): Promise<Gateway> {
  const keys = new Map<string, string>();
  const lacking = new Map<string, readonly Lacking[]>();
  const refusing = new Map<string, Pick<Partial<RoutableEndpoint>, 'countsNotUntil' | 'tooLarge'>>();
  const missing = new Map<string, readonly Missing[]>();
  const made = (next: Readonly<Record<string, Members>>, setting?: Parameters<typeof viewOf>[1]): RoutingView =>
    viewOf(
      Object.fromEntries(
        Object.entries(next).map(([name, members]) => [
          name,
          members.map((member) => {
            const { up, as: state } = 'up' in member ? member : { up: member, as: {} };
            const words = { lacks: lacking.get(up.name) ?? [], ...refusing.get(up.name) };
            const endpoint = routable(up.name, { baseUrl: up.url, ...state, ...words });
            const known = missing.get(up.name);
            keys.set(endpoint.id, up.key);
            return known ? { ...endpoint, missing: known } : endpoint;
          }),
        ]),
      ),
      setting,
    );
  let shown: Parameters<typeof made> = [profiles, viewSetting];
  let view = made(...shown);
  const nowLacks = (endpoint: string, lacks: readonly Lacking[]) => {
    lacking.set(endpoint, lacks);
    view = made(...shown);
  };
  const nowRefuses = (endpoint: string, what: Pick<Partial<RoutableEndpoint>, 'countsNotUntil' | 'tooLarge'>) => {
    refusing.set(endpoint, { ...refusing.get(endpoint), ...what });
    view = made(...shown);
  };
  let set: Partial<Record<SettingKey, SettingValue>> = { 'loadbalancer.strategy': 'failover', ...settings };
  const held = () => effective(new Map(Object.entries(set)), {}).settings;
  let now = held();
  const unknown = new UnknownRefusals();
  const reports: AttemptFailure[] = [];
  const failures: Told[] = [];
  const successes: string[] = [];
  const found: (FoundMissing & { readonly endpoint: string })[] = [];
  const warnings: string[] = [];
  const plans: PlanSeen[] = [];
  const facts: RequestFact[] = [];
  const lines: string[] = [];
  const unready: ReadinessReason[] = [];
  let heard: () => void = () => undefined;
  const ports: ProxyPorts = {
    retryQueue: retryQueue ?? null,
    view: () => view,
    settings: () => now,
    failover: failoverPolicyOf(() => now),
    secret: (id: EndpointId) => keys.get(id),
    token: () => token,
    now: () => Date.now(),
    dice: () => 0.5,
    attemptFailed: (endpoint, failure) => {
      failures.push({ endpoint, failure: failure.failure });
      reports.push(failure);
      return 'counts';
    },
    attemptSucceeded: (endpoint) => void successes.push(endpoint),
    modelNotFound: (endpoint, model) =>
      nowLacks(endpoint, withLacking(lacking.get(endpoint) ?? [], { model, until: later() })),
    countRefused: (endpoint) => nowRefuses(endpoint, { countsNotUntil: later() }),
    bodyRefused: (endpoint, bytes) => nowRefuses(endpoint, { tooLarge: { bytes, until: later() } }),
    refusalUnknown: (endpoint, said) => unknown.note(endpoint, said),
    hasAnswered: (endpoint) => successes.includes(endpoint),
    capabilityMissing: (endpoint, { model, what, limit, evidence }) => {
      found.push({ endpoint, model, what, limit, evidence });
      missing.set(endpoint, withMissing(missing.get(endpoint) ?? [], { model, what, limit, until: later() }));
      view = made(...shown);
    },
    modelFound: (endpoint, model) => {
      const lacks = lacking.get(endpoint) ?? [];
      if (lacks.length > 0)
        nowLacks(
          endpoint,
          lacks.filter((one) => one.model !== model),
        );
    },
    limitsSeen: (endpoint) => void warnings.push(endpoint),
    planSeen: (endpoint, plan) => void plans.push({ endpoint, plan }),
    requestEnded: (_, fact) => {
      facts.push(fact);
      heard();
    },
    notReady: () => unready,
  };
  const accessLog = (line: string) => void lines.push(line);
  const told: string[] = [];
  const faults: unknown[] = [];
  const uncaught = {
    get count() {
      return faults.length;
    },
    take: (error: unknown) => void faults.push(error),
  };
  const server = await startProxy(ports, {
    host: '127.0.0.1',
    port: 0,
    tls: tls ?? null,
    accessLog,
    ...(files && { files }),
    tell: (sentence) => void told.push(sentence),
    uncaught,
    version: '1.2.3',
  });
  onTestFinished(async () => void (await server.drain(0)));
  return {
    server,
    port: server.port,
    failures,
    reports,
    successes,
    found,
    warnings,
    plans,
    facts,
    lines,
    unready,
    told,
    unknownRefusals: () => unknown.list(),
    faults,
    show: (next, setting) => {
      shown = [next, setting];
      view = made(next, setting);
    },
    set: (changed) => {
      set = { ...set, ...changed };
      now = held();
      server.settingsChanged();
    },
    fact: async (n = 0) => {
      for (;;) {
        const fact = facts[n];
        if (fact) return fact;
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}

// ------------------------------------------------------------------------------------------------ the client

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  /** False when the connection ended before the answer did. */
  readonly whole: boolean;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly stream?: boolean;
  readonly session?: string;
  readonly body?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Header names that are left out. */
  readonly without?: readonly string[];
  /** Its connections are used again. */
  readonly agent?: Agent;
}

export interface Live {
  readonly done: Promise<Got>;
  /** Resolves when the answer holds this. */
  seen(part: string | Buffer): Promise<void>;
  /** Closes its connection in good order. */
  leave(): void;
  /** Its connection is reset, as Claude Code does on ESC. */
  lost(): void;
  readonly sent: ClientRequest;
}

/** A Messages call as Claude Code makes it. */
export function bodyOf({ stream = true, session }: Call = {}): string {
  const user = session === undefined ? {} : { metadata: { user_id: JSON.stringify({ session_id: session }) } };
  return JSON.stringify({
    model: 'claude-test',
    messages: [{ role: 'user', content: 'hello' }],
    max_tokens: 64,
    ...user,
    stream,
  });
}

export function open({ port }: { readonly port: number }, call: Call = {}): Live {
  const { method = 'POST', path = '/v1/messages?beta=true', body = method === 'POST' ? bodyOf(call) : null } = call;
  const headers: Record<string, string | number> = {
    // As Claude Code: a connection that ends with its request is node:http's, and does not take the fast path.
    connection: 'keep-alive',
    authorization: `Bearer ${token}`,
    ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(call.session === undefined ? {} : { 'X-Claude-Code-Session-Id': call.session }),
    ...call.headers,
  };
  for (const name of call.without ?? []) delete headers[name];
  const chunks: Buffer[] = [];
  let watch: () => void = () => undefined;
  let over = false;
  const sent = send({ host: '127.0.0.1', port, method, path, headers, agent: call.agent ?? false });
  // An answer may come before all of the request was sent: the rest does not matter.
  sent.on('socket', (socket) => socket.on('error', () => undefined));
  const done = new Promise<Got>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response: IncomingMessage) => {
      sent.off('error', reject).on('error', () => undefined);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        watch();
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        over = true;
        watch();
        const { statusCode: status = 0, headers: got, rawHeaders, complete: whole } = response;
        const all = Buffer.concat(chunks);
        resolve({ status, headers: got, rawHeaders, body: all, text: all.toString(), whole });
      });
    });
  });
  // A client that leaves does not wait for the outcome.
  done.catch(() => undefined);
  sent.end(body ?? undefined);
  const seen = async (part: string | Buffer) => {
    while (!Buffer.concat(chunks).includes(part)) {
      if (over) throw new Error(`the answer ended without ${JSON.stringify(String(part))}`);
      await new Promise<void>((resolve) => {
        watch = resolve;
      });
    }
  };
  return { done, seen, sent, leave: () => void sent.destroy(), lost: () => void sent.socket?.resetAndDestroy() };
}

export const ask = (to: { readonly port: number }, call?: Call): Promise<Got> => open(to, call).done;

/** Bytes as they stand, for what no HTTP library sends; resolves with all that came when the connection is closed. */
export function raw({ port }: { readonly port: number }, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let came = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      came += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(came));
  });
}

/** Anthropic's error shape, read. */
export function errorOf({ text }: Got): { readonly type: string; readonly message: string } {
  const { type, error } = JSON.parse(text) as { type: string; error: { type: string; message: string } };
  if (type !== 'error') throw new Error(`not an error: ${text}`);
  return error;
}
