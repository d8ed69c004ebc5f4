/** The page of `qcc dashboard`: it opens its session, loads its words, and is drawn. */
import { render } from 'preact';
import { followChoices, foreseenWords, loadWords } from '../live/choices.ts';
import { followGateway, learnNames, openSession, tick } from '../live/connection.ts';
import { whenPainted } from '../live/painted.ts';
import { ownFacts } from '../live/source.ts';
import { followMoment, go, link, place, present, session } from '../live/store.ts';
import { placeOf } from '../place.ts';
import { loadRunningList, loadView } from '../views/lazy.tsx';
import { Frame } from './frame.tsx';

async function begin(root: Element): Promise<void> {
  followChoices();
  const coming = foreseenWords();
  const at = await openSession();
  await coming;
  await loadWords();
  place.value = placeOf(location.hash);
  addEventListener('hashchange', () => {
    place.value = placeOf(location.hash);
  });
  addEventListener('popstate', () => {
    place.value = placeOf(location.hash);
  });
  render(<Frame />, root);
  if (!session.value) {
    link.value = 'unopened';
    return;
  }
  followMoment();
  followLinks();
  tick();
  void followGateway();
  whenKnown(() => {
    // Without them an old fact shows an id where a name stood.
    learnNames().catch(() => {});
    if (!ownFacts()) void import('../live/other-tabs.ts').then(({ answerOtherTabs }) => answerOtherTabs());
    void loadRunningList();
    if (at !== null) void begunAt(at);
    void import('./keys.ts').then(({ listenForKeys }) => listenForKeys());
  });
}

/** What can wait does not keep the first view waiting. */
function whenKnown(then: () => void): void {
  const stop = present.subscribe((state) => {
    if (!state) return;
    queueMicrotask(() => stop());
    whenPainted(then);
  });
}

/** `qcc dashboard --at` begins in the past. */
async function begunAt(at: string): Promise<void> {
  const { showInstant, showMoment } = await import('../live/steps.ts');
  const [, seq] = /^#(\d+)$/.exec(at) ?? [];
  if (seq === undefined) await showInstant(Date.parse(at));
  else showMoment(Number(seq));
}

/** A link within the page changes the place at once, and its view is loaded before it is clicked. */
function followLinks(): void {
  document.addEventListener('click', (event) => {
    const href = hrefAt(event);
    if (href === null || event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(placeOf(href));
  });
  for (const rests of ['pointerover', 'focusin'])
    document.addEventListener(rests, (event) => {
      const href = hrefAt(event);
      if (href !== null) loadView(placeOf(href).view);
    });
}

function hrefAt({ target }: Event): string | null {
  const href = (target as Element | null)?.closest?.('a')?.getAttribute('href');
  return href?.startsWith('#/') ? href : null;
}

const root = document.querySelector('#page');
if (root) void begin(root);
