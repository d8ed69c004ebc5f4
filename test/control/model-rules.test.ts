/** The table of an endpoint's models is part of its configuration, wherever that goes. */
import { describe, expect, it } from 'vitest';
import { memoryInstallation } from '../support/installation.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const haiku = { from: 'claude-*haiku*', to: 'glm-4.5-air' };
const noOpus = { from: 'opus', to: null };
const any = { from: '*', to: 'glm-4.6' };

async function withTable() {
  const it = await memoryInstallation();
  await it.call('profile.add', { name: 'work', tier: 'primary' });
  const row = await it.call('endpoint.add', {
    profile: 'work',
    baseUrl: 'https://a.example.com',
    key,
    models: [haiku, any],
    adapt: 'off',
    thinking: 'keep',
  });
  return { ...it, row, update: { profile: 'work', id: row.id } };
}

const adaptation = { models: [haiku, any], adapt: 'off', thinking: 'keep' };
const none = { models: [], adapt: 'auto', thinking: 'auto' };

describe('the table of models', () => {
  it('is shown, and an endpoint without one has the defaults', async () => {
    const { call, row } = await withTable();
    expect(row).toMatchObject(adaptation);
    const plain = await call('endpoint.add', { profile: 'work', baseUrl: 'https://b.example.com', key });
    expect(plain).toMatchObject(none);
    expect((await call('endpoint.list', { profile: 'work' })).endpoints).toMatchObject([adaptation, none]);
  });

  it('changes rule by rule', async () => {
    const { call, update } = await withTable();
    expect(await call('endpoint.update', { ...update, models: [noOpus] })).toMatchObject({
      models: [haiku, noOpus, any],
    });
    expect(await call('endpoint.update', { ...update, noModels: [haiku.from], thinking: 'strip' })).toMatchObject({
      models: [noOpus, any],
      thinking: 'strip',
    });
    expect(await call('endpoint.update', { ...update, noModels: ['*', 'opus'], adapt: 'auto' })).toMatchObject({
      models: [],
      adapt: 'auto',
    });
  });

  it('that stays as it is writes no fact', async () => {
    const { call, core, update } = await withTable();
    const { seq } = core.state;
    await call('endpoint.update', { ...update, models: [haiku], adapt: 'off' });
    expect(core.state.seq).toBe(seq);
  });

  it.each([
    [{ models: [{ from: 'a', to: 'b*' }] }, 'QCC_MODEL_RULE'],
    [{ models: [{ from: '', to: 'b' }] }, 'QCC_MODEL_RULE'],
    [{ models: [{ from: 'a b', to: 'b' }] }, 'QCC_MODEL_RULE'],
    [{ models: [any, any] }, 'QCC_MODEL_TWICE'],
    [{ models: Array.from({ length: 65 }, (_, i) => ({ from: `m${i}`, to: 'x' })) }, 'QCC_MODEL_RULES'],
    [{ noModels: ['nothing'] }, 'QCC_MODEL_UNKNOWN'],
  ])('is refused as a whole when it holds %j', async (wrong, code) => {
    const { call, core, update } = await withTable();
    const { seq } = core.state;
    await expect(call('endpoint.update', { ...update, ...wrong, weight: 7 })).rejects.toMatchObject({ code });
    expect(core.state.seq).toBe(seq);
  });

  it('goes with an endpoint that is copied, with changes where they are asked for', async () => {
    const { call } = await withTable();
    await call('profile.add', { name: 'spare' });
    const { added } = await call('endpoint.copy', {
      profile: 'spare',
      from: 'work',
      models: [noOpus],
      noModels: ['*'],
    });
    expect(added).toMatchObject([{ ...adaptation, models: [haiku, noOpus] }]);
  });

  it('comes back with a rollback, and goes with one', async () => {
    const { call, update } = await withTable();
    const { id } = await call('config.snapshot', { description: '' });
    await call('endpoint.update', { ...update, noModels: ['*'], models: [noOpus], adapt: 'auto', thinking: 'auto' });
    const { changes } = await call('config.rollback', { to: { snapshot: id }, dryRun: true });
    const path = `profiles/work/endpoints/${update.id}`;
    expect(changes).toEqual([
      { path: `${path}/adapt`, from: 'auto', to: 'off' },
      {
        path: `${path}/models`,
        from: 'claude-*haiku*=glm-4.5-air, opus=-',
        to: 'claude-*haiku*=glm-4.5-air, *=glm-4.6',
      },
      { path: `${path}/thinking`, from: 'auto', to: 'keep' },
    ]);
    await call('config.rollback', { to: { snapshot: id } });
    expect(await call('endpoint.show', update)).toMatchObject(adaptation);
    await call('config.rollback', { to: { last: true } });
    expect(await call('endpoint.show', update)).toMatchObject({ ...none, models: [haiku, noOpus] });
  });

  it('stands in an export, and comes with an import', async () => {
    const { call, row } = await withTable();
    const { document } = await call('config.export', { withSecrets: true, passphrase: 'correct horse' });
    const text = JSON.stringify(document);
    const empty = await memoryInstallation();
    await empty.call('config.import', { text, passphrase: 'correct horse' });
    expect(await empty.call('endpoint.show', { profile: 'work', id: row.id })).toMatchObject(adaptation);
    expect((await empty.call('config.export', {})).document).toEqual((await call('config.export', {})).document);
  });

  it('does not stand in the export of an endpoint that has none, which an older version reads', async () => {
    const { call, update } = await withTable();
    await call('endpoint.update', { ...update, noModels: [haiku.from, '*'], adapt: 'auto', thinking: 'auto' });
    const { document } = await call('config.export', {});
    expect(JSON.stringify(document)).not.toMatch(/models|adapt|thinking/);
    const before = await withTable();
    const file = JSON.stringify(document).replaceAll(update.id, before.row.id);
    await before.call('config.import', { text: file.replace(/"checksum":"[^"]*",?/, '').replace(',}', '}') });
    expect(await before.call('endpoint.show', before.update)).toMatchObject(none);
  });

  it('that a file spoils is no import', async () => {
    const { call } = await withTable();
    const { checksum: _, ...document } = (await call('config.export', {})).document as Record<string, unknown>;
    const spoilt = JSON.stringify(document).replace('"glm-4.6"', '"glm 4.6"');
    await expect(call('config.import', { text: spoilt })).rejects.toMatchObject({ code: /QCC_IMPORT/ });
  });

  it('is told by the record of changes, with what was before', async () => {
    const { call, update } = await withTable();
    await call('endpoint.update', { ...update, adapt: 'auto', noModels: ['*'] });
    const { entries } = await call('config.audit', {});
    expect(entries[0]).toMatchObject({
      action: 'endpoint.update',
      details: {
        from: { adapt: 'off', models: [haiku, any] },
        to: { adapt: 'auto', models: [haiku] },
      },
    });
  });
});
