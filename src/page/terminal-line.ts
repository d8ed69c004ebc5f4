/** The command that does what a button does, as one would type it. */

export interface Action {
  readonly operation:
    | 'priority.switch'
    | 'priority.release'
    | 'endpoint.enable'
    | 'endpoint.disable'
    | 'health.check'
    | 'health.reset'
    | 'queue.retry'
    | 'queue.retryAll'
    | 'queue.drop'
    | 'queue.clear'
    | 'config.set'
    | 'config.reset'
    | 'config.snapshot'
    | 'config.rollback';
  readonly params: Readonly<Record<string, unknown>>;
}

const lines: Readonly<Record<Action['operation'], (params: Readonly<Record<string, string>>) => readonly string[]>> = {
  'priority.switch': ({ profile }) => ['priority', 'switch', word(profile)],
  'priority.release': () => ['priority', 'switch', '--release'],
  'endpoint.enable': ({ profile, id }) => ['endpoint', 'enable', word(profile), word(id)],
  'endpoint.disable': ({ profile, id }) => ['endpoint', 'disable', word(profile), word(id)],
  'health.check': ({ id }) => ['health', 'check', word(id)],
  'health.reset': ({ id }) => ['health', 'reset', word(id)],
  'queue.retry': ({ id }) => ['queue', 'retry', word(id)],
  'queue.drop': ({ id }) => ['queue', 'drop', word(id)],
  'queue.retryAll': () => ['queue', 'retry-all'],
  'queue.clear': ({ state }) => ['queue', 'clear', ...(state === undefined ? [] : ['--state', state])],
  'config.set': ({ key, value }) => ['config', 'set', word(key), word(value)],
  'config.reset': ({ key }) => ['config', 'reset', word(key)],
  'config.snapshot': ({ description }) => ['config', 'snapshot', word(description)],
  'config.rollback': ({ to }) => ['config', 'rollback', word(to)],
};

export function terminalLine({ operation, params }: Action): string {
  const texts = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, textOf(value)]));
  return ['qcc', ...lines[operation](texts)].filter((part) => part !== '').join(' ');
}

/** `history what-if` with these settings. */
export function whatIfLine(set: Readonly<Record<string, string>>, since: string): string {
  return [
    'qcc history what-if',
    `--since ${since}`,
    ...Object.entries(set).map(([key, value]) => `--set ${word(`${key}=${value}`)}`),
  ].join(' ');
}

/** A moment is an object around its snapshot. */
function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return textOf(Object.values(value)[0]);
  return String(value);
}

/** As a shell takes it: quoted, unless it is plain. */
export function word(text: string | undefined): string {
  if (text === undefined) return '';
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
