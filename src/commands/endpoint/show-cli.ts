/** `qcc endpoint show` and `qcc endpoint forget`: an endpoint, and what requests to it are adapted to. */
import type { EndpointRow } from '../../contract/endpoint.ts';
import { adaptationWordsOf } from '../../messages/adaptations.ts';
import { timeText } from '../../platform/time.ts';
import { tellChange, typedName } from '../changed.ts';
import { type Context, flag, withInstallation } from '../context.ts';
import { endpointTable } from './cli.ts';

export async function show(context: Context): Promise<undefined> {
  const [profile = '', id = ''] = context.positionals;
  const { row, name } = await withInstallation(context, async ({ call }) => {
    const found = await call('endpoint.show', { profile, id });
    const { endpoints } = await call('endpoint.list', { profile: found.profile });
    return { row: found, name: typedName(found, endpoints) };
  });
  if (context.json) return void context.out.json(row);
  endpointTable(context, [row], true);
  context.out.line('');
  context.out.prose(2, ...adaptationLines(context, row, name));
  return undefined;
}

function adaptationLines({ language }: Context, { profile, adapt, thinking, missing }: EndpointRow, name: string) {
  const words = adaptationWordsOf(language);
  const believed = missing.filter(({ until }) => Date.parse(until) > Date.now());
  const refused = believed.map(
    ({ what, limit, model, until }) =>
      `${words.isMissing(what, limit, model, timeText(until))} - qcc endpoint forget ${profile} ${name} --what ${what}`,
  );
  return [words.adapts(adapt, thinking), ...(refused.length > 0 ? refused : [words.nothingMissing])];
}

export async function forget(context: Context): Promise<undefined> {
  const [profile = '', id = ''] = context.positionals;
  const what = flag(context, 'what');
  const row = await withInstallation(context, ({ call }) =>
    call('endpoint.forget', { profile, id, ...(what !== undefined && { what }) }),
  );
  return tellChange(context, {
    json: row,
    data: () => endpointTable(context, [row], false),
    now: (said) => said.endpointForgets(row.name, row.profile, row.forgotten),
    next: (said) => [said.see, `qcc endpoint show ${row.profile} ${id}`],
  });
}
