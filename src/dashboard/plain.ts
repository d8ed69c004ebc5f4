/** The state as a document without a script: for a browser that runs none, and for a day when the page itself is broken. */
import type { PageEndpoint, PageState } from '../contract/dashboard.ts';
import { codeText } from '../messages/codes.ts';
import type { Language } from '../messages/messages.ts';
import { pageWordsOf } from '../messages/page.ts';
import { reasonText } from '../messages/reasons.ts';
import { storyWordsOf } from '../messages/story.ts';
import { headline } from '../page/headline.ts';
import { shortSpan } from '../platform/time.ts';
import { visible } from '../platform/visible.ts';

export function plainPage(state: PageState, language: Language): string {
  const words = pageWordsOf(language);
  const { plain } = words;
  const said = {
    words: words.headline,
    stateWord: (one: string) => codeText('states', one, language),
    why: (one: string) => storyWordsOf(language).failures[one] ?? one,
    rule: (one: string) => storyWordsOf(language).rules[one] ?? one,
    span: shortSpan,
  };
  const { live, queue } = state;
  const columns = [
    plain.profile,
    plain.endpoint,
    plain.state,
    plain.since,
    plain.until,
    plain.why,
    plain.success,
    plain.firstToken,
  ];
  const rows = state.profiles.flatMap(({ name, active, pinned, endpoints }) => {
    const marks = [...(active ? [plain.active] : []), ...(pinned ? [plain.pinned] : [])];
    const profile = marks.length === 0 ? name : `${name} (${marks.join(', ')})`;
    return endpoints.map((one) => [profile, ...cells(one, language)]);
  });
  return [
    '<!doctype html>',
    `<html lang="${words.lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${words.title}</title></head><body>`,
    `<h1>${escaped(headline(state, Date.parse(state.now), said))}</h1>`,
    ...state.notReady.map((one) => `<p>${escaped(reasonText(one, language))}</p>`),
    `<table border="1"><caption>${escaped(plain.caption)}</caption>`,
    `<tr>${columns.map((one) => `<th scope="col">${escaped(one)}</th>`).join('')}</tr>`,
    ...rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`),
    '</table>',
    ...(live ? [`<p>${escaped(plain.requests(live.requests.inFlight, live.requests.waiting))}</p>`] : []),
    `<p>${escaped(plain.queue(queue.waiting, queue.answered, queue.dead))}</p>`,
    `<p>#${state.seq} · ${escaped(state.now)} · ${escaped(plain.reload)}</p>`,
    '</body></html>',
  ].join('\n');
}

/** Instead of the page, when its files are not where the program is. */
export function missingPage(language: Language): string {
  const { title, lang, plain } = pageWordsOf(language);
  return [
    '<!doctype html>',
    `<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${title}</title></head><body>`,
    `<p>${escaped(plain.missing)}</p>`,
    '<p><a href="/plain">/plain</a></p>',
    '</body></html>',
  ].join('\n');
}

function cells(one: PageEndpoint, language: Language): readonly string[] {
  const { failures } = storyWordsOf(language);
  return [
    `${one.name} ${one.id}`,
    codeText('states', one.state, language),
    one.since,
    one.until ?? '',
    one.because === null ? '' : (failures[one.because] ?? one.because),
    one.successRate === null ? '' : `${Math.round(one.successRate * 100)} %`,
    one.avgResponseMs === null ? '' : `${one.avgResponseMs} ms`,
  ];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (one) => entities[one] ?? one);
}
