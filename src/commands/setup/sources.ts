/** Where a first endpoint can come from on this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readClaudeFile } from '../../config/clients/claude.ts';
import { userHome } from '../../config/files/home.ts';
import { importSource } from '../../config/importers/import-source.ts';
import type { EndpointOptions } from '../../contract/endpoint.ts';
import { QccError } from '../../errors/qcc-error.ts';
import type { Context } from '../context.ts';

const ownToken = /^qcc_/;
const vendorUrl = 'https://api.anthropic.com';

export const otherPrograms = ['cc-switch', 'fastcc'] as const;
export type OtherProgram = (typeof otherPrograms)[number];

/** Whether that program has left a configuration here. */
export function hasLeft(program: OtherProgram, { env }: Context): boolean {
  try {
    importSource(undefined, program, env);
    return true;
  } catch (error) {
    // One that cannot be read is there: choosing it says what is wrong with it.
    return error instanceof QccError && error.code !== 'QCC_IMPORT_MISSING';
  }
}

export function claudeFile({ env }: Context): string {
  return join(env['CLAUDE_CONFIG_DIR'] || join(userHome(env), '.claude'), 'settings.json');
}

/** The endpoint that Claude Code is set to. Undefined when it has no key of its own, or is sent through this gateway already. */
export function ofClaude(context: Context): EndpointOptions | undefined {
  const file = claudeFile(context);
  if (!existsSync(file)) return undefined;
  try {
    const { env } = readClaudeFile(file);
    const { ANTHROPIC_AUTH_TOKEN: token, ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: url } = env;
    const key = token || apiKey;
    if (!key || ownToken.test(key)) return undefined;
    return { baseUrl: url || vendorUrl, key, auth: token ? 'bearer' : 'x-api-key' };
  } catch {
    // Not ours to mend, and no place to begin from.
    return undefined;
  }
}
