/** Runs what calls back later for an exchange: what is thrown there must end that exchange, or its client waits for ever. */
export function guarded(exchange: { fault(error: unknown): void }, run: () => void): void {
  try {
    run();
  } catch (error) {
    exchange.fault(error);
  }
}
