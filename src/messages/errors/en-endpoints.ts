/** The errors of endpoints and their models in English. */

import { faultsEn } from './en-faults.ts';
import { clauseOf } from './faults.ts';
import type { ErrorCode, ErrorWords } from './params.ts';

type EndpointCode = Extract<ErrorCode, `QCC_${'ENDPOINT' | 'MISSING' | 'MODEL' | 'PRESET'}_${string}`>;

const inProfile = (profile: string | number) => (profile === '' ? '' : ` in profile "${profile}"`);

export const endpointErrorsEn: Pick<ErrorWords, EndpointCode> = {
  QCC_ENDPOINT_AMBIGUOUS: {
    message: ({ id, count, profile, known }) =>
      `"${id}" can mean ${count} endpoints${inProfile(profile)}${known === '' ? '' : `: ${known}`}`,
    hint: ({ hint }) => hint,
  },
  QCC_ENDPOINT_EXISTS: {
    message: ({ baseUrl }) => `this profile has an endpoint with the same URL and key (${baseUrl})`,
    hint: ({ profile }) => `qcc endpoint list ${profile}`,
  },
  QCC_ENDPOINT_INCOMPLETE: {
    message: ({ lacks }) => `an endpoint needs ${lacks === 'key' ? 'an API key' : 'a base URL'}`,
    hint: ({ hint }) => hint,
  },
  QCC_ENDPOINT_INVALID: {
    message: ({ name, min, max, value }) => `${name} must be a whole number from ${min} to ${max}, not ${value}`,
    hint: () => 'qcc endpoint add --help',
  },
  QCC_ENDPOINT_UNKNOWN: {
    message: ({ id, profile }) => `there is no endpoint "${id}"${inProfile(profile)}`,
    hint: ({ near, hint }) => (near ? `did you mean ${near}? ${hint}` : hint),
  },
  QCC_MISSING_UNKNOWN: {
    message: ({ what, known }) =>
      `it has not refused "${what}": ${known === '' ? 'it has refused nothing' : `it has refused ${known}`}`,
    hint: ({ hint }) => hint,
  },
  QCC_MODEL_RULE: {
    message: ({ rule, ...fault }) => `"${rule}" is not a rule for a model: ${clauseOf(faultsEn, fault) ?? ''}`,
    hint: () => "--model 'claude-*haiku*=glm-4.5-air', or --model 'claude-*opus*=-'",
  },
  QCC_MODEL_RULES: {
    message: ({ count, most }) => `${count} rules are too many: ${most} at most`,
    hint: () => '--model "*=NAME"',
  },
  QCC_MODEL_TWICE: {
    message: ({ from }) => `there are two rules for "${from}"`,
    hint: ({ from }) => `--model '${from}=TO', once`,
  },
  QCC_MODEL_UNKNOWN: {
    message: ({ from, rules }) =>
      `there is no rule for "${from}": ${rules === '' ? 'this endpoint has none' : `there are ${rules}`}`,
    hint: ({ hint }) => hint,
  },
  QCC_PRESET_UNKNOWN: { message: ({ name }) => `there is no preset "${name}"`, hint: ({ hint }) => hint },
  QCC_ENDPOINT_NONE: { message: ({ text }) => text, hint: ({ hint }) => hint },
};
