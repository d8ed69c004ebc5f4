/** `qcc history export --html`: one page that holds the facts, tells nothing private, and runs nothing but itself. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../../events/fact.ts';
import { openOwnFacts } from '../../../src/incident-page/own-facts.ts';
import { LevelLog } from '../../../src/log/level-log.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const secret = 'customer-4711';
/** As an older version, or another program, may have accepted it. */
const hostile = '</script><script>alert(1)</script><!--';

/** A home with a recorded storm, in which a profile has a name that would end an element, and addresses and sessions tell of a customer. */
async function home() {
  const path = temporaryHome();
  await at(path)('init');
  const text = readFileSync(join(import.meta.dirname, '../../histories/0.1.0-storm.ndjson'), 'utf8');
  const facts = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
  const [profile = ''] = facts.flatMap(({ type, data }) =>
    type === 'ProfileAdded' ? [(data as { name: string }).name] : [],
  );
  const renamed = JSON.parse(
    JSON.stringify(facts)
      .replaceAll(`"${profile}"`, `"${hostile}"`)
      .replaceAll(`"profile/${profile}"`, `"profile/${hostile}"`)
      .replaceAll(/"baseUrl":"([^"]*)"/g, `"baseUrl":"$1/${secret}"`)
      .replaceAll('"session":"', `"session":"${secret}-`),
  ) as readonly Recorded[];
  mkdirSync(join(path, 'log'), { recursive: true });
  const log = await LevelLog.open(join(path, 'log'));
  await log.append([...renamed], { sync: true });
  await log.close();
  return { run: at(path), facts: renamed, folder: dirname(path) };
}

/** The parts of the document, as a browser reads them. */
function partsOf(html: string) {
  const between = (begin: string, end: string) => {
    const from = html.indexOf(begin) + begin.length;
    return html.slice(from, html.indexOf(end, from));
  };
  const [script, style] = [between('<script type="module">', '</script>'), between('<style>', '</style>')];
  const facts = html.slice(html.indexOf('id="facts">') + 'id="facts">'.length);
  return { policy: between('content="default-src', '"'), script, style, facts };
}

describe('a page of an incident', () => {
  it('is one document whose policy names its script and its style, and allows nothing else', async () => {
    const { run, folder } = await home();
    const file = join(folder, 'incident.html');
    const { code, out, err } = await run('history', 'export', '--html', file);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(file);
    const html = readFileSync(file, 'utf8');
    const { policy, script, style } = partsOf(html);
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split(';').map((part) => part.trim())).toEqual([
      "'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(style)}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(script.length).toBeGreaterThan(100_000);
    const around = html
      .replace(script, '')
      .replace(style, '')
      .replace(/id="facts">[\s\S]*$/, '');
    expect(around.match(/\b(src|href|action)="(?!data:)[^"]*"/g)).toBeNull();
    expect(style).not.toMatch(/@import|url\(/);
    expect(script).not.toMatch(/\bimport\s*\(|[;}\n]import\b|["'`]node:/);
  });

  it('keeps a fact in its element, whatever it says', async () => {
    const { run, folder } = await home();
    const file = join(folder, 'incident.html');
    await run('history', 'export', '--html', file);
    const { facts } = partsOf(readFileSync(file, 'utf8'));
    expect(facts.match(/</g)).toEqual(['<']);
    expect(facts.endsWith('}\n</script>\n')).toBe(true);
    const { state } = await openOwnFacts(facts.replace('</script>\n', ''), file);
    expect(state.profiles.map(({ name }) => name)).toContain(hostile);
  });

  it('tells no more than an incident file does', async () => {
    const { run, folder, facts } = await home();
    const [file, page] = [join(folder, 'incident.ndjson'), join(folder, 'incident.html')];
    await run('history', 'export', '--incident', file);
    expect((await run('history', 'export', '--html', page, '--json')).json()).toEqual({
      file: page,
      facts: facts.length,
    });
    const html = readFileSync(page, 'utf8');
    const told = partsOf(html).facts.trim().split('\n').slice(0, -1);
    // Each export has a salt of its own for what it hashes.
    const unsalted = (line: string) => line.replaceAll(/"(session|sha256)":"[^"]*"/g, '"$1":""');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(told.map((line) => unsalted(JSON.stringify(JSON.parse(line))))).toEqual(
      lines.map((line) => unsalted(JSON.stringify(JSON.parse(line)))),
    );
    expect(JSON.stringify(facts).split(secret).length).toBeGreaterThan(5);
    expect(html).not.toContain(secret);
  });

  it('hashes names where that is asked for', async () => {
    const { run, folder } = await home();
    const page = join(folder, 'incident.html');
    await run('history', 'export', '--html', page, '--hash-names');
    const { facts } = partsOf(readFileSync(page, 'utf8'));
    expect(facts).toContain('"names":"hashed"');
    expect(facts).not.toContain('alert(1)');
  });

  it('takes the place of a file only when it is whole, and is its owner’s alone', async () => {
    const { run, folder } = await home();
    const page = join(folder, 'incident.html');
    writeFileSync(page, 'of before');
    const refused = await run(
      'history',
      'export',
      '--html',
      page,
      '--since',
      '2099-01-01T00:00:00Z',
      '--until',
      'nonsense',
    );
    expect(refused.code).toBe(2);
    expect(readFileSync(page, 'utf8')).toBe('of before');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await run('history', 'export', '--html', page)).code).toBe(0);
    expect(statSync(page).mode & 0o777).toBe(0o600);
    const missing = join(folder, 'no', 'page.html');
    expect((await run('history', 'export', '--html', missing)).err).toContain('mkdir -p');
    expect(existsSync(missing)).toBe(false);
  });

  it.runIf(existsSync('/dev/ptmx'))(
    'is not written to a terminal, whatever its name, but to a device that is none',
    async () => {
      const { run } = await home();
      const refused = await run('history', 'export', '--html', '/dev/ptmx');
      expect(refused).toMatchObject({ code: 2, out: '' });
      expect(refused.err).toContain('not for a terminal');
      expect((await run('history', 'export', '--html', '/dev/null')).code).toBe(0);
    },
  );

  it('is written instead of an incident file, and one of them has to be named', async () => {
    const { run, folder } = await home();
    const both = await run('history', 'export', '--html', join(folder, 'a'), '--incident', join(folder, 'b'));
    expect(both.code).toBe(2);
    expect(both.err).toContain('--html');
    expect((await run('history', 'export')).code).toBe(2);
    expect(readdirSync(folder).filter((name) => name === 'a' || name === 'b')).toEqual([]);
  });
});
