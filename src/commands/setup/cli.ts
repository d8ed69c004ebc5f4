/** Bare `qcc`, and `qcc init`. */
import { exitCodes } from '../../errors/qcc-error.ts';
import { type Context, withInstallation } from '../context.ts';
import { overview } from '../gateway/cli.ts';
import { setUp } from './setup.ts';

export async function init(context: Context): Promise<undefined> {
  const { words, out, json } = context;
  const made = await withInstallation(context, ({ call }) => call('home.init', {}));
  if (json) return void out.json(made);
  out.done(made.created ? words.madeHome(made.home) : words.homeIs(made.home));
  out.note(made.keychain ? words.keychain : words.keyfile);
  if (context.canAsk) await setUp(context);
  return undefined;
}

/** Undefined where nothing is set up and no person can be asked: the driver prints the help, which names the commands. */
export async function bare(context: Context): Promise<number | undefined> {
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  if (context.json || profiles.some(({ endpoints }) => endpoints > 0)) await overview(context);
  else if (context.canAsk) await setUp(context);
  else return undefined;
  return exitCodes.done;
}
