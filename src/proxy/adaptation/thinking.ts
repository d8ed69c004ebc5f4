/**
 * Blocks of thinking belong to the endpoint that signed them. Those of others are cut out of a conversation by their byte ranges, and what the
 * API's rules then ask for is put right: an assistant's turn is never empty, a breakpoint of the cache stays near where it stood, and
 * thinking is off for a request in the middle of a tool loop that has lost its beginning.
 */
import { createHash } from 'node:crypto';
import type { BodyChange } from './body-change.ts';
import type { Place, RequestPlaces } from './request-places.ts';

/** A block of thinking, and what it is known by again. */
export interface ThinkingBlock {
  readonly place: Place;
  readonly mark: string;
}

// Claude Code itself puts these words where a message has nothing.
const emptyText = '{"type":"text","text":"(no content)"';
const thinkingOff = Buffer.from('{"type":"disabled"}');
// A part of a signature, or of a hash: a mark tells blocks of one session apart.
const markLetters = 32;

/** Messages of a conversation, without those of the system that stand among them. */
function messagesIn(places: RequestPlaces): readonly Place[] {
  return places.elements(places.member(0, 'messages')).filter((one) => roleOf(places, one) !== 'system');
}

function roleOf(places: RequestPlaces, message: Place): string | null {
  return places.text(places.member(message, 'role'));
}

function typeOf(places: RequestPlaces, block: Place): string | null {
  return places.text(places.member(block, 'type'));
}

function blocksOf(places: RequestPlaces, message: Place): readonly Place[] {
  return places.elements(places.member(message, 'content'));
}

function isThinking(type: string | null): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

/** All blocks of thinking that its assistant's turns have. */
export function thinkingIn(places: RequestPlaces): readonly ThinkingBlock[] {
  return messagesIn(places)
    .filter((message) => roleOf(places, message) === 'assistant')
    .flatMap((message) => blocksOf(places, message))
    .filter((block) => isThinking(typeOf(places, block)))
    .map((place) => ({ place, mark: markOf(places, place) }));
}

/** By its signature, or what stands for one; by all of it where it has neither. */
function markOf(places: RequestPlaces, block: Place): string {
  const signed = places.member(block, 'signature') ?? places.member(block, 'data');
  const length = signed === undefined ? 0 : places.end(signed) - places.start(signed) - 2;
  if (signed === undefined || length < markLetters) {
    const of = places.bytes(signed === undefined || length <= 0 ? block : signed);
    return createHash('sha256').update(of).digest('base64').slice(0, markLetters);
  }
  // Signatures begin alike, and end in what tells them apart.
  const end = places.end(signed) - 1;
  return `${length} ${places.body.toString('latin1', end - markLetters, end)}`;
}

/**
 * Cuts these blocks out. How many; and whether thinking is off for this request.
 * @param wantsStart a tool loop has to begin with thinking, wherever it was left out
 */
export function withoutThinking(
  change: BodyChange,
  foreign: readonly Place[],
  wantsStart = false,
): { readonly blocks: number; readonly isOff: boolean } {
  const { places } = change;
  const gone = new Set(foreign);
  for (const block of gone) change.cut(block);
  const messages = messagesIn(places);
  for (const [i, message] of messages.entries()) {
    const blocks = blocksOf(places, message);
    if (!blocks.some((block) => gone.has(block))) continue;
    const isEmpty = blocks.every((block) => gone.has(block));
    const breakpoint = blocks
      .filter((block) => gone.has(block))
      .map((block) => places.member(block, 'cache_control'))
      .findLast((one) => one !== undefined);
    if (isEmpty) fill(change, message, breakpoint);
    else if (breakpoint !== undefined) moveBreakpoint(change, messages.slice(0, i + 1), breakpoint);
  }
  const isLost = (gone.size > 0 || wantsStart) && isLoopWithoutThinking(places, messages, gone, wantsStart);
  const isOff = isLost && switchOff(change);
  return { blocks: gone.size, isOff };
}

function fill(change: BodyChange, message: Place, breakpoint: Place | undefined): void {
  const { places } = change;
  const content = places.member(message, 'content') as Place;
  const cache = breakpoint === undefined ? '' : `,${memberText(places, breakpoint)}`;
  change.replace(content, Buffer.from(`[${emptyText}${cache}}]`));
}

function memberText(places: RequestPlaces, member: Place): string {
  return places.body.toString('utf8', places.from(member), places.end(member));
}

/** To the nearest block before it that may have one. It has one already, or there is none: this one goes. */
function moveBreakpoint(change: BodyChange, messages: readonly Place[], breakpoint: Place): void {
  const { places } = change;
  const cutAt = places.from(breakpoint);
  for (const message of messages.toReversed()) {
    const content = places.member(message, 'content');
    if (content === undefined || !places.isList(content)) return;
    const before = places
      .children(content)
      .findLast((block) => places.start(block) < cutAt && !change.isCut(block) && mayHaveBreakpoint(places, block));
    if (before === undefined) continue;
    if (places.member(before, 'cache_control') === undefined && !change.isChanged(content))
      change.add(before, Buffer.from(memberText(places, breakpoint)));
    return;
  }
}

/** Neither thinking nor an empty text. */
function mayHaveBreakpoint(places: RequestPlaces, block: Place): boolean {
  if (!places.isObject(block)) return false;
  const type = typeOf(places, block);
  return !isThinking(type) && !(type === 'text' && places.text(places.member(block, 'text')) === '');
}

/**
 * The request stands in a tool loop: its last messages are an assistant's tool uses and their results. Something was cut out of it, and
 * its last turn does not begin with thinking any more.
 */
function isLoopWithoutThinking(
  places: RequestPlaces,
  messages: readonly Place[],
  gone: ReadonlySet<Place>,
  wantsStart: boolean,
): boolean {
  const has = (message: Place, type: string) =>
    blocksOf(places, message).some((block) => typeOf(places, block) === type);
  let last: Place | undefined;
  let isTouched = wantsStart;
  for (const message of messages.toReversed()) {
    const isAssistant = roleOf(places, message) === 'assistant';
    if (!has(message, isAssistant ? 'tool_use' : 'tool_result')) break;
    if (!isAssistant) continue;
    last ??= message;
    isTouched ||= blocksOf(places, message).some((block) => gone.has(block));
  }
  if (last === undefined || !isTouched) return false;
  const first = blocksOf(places, last).find((block) => !gone.has(block));
  return first === undefined || !isThinking(typeOf(places, first));
}

/** With thinking go what depends on it: how much of it is wanted, and how much of it is kept. Whether it was on. */
function switchOff(change: BodyChange): boolean {
  const { places } = change;
  const on = places.named(0, 'thinking').filter((one) => places.text(places.member(one, 'type')) !== 'disabled');
  if (on.length === 0) return false;
  for (const thinking of on) change.replace(thinking, thinkingOff);
  for (const config of places.named(0, 'output_config')) cutOut(change, config, places.named(config, 'effort'));
  for (const management of places.named(0, 'context_management')) {
    const edits = places.member(management, 'edits');
    const clears = places.elements(edits).filter((edit) => typeOf(places, edit)?.startsWith('clear_thinking') === true);
    if (edits !== undefined && cutOut(change, edits, clears)) cutOut(change, management, [edits]);
  }
  return true;
}

/** Cuts these out; with the last of them the whole goes. True: it has gone. */
function cutOut(change: BodyChange, whole: Place, parts: readonly Place[]): boolean {
  if (parts.length === 0) return false;
  for (const part of parts) change.cut(part);
  const isGone = change.isEmptied(whole);
  if (isGone) change.cut(whole);
  return isGone;
}
