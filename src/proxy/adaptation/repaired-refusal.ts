/** What the loop of a request has to do with its adaptation: to begin it, and to read refusals by it. */
import type { RequestId } from '../../../events/ids.ts';
import { type AdaptationReason, reason } from '../../../events/reason.ts';
import type { Verdict } from '../../../machines/classify.ts';
import type { RoutableEndpoint } from '../../../machines/routing-view.ts';
import type { RequestSummary } from '../request/body-sniffing.ts';
import { plainText } from '../response/encoding.ts';
import { errorWordsMax } from '../response/error-words.ts';
import { type AdaptationPorts, RequestAdaptation } from './request-adaptation.ts';
import type { Owner, ThinkingMemory } from './thinking-memory.ts';

interface Came {
  readonly id: RequestId;
  readonly request: { readonly rawHeaders: readonly string[] };
  readonly body: { readonly bytes: Buffer } | null;
  readonly summary: RequestSummary;
}

interface Around {
  readonly sessions: { ownerOf(session: string | null): Owner | null };
  readonly thinking: ThinkingMemory;
  readonly ports: AdaptationPorts;
}

export function adaptationOf(
  { id, request, body, summary }: Came,
  session: string | null,
  { sessions, thinking, ports }: Around,
): RequestAdaptation {
  const owner = () => sessions.ownerOf(session);
  const came = { headers: request.rawHeaders, body: body?.bytes ?? null, summary };
  return new RequestAdaptation(came, { id, session, owner, memory: thinking, ports });
}

/** What an endpoint said. */
interface Said {
  /** Null: it said nothing. */
  readonly head: { readonly status: number; readonly encoding: string } | null;
  readonly body: Buffer;
  readonly verdict: Verdict;
}

/** The verdict that the machine of the request goes by. */
interface Repaired {
  readonly verdict: Verdict;
  readonly notes: readonly AdaptationReason[];
}

/** A refusal that the same endpoint, or another one, would not make of a changed request. Null: it means what it means without this. */
export async function repairedVerdict(
  adaptation: RequestAdaptation,
  endpoint: RoutableEndpoint,
  { head, body, verdict }: Said,
): Promise<Repaired | null> {
  if (head === null || !adaptation.mayRepair(endpoint, head.status)) return null;
  await adaptation.ready();
  const text = plainText(body, head.encoding, errorWordsMax);
  const repair = adaptation.repairOf(endpoint, { status: head.status, text });
  switch (repair?.kind) {
    case undefined:
      return null;
    case 'again':
      return { verdict: { ...verdict, repair: repair.thing }, notes: [] };
    case 'elsewhere':
      return { verdict: elsewhere, notes: [reason('noThinkingHere')] };
  }
}

/** It says nothing of the endpoint's health, and another one may have what is asked for. */
const elsewhere: Verdict = { failure: null, retryAfterMs: null, resetAt: null, isMissing: true };
