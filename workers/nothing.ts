/** The task of a worker that is wanted for others: those that wait for one, after one that could not begin. */
export default function nothing(): void {}
