/** Named tokens at the data port, with their budgets. */
import type { Budgets } from '../commands/token/budgets.ts';
import type { Installation } from '../installation/installation.ts';
import { tokenSource } from '../installation/tokens.ts';
import { ClientTokens } from '../proxy/client-tokens.ts';

/** Resolves when budgets are known: the port opens after that. Without a token that has a limit, no price is loaded. */
export async function clientTokens(
  installation: Pick<Installation, 'core' | 'vault'>,
  budgets: Budgets,
): Promise<ClientTokens> {
  const { core } = installation;
  const now = () => core.now();
  await prepared(budgets);
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => stream.startsWith('token/'))) void prepared(budgets);
  });
  return new ClientTokens(
    tokenSource(installation, (token) => budgets.exhausted(token)),
    now,
  );
}

/** Prices that cannot be loaded keep no gateway from serving. */
function prepared(budgets: Budgets): Promise<void> {
  return budgets.prepare().catch((error: Error) => {
    process.emitWarning(`budgets of tokens are not enforced: ${error.message}`, 'TokenWarning');
  });
}
