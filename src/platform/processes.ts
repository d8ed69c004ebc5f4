/** Other processes of this machine. */

/** Whether the system still has a process of this number: one of another user too, or one that has ended and was not asked for yet. */
export function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
