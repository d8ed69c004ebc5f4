import { describe, expect, it } from 'vitest';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

async function withProfile() {
  const run = at(temporaryHome(), { MY_KEY: key });
  await run('add', 'work');
  const add = (...more: readonly string[]) =>
    run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key-env', 'MY_KEY', ...more);
  return { run, add };
}

describe('rules for models', () => {
  it('are taken in the order in which they are typed, by add and by update', async () => {
    const { run, add } = await withProfile();
    const ran = await add('--model', 'claude-*haiku*=glm-4.5-air', '--model', '*=glm-4.6', '--adapt', 'off', '--json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    const { id } = ran.json() as { id: string };
    const changed = await run(
      ...[
        'endpoint',
        'update',
        'work',
        id,
        '--model',
        'opus=-',
        '--no-model',
        '*',
        '--adapt-thinking',
        'strip',
        '--json',
      ],
    );
    expect(changed.json()).toMatchObject({
      models: [
        { from: 'claude-*haiku*', to: 'glm-4.5-air' },
        { from: 'opus', to: null },
      ],
      adapt: 'off',
      thinking: 'strip',
    });
  });

  it('stand in the long list', async () => {
    const { run, add } = await withProfile();
    await add('--model', 'haiku=glm-4.5-air', '--model', 'opus=-');
    expect((await run('endpoint', 'list', 'work', '--verbose')).out).toContain('haiku=glm-4.5-air, opus=-');
  });

  it.each([
    ['glm-4.6', 'it must be FROM=TO', '--model'],
    ['=glm-4.6', 'a name beside the "=" is missing', '--model'],
    ['claude-x=', 'a name beside the "=" is missing', '--model'],
    ['a=b=c', 'with one "="', '--model'],
    ['haiku=glm-*', 'is only allowed in FROM', '--model'],
    ['my model=x', 'one word', '--model'],
    [`haiku=${key}`, 'or a key', '--model'],
    [`haiku=${'x'.repeat(300)}`, 'at most 256', '--model'],
  ])('that are none are refused: %s', async (rule, why, hint) => {
    const { add } = await withProfile();
    const ran = await add('--model', rule);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(why);
    expect(ran.err).toContain(hint);
    expect(ran.err).not.toContain(key);
  });

  it('that are not there cannot be dropped, and those that are there are named', async () => {
    const { run, add } = await withProfile();
    const { id } = (await add('--model', 'haiku=a', '--json')).json() as { id: string };
    const ran = await run('endpoint', 'update', 'work', id, '--no-model', 'sonnet');
    expect(ran).toMatchObject({ code: 5, err: expect.stringContaining('haiku=a') });
  });

  it('have their errors in Chinese', async () => {
    const { add } = await withProfile();
    expect((await add('--model', 'x', '--lang', 'zh-CN')).err).toContain('应写作 FROM=TO');
  });

  it.each([
    ['--adapt', 'on', 'auto'],
    ['--adapt-thinking', 'drop', 'strip'],
  ])('%s takes its words alone', async (flag, wrong, right) => {
    const { add } = await withProfile();
    expect(await add(flag, wrong)).toMatchObject({ code: 2, err: expect.stringContaining(right) });
  });
});
