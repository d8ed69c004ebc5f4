/**
 * The process's umask: files of qcc are accessible to their owner only, and programs that it starts for the user get the user's own umask
 * back.
 */

const othersNothing = 0o077;
let users: number | undefined;

/** From here on, other users cannot read what this process creates, whatever the umask was. */
export function closeMask(): void {
  const before = process.umask(othersNothing);
  users ??= before;
}

/** Programs inherit the umask when they are started: files that Claude Code creates in a project are not ours. */
export function withUsersMask<T>(start: () => T): T {
  if (users === undefined) return start();
  const ours = process.umask(users);
  try {
    return start();
  } finally {
    process.umask(ours);
  }
}
