/** Whatever strangers wrote into the log, the home, an answer or a file: no command passes on what a terminal obeys. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { complete } from '../../src/cli/complete.ts';
import { root } from '../../src/cli/manifest.ts';
import type { Command } from '../../src/commands/command.ts';
import { codeText } from '../../src/messages/codes.ts';
import { notifyWordsOf } from '../../src/messages/notify.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import { programFor } from '../../src/notify/desktop.ts';
import { messageOf } from '../../src/notify/message.ts';
import { visible, visibleJson } from '../../src/platform/visible.ts';
import { accessLine } from '../../src/proxy/server/access-log.ts';
import { makeOutput } from '../../src/terminal/output.ts';
import { tableLines } from '../../src/terminal/table.ts';
import { print, rendered, styled } from '../../src/terminal/terminal.ts';
import { widthOf } from '../../src/terminal/width.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { at, listening } from './command.ts';
import { evil, hostileHome, obeyedIn, whole } from './hostile.ts';

const endpoint = '3fa2383e';
const queued = '01a20fdd-0e87-79ef-a970-ef0d05';

/** Command lines that reach further than evil arguments do; null for what serves, starts programs, or would remove the home. */
function commandLines(folder: string): Readonly<Record<string, readonly (readonly string[])[] | null>> {
  const at = (name: string) => join(folder, name);
  const name = `main${evil}`;
  return {
    '': null,
    init: [[]],
    list: [[]],
    status: [[]],
    env: [[], ['--shell', evil]],
    'notify test': [[]],
    'token add': [[evil], ['ann', '--profile', evil], ['bob', '--expires', evil]],
    'token list': [[]],
    'token change': [[evil, '--profile', evil]],
    'token rotate': [[evil]],
    'token revoke': [[evil]],
    'proxy start': null,
    'proxy run': null,
    'proxy restart': null,
    'proxy stop': [[]],
    'proxy running': [[], ['--limit', '1']],
    'proxy status': [[]],
    'proxy logs': [[], ['--level', evil]],
    'proxy stats': [[], ['--export', at('stats.json')]],
    'proxy cert': [['--name', evil], ['--print']],
    'proxy install-service': [['--print']],
    'endpoint list': [[name], [name, '--verbose'], [evil]],
    'endpoint test': [[name], [name, endpoint]],
    'endpoint stats': [[name]],
    'endpoint update': [
      [name, endpoint, '--weight', '7'],
      [name, endpoint, '--base-url', `http://${evil}`],
    ],
    'endpoint show': [[name, endpoint]],
    'endpoint forget': [
      [name, endpoint],
      [name, endpoint, '--what', evil],
    ],
    'endpoint disable': [[name, endpoint]],
    'endpoint enable': [[name, endpoint]],
    'endpoint add': [
      [name],
      [name, '--base-url', evil, '--api-key', 'sk-ant-0123456789abcdef'],
      [name, '--preset', evil],
    ],
    'priority list': [[]],
    'priority history': [[]],
    'priority policy': [[]],
    'priority set': [
      [name, 'primary'],
      [name, evil],
    ],
    'priority switch': [[name], [name, '--reason', evil], ['--release']],
    'health status': [[]],
    'health metrics': [[], [endpoint]],
    'health history': [[endpoint], [evil]],
    'health test': [[], [endpoint, '--verbose']],
    'health check': [[evil]],
    'health reset': [[endpoint]],
    'health config': [[], ['--model', evil]],
    'queue status': [[]],
    'queue list': [[], ['--state', evil]],
    'queue show': [[queued], [queued, '--answer'], [evil]],
    'queue retry': [[queued]],
    'queue retry-all': [[]],
    'queue drop': [[queued]],
    'queue clear': [[]],
    'queue config': [[], ['--strategy', evil]],
    'config get': [['proxy.port'], [evil]],
    'config set': [
      ['health.model', evil],
      [evil, evil],
      ['notify.webhook', evil],
    ],
    'config list': [[], ['--show-origin']],
    'config export': [[at('export.json')]],
    'config import': [[at('export.json')], [at('stranger.json')], [at(`none${evil}`.replaceAll('\0', ''))]],
    'config validate': [[], [name]],
    'config doctor': [[]],
    'config snapshot': [[evil]],
    'config snapshots': [[]],
    'config diff': [['#1'], ['#1', 'now']],
    'config rollback': [['#1', '--dry-run'], [evil]],
    'config audit': [
      [],
      ['--export', at('audit.csv')],
      ['--export', at('audit.json')],
      ['--action', evil],
      ['--target', evil],
    ],
    'config reset': [[evil], []],
    'config backup': [[at('backup.qcc')]],
    'config restore': [[at('stranger.json')]],
    history: [[], ['--limit', '5'], ['--at', 'now'], ['--type', evil], ['--stream', evil], ['--since', evil]],
    'history verify': [[]],
    'history stats': [[]],
    'history diff': [['#1', 'now']],
    'history explain': [[endpoint], [evil]],
    'history what-if': [[], ['--set', `${evil}=1`]],
    'history export': [
      ['--incident', at('incident.ndjson')],
      ['--incident', at('hashed.ndjson'), '--hash-names'],
    ],
    'history repair': [[]],
    'history compact': [[]],
    route: [[], ['--model', evil], ['--session', evil]],
    incidents: [[], ['--since', evil], ['--limit', evil]],
    'incidents show': [[], [evil]],
    debug: [[], [endpoint], [evil], ['--at', '#9']],
    'debug chart': [[endpoint], ['endpoint', '--format', 'dot'], [evil]],
    add: [[`x${evil}`], [`x${evil}`, '--description', evil], ['plain', '--description', evil]],
    fc: [['--list'], ['--preset', evil, '--name', evil]],
    use: [[name], [evil]],
    default: [[name], [evil]],
    'endpoint remove': [
      [name, endpoint],
      [evil, evil],
    ],
    remove: [[name], [evil]],
    code: [['--profile', evil]],
    completion: [['bash'], [evil]],
    bench: [['--url', evil]],
    demo: [['--port', evil]],
    uninstall: null,
  };
}

/** The input of a command without a line of its own above: hostile text in each field. */
function plainLines(command: Command, path: readonly string[] = []): Readonly<Record<string, readonly string[][]>> {
  const below = Object.entries(command.sub ?? {}).map(([name, sub]) => plainLines(sub, [...path, name]));
  const own = command.load ? { [path.join(' ')]: [(command.positionals ?? []).map(() => evil)] } : {};
  return Object.assign(own, ...below) as Readonly<Record<string, readonly string[][]>>;
}

function everyCommand(command: Command, path: readonly string[] = []): readonly string[] {
  const below = Object.entries(command.sub ?? {}).flatMap(([name, sub]) => everyCommand(sub, [...path, name]));
  return command.load ? [path.join(' '), ...below] : below;
}

const ways = [
  ['plain', ['--lang', 'en'], {}],
  ['plain', ['--lang', 'zh-CN'], {}],
  ['coloured', ['--lang', 'en'], { FORCE_COLOR: '1' }],
  ['as JSON', ['--lang', 'zh-CN', '--json'], {}],
] as const;

describe('a hostile home', () => {
  it('is read by every command', () => {
    const asked = Object.keys({ ...plainLines(root), ...commandLines('/nowhere') });
    expect(asked.sort()).toEqual([...everyCommand(root)].sort());
  });

  it.each([
    ['0.1.0-demo', [2]],
    // The one with something of everything, in the two ways that differ most.
    ['0.1.0-queue', [0, 3]],
    ['0.1.0-storm', [1]],
  ] as const)(
    '%s: no command prints a control sequence',
    async (past, which) => {
      for (const [way, flags, env] of ways.filter((_, i) => which.some((one) => one === i))) {
        const { home } = await hostileHome(past);
        const folder = join(dirname(home), 'files');
        mkdirSync(folder);
        mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 });
        appendFileSync(join(home, 'logs', 'access.log'), `{"level":"info","path":"${evil.replaceAll('\n', '')}"}\n`);
        const profile = { name: `p${evil}`, description: evil, endpoints: [{ name: evil, baseUrl: evil, key: evil }] };
        writeFileSync(
          join(folder, 'stranger.json'),
          JSON.stringify({ qcc: 1, settings: { [evil]: evil }, profiles: [profile] }),
        );
        const run = at(home, { ...env, PATH: '/nowhere', HOME: folder });
        // The home opens, and its past is told: an error everywhere would hold nothing.
        expect((await run('history', '--json')).out).toContain('EndpointAdded');
        for (const [command, lines] of Object.entries({ ...plainLines(root), ...commandLines(folder) })) {
          for (const args of lines ?? []) {
            const words = command === '' ? [] : command.split(' ');
            const { out, err } = await run(...words, ...args, '--yes', ...flags);
            const coloured = way === 'coloured';
            expect([command, args, obeyedIn(out, coloured), obeyedIn(err, coloured)]).toEqual([
              command,
              args,
              undefined,
              undefined,
            ]);
          }
        }
        for (const file of readdirSync(folder).filter((one) => !/stranger|backup|^none/.test(one)))
          expect([file, obeyedIn(readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n'))]).toEqual([
            file,
            undefined,
          ]);
      }
    },
    300_000,
  );

  it('gives the same results from an incident file as at home', async () => {
    const { home, facts } = await hostileHome('0.1.0-storm');
    const file = join(dirname(home), 'incident.ndjson');
    expect((await at(home)('history', 'export', '--incident', file)).code).toBe(0);
    const request = facts.find(({ type }) => type === 'RequestServed')?.stream.replace('request/', '') ?? '';
    for (const args of [
      ['history'],
      ['history', '--at', 'now'],
      ['history', 'explain', request],
      ['incidents'],
      ['incidents', 'show'],
      ['debug'],
      ['history', 'what-if'],
    ]) {
      const { code, out, err } = await at('/nowhere/qcc')(...args, '--from-log', file);
      expect([args, code, obeyedIn(out), obeyedIn(err)]).toEqual([args, 0, undefined, undefined]);
    }
  });

  it('keeps its data in JSON: escaped text equals what was recorded', async () => {
    const { home, facts } = await hostileHome('0.1.0-storm');
    const { out } = await at(home)('history', '--json', '--limit', '100000');
    const told = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { data: { model?: string } });
    const models = facts
      .filter(({ type }) => type.startsWith('Request'))
      .map(({ data }) => (data as { model: string }).model);
    expect(models[0]).toContain('\u009b');
    // Half a pair is no Unicode: the log keeps what stands for it.
    expect(new Set(told.map(({ data }) => whole(data.model ?? '')))).toContain(whole(models[0] ?? ''));
  });

  it('yields no completion that cannot be typed, and none that forges a line', async () => {
    const home = temporaryHome();
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const names = [
      { profile: 'work', endpoints: [{ id: '11111111', name: `relay\n22222222\tevil${evil}` }] },
      { profile: `evil${evil}`, endpoints: [{ id: '33333333\nFORGED', name: 'x' }] },
    ];
    writeFileSync(join(home, 'names.json'), JSON.stringify(names));
    expect(await complete(['use', '='], { QCC_HOME: home })).toEqual(['work\t1']);
    const ids = await complete(['health', 'reset', '='], { QCC_HOME: home });
    expect(ids.map((line) => line.split('\t')[0])).toEqual(['11111111']);
    expect(ids.map((line) => obeyedIn(line.replace('\t', ' ')))).toEqual([undefined]);
  });
});

describe('an endpoint that answers with control sequences', () => {
  it('has them made visible by commands and by the gateway', async () => {
    const upstream = createServer((request, response) => {
      request.resume();
      const status = request.url?.includes('lacks') ? 404 : 400;
      response.writeHead(request.method === 'GET' ? 200 : status, { 'content-type': 'application/json' });
      const error = { type: `evil_error${evil}`, message: `no model${evil}` };
      response.end(JSON.stringify({ type: 'error', error, data: [{ id: `model${evil}` }], model: `model${evil}` }));
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void upstream.close());
    const { home, call, gateway } = await runningGateway();
    const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const { id } = await call('profile.add', {
      name: 'work',
      tier: 'primary',
      endpoint: { baseUrl, key: 'sk-ant-0123456789abcdef' },
    })
      .then(() => call('endpoint.list', { profile: 'work' }))
      .then(({ endpoints }) => ({ id: endpoints[0]?.id ?? '' }));
    const token = /ANTHROPIC_AUTH_TOKEN='?([^'\s]+)/.exec((await at(home)('env')).out)?.[1] ?? '';
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
    };
    const body = JSON.stringify({ model: `claude${evil}`, max_tokens: 1, messages: [] });
    await fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers, body }).then((answer) => answer.text());
    // What the client calls its model is remembered, and told by every look at the endpoint.
    await fetch(`${gateway.url}/v1/messages?lacks`, { method: 'POST', headers, body }).then((answer) => answer.text());
    expect((await call('health.status', {})).endpoints[0]?.lacks).toHaveLength(1);
    for (const args of [
      ['health', 'status'],
      ['health', 'check'],
      ['health', 'test', id, '--verbose'],
      ['endpoint', 'test', 'work'],
      ['status'],
      ['proxy', 'status'],
      ['proxy', 'stats'],
      ['proxy', 'logs'],
      ['health', 'history', id],
      ['history'],
      ['history', 'explain', id],
      ['debug'],
      ['queue', 'list'],
    ]) {
      for (const flags of [[], ['--json'], ['--lang', 'zh-CN']]) {
        const { out, err } = await at(home)(...args, ...flags);
        expect([args, obeyedIn(out), obeyedIn(err)]).toEqual([args, undefined, undefined]);
      }
    }
    expect(obeyedIn(readFileSync(join(home, 'logs', 'access.log'), 'utf8'))).toBeUndefined();
  });
});

// The lower ones more often: most that a terminal obeys is there. `unit: 'binary'` takes over a second before the first text.
const text = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x3000 }), fc.integer({ min: 0, max: 0x10ffff })), { maxLength: 20 })
  .map((points) => String.fromCodePoint(...points));

describe('the terminal module', () => {
  it('knows every invisible character', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      const shapeless = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(character);
      if (shapeless && visible(character) === character) throw new Error(`U+${code.toString(16)} goes out as it is`);
    }
    expect(visible('工作-1 café 🚀 ✓ naïve – “x”')).toBe('工作-1 café 🚀 ✓ naïve – “x”');
    expect(visible('a\nb\tc\u001b[31m')).toBe('a\\nb\\tc\\u001b[31m');
  });

  it('keeps JSON data unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), text, (value, any) => {
        const both = [value, any, evil];
        expect(JSON.parse(visibleJson(both))).toEqual(JSON.parse(JSON.stringify(both)));
        expect(obeyedIn(visibleJson(both))).toBeUndefined();
      }),
    );
  });

  it('passes our own styles through, around any text, and no style that a text contains', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(text, fc.constant(evil)), { maxLength: 4 }), (texts) => {
        const line = texts.map((any, i) => (i % 2 ? any : styled('red', styled('bold', any)))).join(' ');
        const said = rendered(line);
        expect(obeyedIn(said, true)).toBeUndefined();
        expect(said.split('\u001b[31m')).toHaveLength(Math.ceil(texts.length / 2) + 1);
      }),
    );
  });

  it('keeps a row of a table on its line, at the width that is shown', () => {
    const lines = tableLines(
      ['a', 'b'],
      [
        [`x${evil}`, 'y'],
        [styled('red', `x${evil}`), 'z'],
        ['short', 'w'],
      ],
      { columns: 2_000, paintHead: (text) => text },
    );
    expect(lines).toHaveLength(4);
    const shown = lines.slice(1).map((line) => rendered(line));
    expect(shown.map((line) => obeyedIn(line, true))).toEqual([undefined, undefined, undefined]);
    const before = lines.slice(1).map((line) => widthOf(line.slice(0, -1)));
    expect(new Set(before).size).toBe(1);
  });

  it('makes a stored answer visible on a terminal, and passes it unchanged to a program', async () => {
    const terminal = process.stdout.isTTY;
    onTestFinished(() => {
      process.stdout.isTTY = terminal;
    });
    const orders = evil.replaceAll(/FORGED/g, '');
    const shown = async (isTTY: boolean) => {
      process.stdout.isTTY = isTTY;
      const { out } = await listening(() => {
        makeOutput({ colour: false, quiet: false }).bytes(Buffer.from(`{"a":"${orders}"}\n`));
        return 0;
      });
      return out;
    };
    expect(await shown(false)).toBe(`{"a":"${whole(orders)}"}\n`);
    expect(obeyedIn(await shown(true))).toBeUndefined();
  });

  it('is the only module that prints', () => {
    const folder = join(import.meta.dirname, '../../src');
    const writers = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .filter((path) => /process\.std(out|err)\.write|console\.\w+\(/.test(readFileSync(join(folder, path), 'utf8')));
    // main.ts stands alone, and says one sentence of its own; output.ts clears the screen and hands bytes on.
    expect(writers.sort()).toEqual(['cli/main.ts', 'terminal/output.ts']);
  });

  it('takes a code for a word only if it is one', () => {
    for (const code of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      for (const language of ['en', 'zh-CN'] as const)
        expect([reasonText(code, language), codeText('states', code, language)]).toEqual([code, code]);
  });

  it('prints nothing for an empty text', () => {
    const written: string[] = [];
    print({ write: (text) => written.push(text) });
    expect(written).toEqual([]);
  });
});

describe('other outputs', () => {
  it('have no control sequence in a notification', () => {
    const notice = {
      kind: 'credential',
      at: 0,
      profile: `p${evil}`,
      endpoint,
      name: evil,
      because: 'billing',
    } as const;
    for (const language of ['en', 'zh-CN'] as const) {
      const message = messageOf([{ notice, count: 1 } as never], notifyWordsOf(language), 0);
      const args = [programFor('linux', message), programFor('darwin', message)].flatMap(
        (program) => program?.args ?? [],
      );
      expect(args.map((text) => obeyedIn(text)).filter((found) => found !== undefined)).toEqual([]);
    }
  });

  it('keep a line of the access log on one line, with the same data', () => {
    const data = {
      path: evil,
      status: 200,
      session: evil,
      model: evil,
      stream: true,
      durationMs: 1,
      attempts: [],
      endpoint,
      bytes: 1,
    };
    const line =
      accessLine('r1', 0, evil, { fact: { type: 'RequestServed', data }, profile: `p${evil}` } as never, 'debug') ?? '';
    expect(obeyedIn(line)).toBeUndefined();
    expect(whole((JSON.parse(line) as { model: string }).model)).toBe(whole(evil));
  });
});
