/** Other processes of this machine. */

/** Whether the system has a process with this pid: possibly of another user, or a zombie that was not reaped yet. */
export function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
