/**
 * What other gateways of the fleet have said of an endpoint: of its credential, which binds, or of its vendor, which is a hint.
 * It is kept beside what this gateway has found out itself, so that no gateway repeats what it was told. The result does not depend on the
 * order in which different gateways are heard: of each gateway the highest number counts, and a lift names what it lifts.
 */
import type { EndpointReport, Failure, Said } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';

type Data<Type extends EndpointReport['type']> = Extract<EndpointReport, { type: Type }>['data'];
type Heard = Data<'FailureHeard'>;

/** The last words of one gateway, of the credential or of the vendor. What is lifted or over stays as a number: an older word is no news. */
interface Word {
  readonly member: string;
  readonly name: string;
  readonly isHint: boolean;
  /** 0: only a lift of it was heard yet. */
  readonly seq: number;
  readonly liftedSeq: number;
  readonly because: Failure | null;
  readonly heardAt: Millis;
  /** Null when it is over. */
  readonly until: Millis | null;
  /** A person has forgotten its words: none is taken before. */
  readonly deafUntil: Millis;
}

export interface Hearsay {
  readonly words: readonly Word[];
  /** The first word since this gateway's own last result: hearsay alone keeps an endpoint out for an hour at most. */
  readonly since: Millis | null;
  /** The endpoint takes nothing before; null when nothing binds. */
  readonly until: Millis | null;
  /** What binds, and who said it. */
  readonly because: Failure | null;
  readonly by: string | null;
  /** It is asked after its equals until then. */
  readonly hintUntil: Millis | null;
  /** When the next word is over. */
  readonly dueAt: Millis | null;
  /** When a gateway last got an answer where another one was refused; null in a state of before. */
  readonly liftedAt: Millis | null;
}

export const noHearsay: Hearsay = {
  words: [],
  since: null,
  until: null,
  because: null,
  by: null,
  hintUntil: null,
  dueAt: null,
  liftedAt: null,
};

const minute = 60_000;
/** A word, or several in a row, binds for an hour at most: then this gateway finds out for itself. */
export const hearsayMaxMs = 60 * minute;
/** What a vendor suffers from passes quickly. */
export const hintMs = minute;
// The same hint in the first half of its time is no news.
const hintAgainMs = hintMs / 2;
// No message is taken that is older than an hour: what is over for longer cannot come again.
const rememberedMs = 2 * hearsayMaxMs;

const binding: ReadonlySet<Failure> = new Set(['quota', 'rateLimited', 'credential', 'billing']);
const hinting: ReadonlySet<Failure> = new Set(['overloaded', 'serverError']);

/** What a failure is about: this decides who is told, and what it does there. Null: it is about the way to the endpoint, or a request. */
export function aboutWhat(failure: Failure): 'credential' | 'vendor' | null {
  if (binding.has(failure)) return 'credential';
  return hinting.has(failure) ? 'vendor' : null;
}

const ofThePath: ReadonlySet<Failure> = new Set(['unreachable', 'certificate', 'blocked']);

/** Names, TLS, connections, a network that is kept out: each gateway's own affair, of which the others only show that it is so. */
export function isOfThePath(failure: Failure): boolean {
  return ofThePath.has(failure);
}

/** How long a word may count from now on, whatever it claims. */
export function heardUntil(hearsay: Hearsay, because: Failure, validMs: Millis, now: Millis): Millis {
  if (hinting.has(because)) return now + Math.min(validMs, hintMs);
  return Math.min(now + validMs, (hearsay.since ?? now) + hearsayMaxMs);
}

/** Whether a word is worth a fact: it is newer than what that gateway said before, it counts, and a person has not closed the ears to it. */
export function isNews({ words, since }: Hearsay, heard: Heard, now: Millis): boolean {
  const about = aboutWhat(heard.because);
  const most = about === 'vendor' ? now + hintMs : (since ?? now) + hearsayMaxMs;
  if (about === null || heard.until <= now || heard.until > most) return false;
  const known = words.find((one) => isOf(one, heard.member, about === 'vendor'));
  if (known === undefined) return true;
  if (heard.seq <= known.seq || heard.seq <= known.liftedSeq || known.deafUntil > now) return false;
  return about === 'credential' || known.until === null || known.until - now < hintAgainMs;
}

/** Whether a lift ends something, or is to be remembered for a word that has not come yet. */
export function isLift({ words }: Hearsay, of: readonly Said[]): boolean {
  return of.some(({ member, seq }) => (words.find((one) => isOf(one, member, false))?.liftedSeq ?? 0) < seq);
}

/** Whether a success of our own proves something wrong that binds. */
export function isDisproved(hearsay: Hearsay, success: Success): boolean {
  return hearsay.words.some((one) => disproves(success, one));
}

export function withHeard(hearsay: Hearsay, { member, name, seq, because, heardAt, until }: Heard): Hearsay {
  const isHint = aboutWhat(because) === 'vendor';
  const known = hearsay.words.find((one) => isOf(one, member, isHint)) ?? silent(member, name, isHint, heardAt);
  if (seq <= known.seq) return hearsay;
  const isOver = seq <= known.liftedSeq;
  const word = { ...known, name, seq, because, heardAt, until: isOver ? null : until };
  const kept = hearsay.words.filter((one) => one.until !== null || heardAt - one.heardAt < rememberedMs);
  const since = isHint || isOver ? hearsay.since : (hearsay.since ?? heardAt);
  return { ...hearsay, ...summed(replaced(kept, word), since) };
}

export function withLifted(hearsay: Hearsay, { of, heardAt }: Data<'HearsayLifted'>): Hearsay {
  const words = of.reduce((all, { member, seq }) => {
    const known = all.find((one) => isOf(one, member, false)) ?? silent(member, '', false, heardAt);
    const liftedSeq = Math.max(known.liftedSeq, seq);
    return replaced(all, { ...known, liftedSeq, until: liftedSeq >= known.seq ? null : known.until });
  }, hearsay.words);
  return { ...summed(words, hearsay.since), liftedAt: heardAt };
}

export function withExpired(hearsay: Hearsay, before: Millis): Hearsay {
  const words = hearsay.words
    .map((one) => (one.until !== null && one.until <= before ? { ...one, until: null } : one))
    .filter((one) => one.until !== null || before - one.heardAt < rememberedMs);
  return { ...hearsay, ...summed(words, hearsay.since) };
}

/** By hand: nothing of it counts any more, and who said it is not listened to for a while. */
export function withForgotten(hearsay: Hearsay, { member, deafUntil }: Data<'HearsayForgotten'>): Hearsay {
  const isMeant = (one: Word) => member === null || one.member === member;
  const words = hearsay.words.map((one) => (isMeant(one) ? { ...one, until: null, deafUntil } : one));
  return { ...hearsay, ...summed(words, hearsay.since) };
}

/** A result of its own: whatever it is, this gateway knows by itself again. */
export function afterOwnResult(hearsay: Hearsay, success: Success | null): Hearsay {
  if (hearsay.words.length === 0) return hearsay;
  if (success === null) return { ...hearsay, ...summed(hearsay.words, null) };
  const words = hearsay.words.map((one) => (disproves(success, one) ? { ...one, until: null } : one));
  const since = words.some((one) => one.until !== null && !one.isHint) ? hearsay.since : null;
  return { ...hearsay, ...summed(words, since) };
}

/** What binds after this moment and lasts: its end is a half-open request, not all of the traffic. */
export function endsHalfOpen({ because, until }: Hearsay, now: Millis): boolean {
  return until !== null && until <= now && because !== null && because !== 'rateLimited';
}

/** When something was last heard that a look of our own can confirm or refute; null when there is nothing. */
export function calledAt({ words, liftedAt }: Hearsay, now: Millis): Millis | null {
  const hinted = words.filter(({ isHint, until }) => isHint && (until ?? 0) > now).map(({ heardAt }) => heardAt);
  const at = Math.max(liftedAt ?? 0, ...hinted);
  return at === 0 ? null : at;
}

/** A success, as its fact tells of it. */
export type Success = Extract<EndpointReport, { type: 'AttemptSucceeded' | 'ProbeSucceeded' }>;

/** When what has succeeded began. */
export function beganAt({ type, data }: Success, endedAt: Millis): Millis {
  return type === 'ProbeSucceeded' ? endedAt - data.responseMs : madeAt(data.request);
}

/** A request that was on its way before the word came says nothing against it. A probe takes no time to speak of. */
function disproves(success: Success, { isHint, until, heardAt }: Word): boolean {
  if (isHint || until === null) return false;
  return success.type === 'ProbeSucceeded' || madeAt(success.data.request) > heardAt;
}

/** A request's id is a UUIDv7 and begins with its instant. An id of another form was never before anything. */
function madeAt(request: string): Millis {
  const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(request);
  return hex === null ? 0 : Number.parseInt(`${hex[1]}${hex[2]}`, 16);
}

const isOf = (one: Word, member: string, isHint: boolean) => one.member === member && one.isHint === isHint;

const silent = (member: string, name: string, isHint: boolean, heardAt: Millis): Word => ({
  member,
  name,
  isHint,
  seq: 0,
  liftedSeq: 0,
  because: null,
  heardAt,
  until: null,
  deafUntil: 0,
});

/** In an order that does not tell who was heard first. */
function replaced(words: readonly Word[], word: Word): readonly Word[] {
  const others = words.filter((one) => !isOf(one, word.member, word.isHint));
  const place = ({ member, isHint }: Word) => `${member} ${isHint}`;
  return [...others, word].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

function summed(words: readonly Word[], since: Millis | null): Omit<Hearsay, 'liftedAt'> {
  let longest: Word | undefined;
  let hintUntil: Millis | null = null;
  let dueAt: Millis | null = null;
  for (const one of words) {
    if (one.until === null) continue;
    dueAt = Math.min(dueAt ?? one.until, one.until);
    if (one.isHint) hintUntil = Math.max(hintUntil ?? 0, one.until);
    else if (longest === undefined || one.until > (longest.until ?? 0)) longest = one;
  }
  const { until = null, because = null, name = null } = longest ?? {};
  return { words, since, until, because, by: name, hintUntil, dueAt };
}
