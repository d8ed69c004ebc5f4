/** Whether a process listens on a socket of this machine. */
/** Whether a process accepts connections. A socket that refuses is a killed gateway's leftover. */
export async function answers(socket: string): Promise<boolean> {
  const { connect: dial } = await import('node:net');
  return new Promise((resolve) => {
    const attempt = dial(socket);
    attempt.once('connect', () => {
      attempt.destroy();
      resolve(true);
    });
    attempt.once('error', () => resolve(false));
  });
}
