/** Whether anything listens on a socket of this machine. */
/** Whether somebody listens; what is there but refuses is what a killed gateway left behind. */
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
