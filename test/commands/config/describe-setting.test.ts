/** `qcc config describe` says all there is to know of one setting, on a narrow terminal too. */
import { describe, expect, it } from 'vitest';
import { settingKeys } from '../../../src/config/settings/settings.ts';
import { widthOf } from '../../../src/terminal/width.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

async function home() {
  const run = at(temporaryHome());
  await run('init');
  return run;
}

describe('qcc config describe', () => {
  it('says what a setting does, its value, default, range, unit, and what a change needs', async () => {
    const run = await home();
    const { code, out } = await run('config', 'describe', 'failover.cooldown');
    expect(code).toBe(0);
    expect(out).toBe(`failover.cooldown
  the shortest time from a switch to the next failover

  value     300 (the default)
  default   300
  range     0–86400 s
  unit      seconds
  restart   not needed: it takes effect at once
  change    qcc config set failover.cooldown VALUE
  override  QCC_FAILOVER_COOLDOWN
`);
    expect((await run('config', 'describe', 'proxy.port')).out).toContain(
      'needed: it takes effect after qcc proxy restart',
    );
  });

  it('says it in Chinese', async () => {
    const { out } = await (await home())('config', 'describe', 'failover.cooldown', '--lang', 'zh-CN');
    for (const said of ['默认值', '单位      秒', '0–86400 秒', '不需要：立即生效']) expect(out).toContain(said);
  });

  it('says where the value comes from', async () => {
    const run = await home();
    await run('config', 'set', 'failover.cooldown', '120');
    expect((await run('config', 'describe', 'failover.cooldown')).out).toContain('120 (set by you)');
    expect((await run('config', 'describe', 'failover.cooldown', '--json')).json()).toEqual({
      key: 'failover.cooldown',
      about: 'the shortest time from a switch to the next failover',
      value: 120,
      origin: 'set',
      range: 'a number of seconds from 0 to 86400',
      default: 300,
      env: 'QCC_FAILOVER_COOLDOWN',
      restart: false,
      unit: 'seconds',
    });
  });

  it('fits 80 columns for every setting', { timeout: 60_000 }, async () => {
    const run = await home();
    const { columns } = process.stdout;
    process.stdout.columns = 80;
    try {
      for (const key of settingKeys)
        for (const lang of ['en', 'zh-CN']) {
          const { out } = await run('config', 'describe', key, '--lang', lang);
          expect(out.split('\n').filter((line) => widthOf(line) > 80)).toEqual([]);
        }
    } finally {
      process.stdout.columns = columns;
    }
  });

  it('says what may be meant by a name that does not exist', async () => {
    const { code, err } = await (await home())('config', 'describe', 'failover.cooldwn');
    expect([code, err]).toEqual([2, expect.stringContaining('failover.cooldown')]);
  });
});
