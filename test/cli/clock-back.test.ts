/** The clock was set back after a log was written: relative times count from the log, and nothing is emptied by mistake. */
import { describe, expect, it } from 'vitest';
import { openInstallation } from '../../src/installation/installation.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const dayMs = 86_400_000;

/** A home whose last hour was lived with a clock that was a day ahead. */
async function homeOfTomorrow() {
  const place = temporaryHome();
  let ahead = dayMs;
  const world = { now: () => Date.now() + ahead, dice: () => 0.5 };
  const { core, close } = await openInstallation(place, world);
  const tell = (stream: string, type: string, data: object) =>
    core.report(stream, [{ type, data }], { by: 'cli', sync: true }).done;
  await tell('profile/work', 'ProfileAdded', { name: 'work', description: '' });
  ahead += 60_000;
  await tell('config', 'SettingChanged', { key: 'queue.hold', from: null, to: 55 });
  await close();
  return at(place);
}

describe('after the clock was set back', () => {
  it('config rollback -2s goes back two seconds in the log, and not to the time before the first fact', async () => {
    const run = await homeOfTomorrow();
    const { code, err } = await run('config', 'rollback', '-2s', '--yes');
    expect({ code, err }).toMatchObject({ code: 0 });
    expect((await run('list', '--json')).json()).toMatchObject({ profiles: [{ name: 'work' }] });
    expect((await run('config', 'get', 'queue.hold', '--json')).json()).toMatchObject({ value: 120 });
  });

  it('history since a minute ago, and history at now, find the latest facts', async () => {
    const run = await homeOfTomorrow();
    expect((await run('history', '--since', '-30s', '--json')).out).toContain('SettingChanged');
    expect((await run('history', '--since', '-30s', '--json')).out).not.toContain('ProfileAdded');
    expect((await run('history', '--at', 'now', '--json')).json()).toMatchObject({ profiles: [{ name: 'work' }] });
    expect((await run('config', 'audit', '--from', '-2m', '--json')).out).toContain('config.set');
    expect((await run('config', 'audit', '--since', '2m', '--json')).out).toContain('config.set');
    expect((await run('config', 'audit', '--since', '2m', '--from', '2m')).code).toBe(2);
  });
});

describe('a rollback to before the first fact', () => {
  it('is refused, unless it is requested by its number', async () => {
    const run = await homeOfTomorrow();
    for (const moment of ['2020-01-01', '-100d']) {
      const { code, err } = await run('config', 'rollback', moment, '--yes');
      expect({ code, err }).toEqual({ code: 6, err: expect.stringContaining("qcc config rollback '#0'") });
    }
    expect((await run('list', '--json')).json()).toMatchObject({ profiles: [{ name: 'work' }] });
    expect((await run('config', 'rollback', '#0', '--yes')).code).toBe(0);
    expect((await run('list', '--json')).json()).toEqual({ profiles: [] });
  });
});
