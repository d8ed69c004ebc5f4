/** Where a question about the past goes: to this installation, or to the file that `--from-log` names. */
import type { Answer, Call, Connection, OperationName, Params } from '../control/operations.ts';
import { type Context, flag, withInstallation } from './context.ts';

export type Asking = Pick<Connection, 'call' | 'viaGateway'>;

export async function withHistory<T>(context: Context, work: (asking: Asking) => Promise<T>): Promise<T> {
  const file = flag(context, 'from-log');
  return file === undefined ? withInstallation(context, work) : work({ call: await ofFile(file), viaGateway: false });
}

/** The same questions, of somebody else's log: nothing of this installation is opened. */
async function ofFile(path: string): Promise<Call> {
  const [{ openCapsule }, { ask, questionNames }, { stateAt }] = await Promise.all([
    import('../history/capsule-log.ts'),
    import('../history/questions.ts'),
    import('../history/moment.ts'),
  ]);
  const log = await openCapsule(path);
  const state = await stateAt(log, log.head);
  const names = state.profiles.endpoints().map(({ id, profile, name }) => [id, `${profile}/${name}`] as const);
  const now = { moment: { seq: log.head } };
  const own: Readonly<Record<string, (params: object) => unknown>> = {
    'history.head': () => ({ head: log.head, names: Object.fromEntries(names) }),
    'debug.machines': async (params) => {
      const { seq, at, machines } = await ask(log, 'history.at', { ...params, ...now });
      return { seq, at, machines, live: null };
    },
    'history.whatIf': (params) => ask(log, 'history.whatIf', { ...params, foreign: true }),
  };
  return async <Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>> => {
    const question = questionNames.find((one) => one === name);
    const asked = own[name] ?? (question && ((given: object) => ask(log, question, given as never)));
    if (!asked) throw new Error(`a file cannot answer ${name}`);
    return (await asked(params)) as Answer<Name>;
  };
}

/** What endpoints are called now. Those that are gone keep their ids. */
export async function namesOf(call: Call): Promise<Readonly<Record<string, string>>> {
  return (await call('history.head', {})).names;
}
