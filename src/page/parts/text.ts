/** What views say in the same way: times, names, facts as sentences, links. */

import type { NextRow } from '../../contract/health.ts';
import type { FactRow } from '../../contract/history.ts';
import { clockOf, dayOf, shortSpan } from '../../platform/time.ts';
import { visible } from '../../platform/visible.ts';
import { clock, kept, names, place, today, words } from '../live/store.ts';
import { elsewhere, fragmentOf, type Place, type View, withOptions } from '../place.ts';
import type { PageText } from '../words/words.ts';

/** The words are loaded before the first view is drawn. */
export function text(): PageText {
  if (!words.value) throw new Error('a view is drawn before its words are there');
  return words.value;
}

/** `14:03:22`, with its day when that is not today's. */
export function timeOf(at: string | number): string {
  const instant = typeof at === 'string' ? Date.parse(at) : at;
  const day = dayOf(instant);
  return day === today.value ? clockOf(instant) : `${day} ${clockOf(instant)}`;
}

/** So long ago, or ahead. */
export function spanTo(at: string): string {
  return shortSpan(Date.parse(at) - clock.value);
}

export function nameOfEndpoint(id: string): string {
  return names.value.get(id) ?? id;
}

export function hrefOf(view: View, about: string | null = null, options: Place['options'] = {}): string {
  const at = kept.value;
  return fragmentOf(elsewhere({ options: at === undefined ? {} : { at } }, view, about, options));
}

/** The same place at another moment. */
export function hrefAt(seq: number): string {
  return fragmentOf(withOptions(place.value, { at: String(seq) }));
}

/** A fact as a sentence; what a newer gateway wrote is told by its type. */
export function sentenceOf({ type, data, at }: FactRow): string {
  const { story } = text();
  const sentences = story.sentences as unknown as Readonly<
    Record<string, ((data: object, telling: object) => string) | undefined>
  >;
  const sentence = Object.hasOwn(sentences, type) ? sentences[type] : undefined;
  return visible(sentence?.(data, { name: nameOfEndpoint, at: Date.parse(at) }) ?? type);
}

/** What is there once: the gateway, its settings, its ladder. */
export function streamText(stream: string): string {
  return text().code('streams', stream);
}

/** Whom a fact is about. */
export function subjectOf({ stream }: FactRow): string {
  const at = stream.indexOf('/');
  if (at < 0) return streamText(stream);
  const [kind, id] = [stream.slice(0, at), stream.slice(at + 1)];
  if (kind === 'endpoint') return nameOfEndpoint(id);
  return kind === 'request' ? shortId(id) : id;
}

/** The random end of a request's id, as the history prints it: the beginning is the time. */
export function shortId(request: string): string {
  return request.slice(-8);
}

/** Why something is so, by a failure's word. */
export function becauseText(because: string | null): string {
  if (because === null) return '';
  const { failures } = text().story;
  return Object.hasOwn(failures, because) ? (failures[because] ?? because) : because;
}

/** A rule of routing, in words. */
export function ruleText(rule: string): string {
  const { rules } = text().story;
  return Object.hasOwn(rules, rule) ? (rules[rule] ?? rule) : becauseText(rule);
}

/** What would move it, in words. */
export function nextText(
  { rule, params }: NextRow,
  { profile, name }: { readonly profile: string; readonly name: string },
): string {
  const say = text().story.next[rule] as (all: object) => string;
  return say({ profile, endpoint: name, ...params });
}
