/**
 * The set-up. Each step is one whole change or none, and each can be left: whatever a person breaks off, what is there works as far as
 * it goes.
 */
import { clientEnv } from '../../config/clients/client-env.ts';
import { paths } from '../../config/files/home.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import type { SetupWords } from '../../messages/en/setup.ts';
import { inLanguage } from '../../messages/errors.ts';
import { fiveCommands } from '../../messages/five-commands.ts';
import { setupWordsOf } from '../../messages/setup.ts';
import { answers } from '../../platform/listening.ts';
import { doneLine } from '../changed.ts';
import { applyToClaude } from '../client/cli.ts';
import { type Context, withInstallation } from '../context.ts';
import { start } from '../gateway/cli.ts';
import { installService } from '../gateway/service-cli.ts';
import { addFirst } from './first-endpoint.ts';
import { claudeFile } from './sources.ts';

/** @throws {QccError} `QCC_SETUP_LEFT`, when the person breaks it off after a change */
export async function setUp(context: Context): Promise<void> {
  try {
    await steps(context);
  } catch (error) {
    const isLeft = error instanceof QccError && error.exit === exitCodes.interrupted;
    if (isLeft && (await isAble(context))) throw new QccError('QCC_SETUP_LEFT', {}, exitCodes.interrupted);
    throw error;
  }
}

async function steps(context: Context): Promise<void> {
  const said = setupWordsOf(context.language);
  const { confirm } = await import('../../terminal/prompt.ts');
  context.out.note(said.begin);
  let added = await step(context, () => addFirst(context, said.whereFrom));
  while (added && (await confirm(said.another, context.words, true)))
    added = await step(context, () => addFirst(context, said.whereFromNext));
  if (!(await isAble(context))) return context.out.note(said.begunNothing, ...fiveCommands.map((one) => `  ${one}`));
  await step(context, () => runGateway(context, said));
  await step(context, () => pointClaude(context, said));
  doneLine(context, said.isSetUp, [said.status, 'qcc']);
}

async function isAble(context: Context): Promise<boolean> {
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  return profiles.some(({ endpoints }) => endpoints > 0);
}

/** What goes wrong in one step is said, and the next one follows; only ^C ends all of it. */
async function step(context: Context, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QccError) || error.exit === exitCodes.interrupted) throw error;
    const { message, hint } = inLanguage(error, context.language);
    context.out.warn(message, `  ${hint}`);
    return false;
  }
}

async function runGateway(context: Context, said: SetupWords): Promise<boolean> {
  if (await answers(paths(context.home).socket)) return true;
  const { choose } = await import('../../terminal/prompt.ts');
  const how = await choose(said.howToRun, [
    { value: 'service', label: said.asService },
    { value: 'start', label: said.untilReboot },
    { value: 'leave', label: said.notNow },
  ]);
  if (how === 'leave') return false;
  // A system that has no services, or refuses one, can still run it in the background.
  if (how === 'service' && (await step(context, () => asService(context)))) return true;
  if (how === 'service') context.out.note(said.noService, '  qcc proxy install-service');
  await start(context);
  return true;
}

async function asService(context: Context): Promise<boolean> {
  await installService(context);
  return true;
}

async function pointClaude(context: Context, said: SetupWords): Promise<boolean> {
  const { confirm } = await import('../../terminal/prompt.ts');
  if (!(await confirm(said.applyClaude(claudeFile(context)), context.words, true))) {
    context.out.note(said.nextCode, '  qcc code');
    return false;
  }
  const settings = await withInstallation(context, ({ call }) => call('client.settings', {}));
  const { file } = await applyToClaude(context, clientEnv(settings, context.env));
  const { back, claudePointsHere } = changeWordsOf(context.language);
  doneLine(context, claudePointsHere(file), [back, 'qcc use --restore']);
  return true;
}
