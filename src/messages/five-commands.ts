/** The whole set-up without a question, in every language. It stands here because help loads it. */
export const fiveCommands = [
  'qcc fc --preset anthropic --name work --api-key-env KEY',
  'qcc endpoint test work',
  'qcc proxy install-service',
  'qcc use work --apply',
  'qcc status',
] as const;
