/** What stands around every view: where one can go, how the page is connected, and which moment is looked at. */
import { useEffect, useRef } from 'preact/hooks';
import { changeLanguage, changeTheme } from '../live/choices.ts';
import { backToNow, clock, link, moment, pastError, place, present, session, shown } from '../live/store.ts';
import { CommandLine } from '../parts/action.tsx';
import { areKeysShown, KeysDialog, said } from '../parts/saying.ts';
import { hrefOf, text, timeOf } from '../parts/text.ts';
import { mainViews } from '../place.ts';
import { viewOf } from '../views/lazy.tsx';

export function Frame() {
  const { views } = text();
  const isPast = moment.value !== null;
  const View = viewOf(place.value.view);
  useEffect(() => {
    document.title = `${views.frame.views[place.value.view]} · qcc`;
  });
  if (!present.value) return <Unopened />;
  return (
    <div class={`frame${isPast ? ' is-past' : ''}`}>
      <button type="button" class="skip" onClick={skip}>
        {views.frame.skip}
      </button>
      <TopBar />
      {isPast && <PastBar />}
      <Over />
      <main id="main" tabIndex={-1} class={link.value === 'lost' ? 'is-old' : ''}>
        {View ? <View /> : null}
      </main>
      <BottomLine />
      {KeysDialog.value && <KeysDialog.value />}
    </div>
  );
}

function skip(): void {
  document.querySelector<HTMLElement>('#main')?.focus();
}

/** Before anything is known. */
function Unopened() {
  return (
    <div class="frame">
      <main id="main" class="unopened">
        <h1>qcc</h1>
        {isOver() ? <OverText /> : <p>{text().views.frame.opening}</p>}
      </main>
    </div>
  );
}

function isOver(): boolean {
  return link.value === 'closed' || link.value === 'expired' || link.value === 'unopened';
}

/** The page is over: what stands here is as it was at last. */
function Over() {
  if (!isOver()) return null;
  return (
    <div class="over" role="alert">
      <OverText />
    </div>
  );
}

function OverText() {
  const { over } = text().views.frame;
  const why = link.value === 'closed' || link.value === 'expired' ? over[link.value] : over.unopened;
  return (
    <p>
      {why} {over.how} <CommandLine command="qcc dashboard" />
    </p>
  );
}

function TopBar() {
  const { frame } = text().views;
  const { view } = place.value;
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the views are a row that is scrolled: the one that is looked at is seen in it.
  useEffect(() => {
    const here = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && here)
      nav.current.scrollLeft = here.offsetLeft - (nav.current.clientWidth - here.offsetWidth) / 2;
  }, [view]);
  return (
    <header class="top">
      <a class="name" href={hrefOf('now')}>
        qcc
      </a>
      <nav ref={nav} aria-label={frame.navigation}>
        {mainViews.map((one) => (
          <a key={one} href={hrefOf(one)} aria-current={isWithin(view, one) ? 'page' : undefined}>
            {frame.views[one]}
          </a>
        ))}
      </nav>
      <p class="tools">
        <span class={`link is-${link.value}`} role="status">
          {present.value?.live === null && link.value === 'open' ? frame.file : frame.link[link.value]}
        </span>
        {session.value?.scope === 'read' && <span class="scope">{frame.readOnly}</span>}
        <button type="button" onClick={() => void changeLanguage()}>
          {frame.language}
        </button>
        <button type="button" class="icon" aria-label={frame.theme} title={frame.theme} onClick={changeTheme}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM8 3v10a5 5 0 0 1 0-10z" fill-rule="evenodd" />
          </svg>
        </button>
        <button
          type="button"
          class="icon"
          aria-label={frame.keys}
          title={frame.keys}
          onClick={() => {
            areKeysShown.value = true;
          }}
        >
          ?
        </button>
      </p>
    </header>
  );
}

/** A request and an endpoint belong to the views that lead to them. */
function isWithin(view: string, one: string): boolean {
  if (view === 'endpoint') return one === 'now';
  return view === one || (view === 'request' && one === 'requests');
}

function PastBar() {
  const { past, frame } = text().views;
  const state = shown.value;
  const at = moment.value ?? 0;
  // Until the past is there, the state of now stands, and its time is not that of the moment.
  const time = state?.seq === at ? timeOf(state.now) : frame.noValue;
  return (
    <div class="past-bar" role="status">
      <strong>{past.at(time, at)}</strong>
      <span>{pastError.value ?? past.off}</span>
      <button type="button" onClick={backToNow}>
        {past.back} <kbd>Esc</kbd>
      </button>
    </div>
  );
}

function BottomLine() {
  const state = shown.value;
  const told = said.value;
  return (
    <footer class="bottom">
      <span class="when">
        {state && (
          <>
            #{state.seq} <time>{timeOf(clock.value)}</time>
          </>
        )}
      </span>
      <span class={`said${told?.kind === 'bad' ? ' is-bad' : ''}`} aria-live="polite">
        {told?.sentence}
      </span>
      <span class="version">{state?.live ? `qcc ${state.live.version}` : 'qcc'}</span>
    </footer>
  );
}
