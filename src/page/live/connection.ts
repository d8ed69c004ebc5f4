/** The stream's life: it begins where the page stands, goes on after a break, and rests while the page is hidden. */
import { minuteMs, secondMs } from '../../../events/units.ts';
import { Expired, exchange, readStream, type Session } from './gateway.ts';
import { type OwnFacts, ownFacts } from './source.ts';
import { ask, begin, hear, link, names, present, second, session } from './store.ts';

const kept = 'qcc-session';
const firstWaitMs = secondMs / 2;
const longestWaitMs = minuteMs / 4;

/**
 * A ticket in the address is exchanged and disappears from it; otherwise the session of this tab, or of another tab.
 * @returns the moment that the address asks for beside its ticket: an instant in ISO 8601, or `#1234`
 */
export async function openSession(): Promise<string | null> {
  if (ownFacts()) {
    ofOwnFacts();
    return null;
  }
  const given = new URLSearchParams(location.hash.slice(1));
  const ticket = given.get('t');
  if (ticket !== null) {
    history.replaceState(null, '', '/#/now');
    const opened = await exchange(ticket);
    keep(opened?.session ?? savedSession());
    if (opened) begin(opened.state);
  } else keep(savedSession() ?? (await (await import('./other-tabs.ts')).askOtherTab()));
  return ticket === null ? null : given.get('at');
}

/** Everything is past, and no gateway can be asked for a change. */
function ofOwnFacts(): void {
  const language = navigator.language.startsWith('zh') ? 'zh-CN' : 'en';
  session.value = { bearer: '', scope: 'read', language };
}

function keep(found: Session | null): void {
  session.value = found;
  if (found) inStorage((storage) => storage.setItem(kept, JSON.stringify(found)));
}

function savedSession(): Session | null {
  const saved = inStorage((storage) => storage.getItem(kept)) ?? null;
  return saved === null ? null : (JSON.parse(saved) as Session);
}

/** A browser may forbid a page to keep anything: then its session is over when it is loaded again. */
function inStorage<Value>(use: (storage: Storage) => Value): Value | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

/** Until the page is closed on purpose, or its bearer is void. A page with facts of its own shows them. */
export async function followGateway(): Promise<void> {
  const facts = ownFacts();
  if (facts) showOwnFacts(facts);
  else await followStream();
}

async function followStream(): Promise<void> {
  let waitMs = firstWaitMs;
  for (;;) {
    await seen();
    const [before, rest] = [present.value?.seq ?? -1, new AbortController()];
    const hide = () => document.hidden && rest.abort();
    document.addEventListener('visibilitychange', hide);
    try {
      if (!session.value) return;
      await readStream(session.value, before, opened, received, rest.signal);
    } catch (error) {
      if (error instanceof Expired) {
        inStorage((storage) => storage.removeItem(kept));
        link.value = 'expired';
      }
    }
    document.removeEventListener('visibilitychange', hide);
    if (isOver()) return;
    if (rest.signal.aborted) continue;
    if (link.value === 'open') waitMs = firstWaitMs;
    link.value = 'lost';
    await later(waitMs);
    waitMs = Math.min(2 * waitMs, longestWaitMs);
  }
}

function showOwnFacts({ state }: OwnFacts): void {
  opened();
  received({ event: 'state', id: state.seq, data: JSON.stringify(state) });
}

function isOver(): boolean {
  return link.value === 'closed' || link.value === 'expired';
}

function opened(): void {
  link.value = 'open';
}

function received(event: Parameters<typeof hear>[0]): void {
  // It was too slow to hear everything: the whole state comes with the next connection.
  if (event.event === 'reset') present.value = present.value && { ...present.value, seq: -1 };
  else hear(event);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function seen(): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', function look() {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    });
  });
}

/** What is counted down moves once a second, and rests with the page. */
export function tick(): void {
  setInterval(() => {
    if (!document.hidden && link.value === 'open') second.value++;
  }, secondMs);
}

/** Former names stand in old facts. */
export async function learnNames(): Promise<void> {
  const { names: known, former = [] } = await ask('history.head', {});
  names.value = new Map([
    ...former.map(({ endpoint, name }): [string, string] => [endpoint, name]),
    ...Object.entries(known),
  ]);
}
