/** The first hour of a newcomer, in the order in which it happens. Every wait is for the screen or for the gateway, never for a time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from './client.mjs';

const longName = 'the-account-of-the-team-in-the-old-house';

/** Breaks the set-up off at each question: what is in the home must then be whole. */
export async function leaveEverywhere(it) {
  const answers = [
    ['whence', () => it.keys('Down', 'Enter')],
    ['address', () => it.enter(it.first.url)],
    ['key', () => it.enter(it.first.key)],
    ['name', () => it.keys('Enter')],
    ['another one', () => it.keys('Right', 'Enter')],
    ['how to run', () => it.keys('Down', 'Down', 'Enter')],
    ['Claude Code', undefined],
  ];
  const added = 4;
  for (let at = 0; at < answers.length; at++) {
    await it.newHome();
    await it.begin('qcc');
    for (let asked = 0; asked < at; asked++) {
      await it.question(asked);
      await answers[asked][1]();
    }
    await it.question(at);
    await it.keys('C-c');
    it.hold('^C ends with 130', await it.ended(), 130);
    await it.record(`the set-up is left at its question: ${answers[at][0]}`, { onlyAfter: at === 0 ? undefined : '■' });
    await isWhole(it, at < added ? 0 : 1);
  }
}

/** A vendor whose address is known, on a terminal that changes its width in the middle of the list. */
export async function choosePreset(it) {
  await it.newHome();
  await it.begin('qcc');
  await it.question(0);
  await it.keys('Enter');
  await it.question(1, 'the vendors whose addresses are known');
  await it.resizedAndBack();
  await it.keys('Down', 'Up');
  await it.record('the same after the terminal was narrower for a moment', { onlyAfter: '◆' });
  await it.keys('Enter');
  await it.question(2);
  await it.keys('Enter');
  it.hold('without a key the step is left', await it.ended(), 0);
  await it.record('no key was typed', { onlyAfter: '◇' });
  await isWhole(it, 0);
}

async function isWhole(it, count) {
  const { profiles } = JSON.parse((await it.qcc('list', '--json')).out);
  it.hold('profiles', profiles.length, count);
  for (const { name } of profiles) {
    const { endpoints } = JSON.parse((await it.qcc('endpoint', 'list', name, '--json')).out);
    it.hold(
      'endpoints, each with a key',
      endpoints.map(({ key }) => typeof key),
      ['string'],
    );
  }
  const all = existsSync(it.home) ? readdirSync(it.home, { recursive: true, withFileTypes: true }) : [];
  const files = all.filter((entry) => entry.isFile());
  it.hold(
    'files that were not finished',
    files.filter(({ name }) => /tmp|part/.test(name)).map(({ name }) => name),
    [],
  );
  const isOpen = ({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1').includes(it.first.key);
  it.hold(
    'files in which the key can be read',
    files.filter(isOpen).map(({ name }) => name),
    [],
  );
  it.hold('settings of Claude Code', existsSync(join(it.folder, '.claude')), false);
  it.hold('a gateway runs', (await it.qcc('proxy', 'status')).code, 3);
}

export async function setUp(it) {
  await it.newHome();
  await it.begin('qcc');
  let asked = 0;
  const next = (name) => it.question(asked++, name);
  await next('where from');
  await it.keys('Down', 'Enter');
  await next('address');
  await it.enter('relay.example');
  await it.sees('▲');
  await it.record('an address that cannot be one');
  await it.keys('C-u');
  await it.enter(it.first.url);
  await next('key');
  await it.enter(it.first.key);
  await next('name of the profile');
  await it.keys('C-u');
  await it.enter('work');
  await next('another endpoint');
  await it.keys('Enter');
  await next('where the second one is from');
  await it.keys('Down', 'Enter');
  await next();
  await it.enter(it.second.url);
  await next();
  await it.enter(it.second.key);
  await next();
  await it.keys('C-u');
  await it.enter('spare');
  await next('a test that fails');
  await it.keys('Down', 'Enter');
  await next('and then passes');
  await it.keys('Right', 'Enter');
  await next('how to run');
  await it.keys('Down', 'Enter');
  await next('Claude Code');
  await it.keys('Enter');
  it.hold('the set-up ends well', await it.ended(), 0);
  await it.record('the whole set-up');
}

export async function lookAround(it) {
  await it.shows('qcc');
  await it.begin('qcc endpoint list');
  await it.question(0, 'a missing argument is asked for');
  await it.keys('Enter');
  await it.ended();
  await it.record('qcc endpoint list');
  await it.begin('qcc endpoint add');
  await it.question(0, 'a command that lacks all');
  await it.keys('C-c');
  it.hold('^C ends with 130', await it.ended(), 130);
  await it.record('qcc endpoint add, left');
  await it.begin('qcc endpoint update spare --api-key-stdin');
  await it.question(0);
  await it.keys('Enter');
  await it.question(1);
  await it.type(it.second.key);
  await it.sees('▪▪▪▪▪▪▪▪');
  await it.keys('C-c');
  it.hold('^C ends with 130', await it.ended(), 130);
  await it.record('a key is asked for, and the question is left');
  await it.begin('qcc remove spare');
  await it.question(0, 'what will happen is said before it is done');
  await it.type('n');
  it.hold('a no ends with 130', await it.ended(), 130);
  await it.record('qcc remove, declined');
  for (const command of ['health status', 'priority list', 'proxy stop', 'proxy start'])
    await it.shows(`qcc ${command}`);
}

export async function outage(it) {
  for (let n = 0; n < 3; n++) it.hold('a request is answered', await ask(it.gateway), 200);
  await it.shows('qcc status');
  // With a time of its own: whether a shorter one is over would depend on the machine.
  await it.first.play({ kind: 'status', status: 529, type: 'overloaded_error', headers: { 'retry-after': '900' } });
  for (let n = 0; n < 12 && (await it.active()) === 'work'; n++) it.hold('none fails', await ask(it.gateway), 200);
  it.hold('the ladder has moved', await it.active(), 'spare');
  for (const command of [
    'status',
    'incidents',
    'incidents show 1',
    'incidents show',
    'history',
    'history explain',
    'route',
    'debug',
    'debug endpoint',
    'proxy logs',
    'proxy stats',
    'queue list',
    'health status',
    'priority list',
    'config describe failover.cooldown',
    '--help',
    'endpoint add --help',
  ])
    await it.shows(`qcc ${command}`);
}

/** One name as long as names get: it must take nothing from the others. */
export async function longNames(it) {
  const added = await it.qcc(
    'add',
    longName,
    '--base-url',
    it.first.url,
    '--api-key',
    it.first.key,
    '--tier',
    'fallback',
    '--auth',
    'bearer',
    '--no-test',
  );
  it.hold('a long name is taken', added.code, 0);
  for (const command of [
    'status',
    'list',
    `endpoint list ${longName}`,
    'priority list',
    'route',
    'health status',
    'history --limit 3',
  ])
    await it.shows(`qcc ${command}`);
  await it.shows('qcc proxy stop');
}
