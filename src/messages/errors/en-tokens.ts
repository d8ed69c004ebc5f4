/** The errors of named tokens, and of gateways on other machines, in English. */
import type { ErrorCode, ErrorWords } from './params.ts';

export const tokenErrorsEn: Pick<ErrorWords, Extract<ErrorCode, `QCC_${'REMOTE' | 'TOKEN'}_${string}`>> = {
  QCC_REMOTE_PROFILE: {
    message: ({ url, said }) => `${url}: ${said}`,
    hint: () => "qcc code without --profile; on the gateway's machine: qcc list",
  },
  QCC_REMOTE_REFUSED: {
    message: ({ url, said }) => `${url} does not let this token in: ${said}`,
    hint: ({ url }) => `qcc use --gateway ${url} --token-stdin; on the gateway's machine: qcc token list`,
  },
  QCC_REMOTE_STRANGE: {
    message: ({ url, status }) => `${url} answers, and is no qcc gateway (${status})`,
    hint: () => "on the gateway's machine: qcc proxy status",
  },
  QCC_REMOTE_UNREACHABLE: {
    message: ({ url, why }) => `${url} does not answer (${why})`,
    hint: ({ other }) =>
      other
        ? `it may be ${other}: on the gateway's machine, qcc proxy status`
        : "on the gateway's machine: qcc proxy status",
  },
  QCC_REMOTE_UNTRUSTED: {
    message: ({ url, why }) => `the certificate of ${url} is not trusted (${why})`,
    hint: () => "--ca ca.pem, with the file that qcc proxy cert --print names on the gateway's machine",
  },
  QCC_TOKEN_EXISTS: {
    message: ({ name }) => `there is a token "${name}" already`,
    hint: ({ name }) => `qcc token rotate ${name}`,
  },
  QCC_TOKEN_MANY: {
    message: ({ most }) => `there are ${most} tokens that hold, which is the most`,
    hint: () => 'qcc token list',
  },
  QCC_TOKEN_NAME: {
    message: ({ name }) =>
      `"${name}" cannot be the name of a token: 1 to 64 letters, digits, - _ . and no leading dot or dash, and no word like constructor`,
    hint: () => 'qcc token add laptop',
  },
  QCC_TOKEN_REVOKED: {
    message: ({ name }) => `token "${name}" is revoked`,
    hint: ({ name }) => `qcc token add ${name}`,
  },
  QCC_TOKEN_UNKNOWN: {
    message: ({ name }) => `there is no token "${name}"`,
    hint: ({ near, known }) =>
      known ? `${near ? `did you mean ${near}? ` : ''}there are: ${known}` : 'qcc token add laptop',
  },
};
