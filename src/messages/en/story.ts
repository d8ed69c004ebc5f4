/** The history in English: what its screens say, and what they tell of facts. */
import type { StoryWords } from './story-words.ts';
import { timers, told } from './told.ts';
import { whatIf } from './what-if.ts';

const lines: StoryWords['lines'] = {
  servedAlike: (count, endpoint, until, ms) =>
    `${count} requests answered by ${endpoint} until ${until}, half of them within ${ms} ms`,
  moreLike: (count, shown, until) => `… ${count} more like ${shown} until ${until}`,
  nothingChanged: 'nothing changed',
  whyNot: (rule, failure) => (failure === null ? rule : `${rule} (${failure})`),
  believes: (until, belief) => `until ${until}: ${belief}`,
  beliefs: {
    observed: 'seen by qcc',
    advertised: 'told by the endpoint, and probed sooner',
    inferred: 'estimated from its past',
  },
  strikes: (count) => `strikes in a row: ${count}`,
  lastError: (error) => `last error: ${error}`,
  countsNot: (until) => `does not count tokens; not asked for that until ${until}`,
  tooLarge: (size, until) => `refuses bodies of ${size} and more; not sent such until ${until}`,
  lacks: (model, until) => `says that it does not have ${model}; not asked for it again until ${until}`,
  goesIn: (state, span) => `→ ${state} in ${span}`,
  ...told.moves,
  timers,
  sentAs: (rule, model) => `${rule}; asked for ${model}`,
  candidates: (view) => `candidates, as they were at #${view}`,
  madeSo: (what) => `how ${what} came to be so`,
  itsFacts: 'what happened to it, and what followed',
  switchesAround: 'switches shortly before and after',
  running: (count) => `requests in flight: ${count}`,
  permitTaken: 'its one trial request is running',
  budget: (left, most) => `retry budget: ${left} of ${most} further attempts left`,
  lastFacts: 'last facts',
  quits: 'q quits',
  more: (count) => `… ${count} more lines`,
  unreached: (why) => `cannot be fetched: ${why}`,
  needsTerminal: '--watch needs a terminal; into a pipe, use --json',
};

const capsule: StoryWords['capsule'] = {
  pageWritten: (file, facts) =>
    `${file}: ${facts} facts, without keys, prompts, sessions and paths; any browser opens it, without qcc and without a network`,
  written: (file, facts) =>
    `${file}: ${facts} facts, without keys, prompts, sessions and paths; to query it: qcc history explain … --from-log ${file}`,
};

export const en: StoryWords = { ...told, lines, capsule, whatIf };
