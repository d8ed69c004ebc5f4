/** A gateway on another machine. */
export const remote = {
  needsToken: 'a gateway on another machine wants a token',
  noTokenOnStdin: 'there is no token on stdin',
  askToken: 'Token (qcc token add, on the machine of the gateway)',
  used: (url: string) => `qcc uses the gateway ${url}`,
  answers: (url: string) => `${url} answers, and knows the token`,
  start: 'start Claude Code',
  noneUsed: 'no gateway of another machine is used',
  ended: (url: string) => `${url} is not used any more`,
  exportCa: 'Claude Code reads it at its start, so it belongs into your shell as well:',
};

export type RemoteWords = typeof remote;
