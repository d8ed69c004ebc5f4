import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at, qcc } from './command.ts';

/** The typed words, the message, and the next command. */
const mistakes: readonly (readonly [string, string, string])[] = [
  ['endpiont list work', 'unknown command "endpiont"', 'did you mean qcc endpoint?'],
  ['endpoint lst work', 'unknown command "lst"', 'did you mean qcc endpoint list?'],
  ['doctor', 'unknown command "doctor"', 'did you mean qcc config doctor?'],
  ['doctr', 'unknown command "doctr"', 'did you mean qcc config doctor?'],
  [
    'proxy uninstall-service',
    'unknown command "uninstall-service"',
    'did you mean qcc proxy install-service --uninstall?',
  ],
  ['priority unpin', 'unknown command "unpin"', 'did you mean qcc priority switch --release?'],
  ['code --version', 'unknown flag --version', 'what is meant for the program stands behind --: qcc code -- --version'],
  ['code --profil work', 'unknown flag --profil', 'did you mean --profile?'],
  ['endpoint rename', 'unknown command "rename"', 'did you mean qcc endpoint update --name?'],
  ['start', 'unknown command "start"', 'did you mean qcc proxy start?'],
  ['verify', 'unknown command "verify"', 'did you mean qcc history verify?'],
  ['explain 4f2a', 'unknown command "explain"', 'did you mean qcc history explain?'],
  ['stats', 'unknown command "stats"', 'did you mean qcc proxy stats, qcc endpoint stats, qcc history stats?'],
  ['config status', 'unknown command "status"', 'did you mean qcc status, qcc proxy status, qcc health status?'],
  ['xyzzyplugh', 'unknown command "xyzzyplugh"', 'see qcc --help'],
  ['toString', 'unknown command "toString"', 'see qcc --help'],
  ['endpoint constructor', 'unknown command "constructor"', 'see qcc endpoint --help'],
  ['proxy __proto__', 'unknown command "__proto__"', 'see qcc proxy --help'],
  ['endpoint add work --form other', 'unknown flag --form', 'see qcc endpoint add --help'],
  ['endpoint add work --wieght 3', 'unknown flag --wieght', 'did you mean --weight?'],
  ['list --jsno', 'unknown flag --jsno', 'did you mean --json?'],
  ['list --toString', 'unknown flag --toString', 'see qcc list --help'],
  ['list -x', 'unknown flag -x', 'see qcc list --help'],
  ['list --no-jsno', 'unknown flag --no-jsno', ''],
  ['endpoint add work --base-url', '--base-url needs a value', 'see qcc endpoint add --help'],
  ['endpoint add work --base-url --auto', '--base-url needs a value', 'see qcc endpoint add --help'],
  ['endpoint add work -f', '--from-profile needs a value', 'see qcc endpoint add --help'],
  ['list --lang', '--lang needs a value', 'see qcc list --help'],
  ['--lang', '--lang needs a value', 'see qcc --help'],
  ['list --json=yes', '--json', 'see qcc list --help'],
  ['list work', 'one argument too many: "work"', 'see qcc list --help'],
  ['add work play', 'one argument too many: "play"', 'see qcc add --help'],
  ['add work -- play', 'one argument too many: "play"', 'see qcc add --help'],
  ['priority set work primary now', 'one argument too many: "now"', 'see qcc priority set --help'],
  ['code work', 'one argument too many: "work"', 'see qcc code --help'],
  ['config export ', 'FILE is missing', 'see qcc config export --help'],
  ['config import ', 'FILE is missing', 'see qcc config import --help'],
  ['config audit --export ', '--export needs a value', 'see qcc config audit --help'],
  ['history --from-log ', '--from-log needs a value', 'see qcc history --help'],
  ['use --gateway https://gateway.lan --ca ', '--ca needs a value', 'see qcc use --help'],
  ['proxy start --host ', '--host needs a value', 'see qcc proxy start --help'],
  ['proxy logs --lines -5', '--lines must be a whole number, 0 or more, not "-5"', '--lines 20'],
  ['config audit --limit 1.5', '--limit must be a whole number, 0 or more, not "1.5"', '--limit 20'],
  ['queue list --limit -1', '--limit must be a whole number, 0 or more, not "-1"', '--limit 20'],
  ['proxy running --limit -1', '--limit must be a whole number, 0 or more, not "-1"', '--limit 20'],
  ['demo --port 99999', '--port must be a whole number from 0 to 65535, not "99999"', '--port 7860'],
  ['demo --speed 0', '--speed must be more than 0, not "0"', '--speed 10'],
  ['dashboard --port 1.5', '--port must be a whole number from 0 to 65535, not "1.5"', '--port 7860'],
  ['add', 'NAME is missing', 'see qcc add --help'],
  ['endpoint remove work', 'ID is missing', 'see qcc endpoint remove --help'],
  ['priority set work', 'TIER is missing', 'see qcc priority set --help'],
  ['priority switch', 'PROFILE is missing', 'qcc init'],
  ['use', 'NAME is missing', 'qcc init'],
  ['endpoint add work --weight heavy', '--weight must be a number, not "heavy"', 'qcc endpoint add --help'],
  ['endpoint add work --auth basic', '--auth must be one of x-api-key, bearer, not "basic"', '--auth bearer'],
  ['endpoint add work --timeout soon', '"soon" is not a duration', '30s'],
  ['add work --tier third', 'a tier is primary, secondary or fallback, not "third"', 'qcc add work --tier primary'],
  ['priority set work third', 'a tier is primary, secondary or fallback, not "third"', 'qcc priority set work primary'],
  ['use work --restore', '--restore takes no name, but "work" was given', 'qcc use --restore, or qcc use work'],
  ['use --apply --restore', '--apply and --restore contradict each other', 'use only one of them'],
  ['priority switch work --release', '--release takes no name', 'qcc priority switch --release'],
  ['history --sinc 5m', 'unknown flag --sinc', 'did you mean --since?'],
  ['config --forse import f', 'unknown flag --forse', 'see qcc config --help'],
  ['--jsn list', 'unknown flag --jsn', 'did you mean --json?'],
  ['lsit', 'unknown command "lsit"', 'did you mean qcc list?'],
  ['priority policy --auto-failover --no-auto-failover', 'contradict each other', 'use only one of them'],
  ['env --shell csh', '--shell must be one of bash, zsh, fish, pwsh, not "csh"', '--shell bash'],
  ['history --since whenever', '"whenever" is not a time', 'yesterday'],
  ['proxy logs --level loud', '--level must be one of error, warn, info, debug, not "loud"', '--level error'],
  ['proxy stop --timeout soon', '"soon" is not a duration', '30s'],
];

describe('a usage error', () => {
  it.each(mistakes)('qcc %s: %s', async (typed, what, wayOut) => {
    const home = temporaryHome();
    const ran = await at(home)(...typed.split(' '));
    expect({ code: ran.code, out: ran.out, lines: ran.err.trimEnd().split('\n') }).toEqual({
      code: 2,
      out: '',
      lines: [expect.stringContaining(what), expect.stringContaining(wayOut)],
    });
    expect(existsSync(home), 'nothing was done').toBe(false);
  });

  it('is one JSON object on stderr with --json, before the command or after it', async () => {
    for (const argv of [
      ['--json', 'endpiont'],
      ['endpiont', '--json'],
    ]) {
      const { code, out, err } = await qcc(argv);
      expect({ code, out, error: JSON.parse(err) }).toEqual({
        code: 2,
        out: '',
        error: {
          error: {
            code: 'QCC_USAGE_INVALID',
            message: 'unknown command "endpiont"',
            hint: 'did you mean qcc endpoint?',
          },
        },
      });
    }
  });

  it('is raised for a group without its sub-command: its help goes to stderr', async () => {
    const { code, out, err } = await qcc(['endpoint']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('qcc endpoint COMMAND');
  });
});

describe('global flags', () => {
  it.each([
    'list --json',
    '--json list',
    '--no-color --json --quiet list',
    '-q list --json -y',
    '--lang en list --json --no-input',
    '--lang=en --json list',
    'list --json --lang zh-CN',
  ])('qcc %s', async (typed) => {
    const ran = await at(temporaryHome())(...typed.split(' '));
    expect({ code: ran.code, err: ran.err, json: ran.json() }).toEqual({ code: 0, err: '', json: { profiles: [] } });
  });

  it('may stand between a group and its sub-command, too', async () => {
    const ran = await at(temporaryHome())('config', '--json', 'get', 'proxy.port');
    expect(ran.json()).toMatchObject({ key: 'proxy.port' });
  });

  it('are ordinary words after --', async () => {
    const home = temporaryHome();
    const { code, err } = await at(home)('default', '--', '--json');
    // It is taken for a name, and refused as one.
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('"--json" cannot be the name of a profile'),
    });
  });
});
