/** The schemas of input fields. Each describes its requirement in words, for the error. */
import * as v from 'valibot';
import { looksLikeKey } from '../errors/key-shape.ts';
import { visible } from '../platform/visible.ts';

// Longer than any name, id or sentence that a person writes; longer input is an error, or an attempt to fill the log.
export const nameMax = 256;
export const sentenceMax = 1_000;
export const addressMax = 2_048;
export const secretMax = 16_384;
export const pathMax = 4_096;
// Of the whole query, over the socket.
export const textMax = 1_048_576;
// The range of `Date`.
const instantMax = 8.64e15;
// The maximum of a timer of Node.
export const spanMax = 2_147_483_647;

export const text = (most: number) => v.pipe(v.string('a text'), v.maxLength(most, `at most ${most} characters`));
export const flag = v.boolean('true or false');
export const texts = v.pipe(v.array(v.string('a text'), 'a list'), v.readonly());
export const number = v.pipe(v.number('a number'), v.finite('a number'));
export const among = (min: number, max: number) =>
  v.pipe(number, v.minValue(min, `from ${min} to ${max}`), v.maxValue(max, `from ${min} to ${max}`));
export const whole = v.pipe(among(0, Number.MAX_SAFE_INTEGER), v.integer('a whole number'));
export const instant = among(-instantMax, instantMax);
export const one = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `one of ${options.join(', ')}`);

/** A reference: its target need not exist, and the text is not stored. */
export const name = text(nameMax);

export const keyMessage = 'no API key';
/** Stored in the log for ever, and shown on every screen. */
export const kept = (most: number) =>
  v.pipe(
    text(most),
    v.check((given) => visible(given) === given, 'one line without control characters'),
    v.check((given) => !looksLikeKey(given), keyMessage),
  );
/** Names of the object prototype are rejected: a script that indexes by such a name would find the prototype's property. */
export const isReserved = (given: string): boolean => given in {} || given === 'prototype';
export const called = (most: number) =>
  v.pipe(
    kept(most),
    v.check((given) => !isReserved(given), 'no word that every object knows'),
  );
export const label = v.pipe(
  called(nameMax),
  v.check((given) => given.trim() !== '', 'not empty'),
);
/** Its creator checks its form. */
export const newName = v.pipe(
  name,
  v.check((given) => !looksLikeKey(given), keyMessage),
);

export const optional = v.exactOptional;
export const nothing = v.strictObject({});
export const tier = one(['primary', 'secondary', 'fallback']);
