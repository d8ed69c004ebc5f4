/** The access log, as people read it: what became of a request. */

export const accessLog = {
  served: (ms: number) => `in ${ms} ms`,
  failed: (ms: number) => `failed after ${ms} ms`,
  cancelled: (ms: number) => `its client left after ${ms} ms`,
  broken: (ms: number) => `its answer broke off after ${ms} ms`,
  attempts: (count: number) => `${count} attempts`,
  separator: ', ',
  empty: 'no request is in the log',
};

export type AccessLogWords = typeof accessLog;
