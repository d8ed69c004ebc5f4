/** The process's mask: what qcc makes is its owner's alone, and what it starts for somebody keeps that somebody's own. */

const othersNothing = 0o077;
let users: number | undefined;

/** From here on nobody else can look into what this process makes, whatever the mask was. */
export function closeMask(): void {
  const before = process.umask(othersNothing);
  users ??= before;
}

/** Programs inherit the mask at the moment they are started: files that Claude Code makes in a project are not ours. */
export function withUsersMask<T>(start: () => T): T {
  if (users === undefined) return start();
  const ours = process.umask(users);
  try {
    return start();
  } finally {
    process.umask(ours);
  }
}
