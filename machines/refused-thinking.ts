/**
 * What a refusal says of thinking. Two families of vendors are opposite: those that check signatures refuse what others have signed, and
 * those that ask for thinking back refuse a conversation without it. By what they say, never by their host.
 */
import { sayingsIn } from './refusal-words.ts';

export type ThinkingRefusal =
  /** It has not signed a block of thinking that is there. */
  | 'foreign'
  /** It wants thinking at the beginning of a turn that has none. */
  | 'noStart'
  /** It wants thinking back that is not there, or is not its own. */
  | 'passBack';

// A sentence or two.
const textMax = 8_192;
const passBack =
  /must be passed back|passed back to the api|\breasoning_content\b[^.\n]{0,60}\bmissing\b|\bmissing\b[^.\n]{0,60}\breasoning_content\b|\bthinking(?: blocks?| content)?[`"']? (?:is|are) missing\b|\bmissing\b[^.\n]{0,30}\bthinking[`"']? (?:blocks?|content)\b/i;
const noStart =
  /expected [`"']?thinking[`"']? or [`"']?redacted_thinking[`"']?,? but found|must start with a thinking block/i;
// The last of these have no such block at all.
const foreign =
  /\b(?:thinking|thought)[ _-]signature|\bInput tag 'thinking'|\b(?:unknown|unsupported|invalid|unexpected|unrecogni[sz]ed) (?:content )?(?:block|type)(?: type)?:? ?[`"']?thinking\b|\b(?:content|block)(?: block)? type:? ?[`"']?thinking\b[^\n]{0,40}\b(?:not supported|unsupported|not allowed|unknown|invalid)|\bsignature\b[^\n]{0,80}\bthinking\b|\bthinking\b[^\n]{0,80}\bsignature\b|redacted_thinking|\bthinking\\?[`"']? block/i;

/** A breakpoint of the cache stands where none may: the block is good. */
const ofBreakpoint = /\bcache_control\b/;

/** Null: it is about something else. */
export function thinkingRefusal(text: string): ThinkingRefusal | null {
  const said = sayingsIn(text).slice(0, textMax);
  if (passBack.test(said)) return 'passBack';
  if (noStart.test(said)) return 'noStart';
  return foreign.test(said) && !ofBreakpoint.test(said) ? 'foreign' : null;
}
