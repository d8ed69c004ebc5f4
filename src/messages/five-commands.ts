/** The whole set-up without a question. */
export const fiveCommands = [
  'qcc fc --preset anthropic --name work --api-key-env KEY',
  'qcc endpoint test work',
  'qcc proxy install-service',
  'qcc use work --apply',
  'qcc status',
] as const;
