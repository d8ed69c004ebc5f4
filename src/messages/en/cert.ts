/** The certificate that qcc makes. */
export const cert = {
  made: (until: string) => `the certificate is made, and holds until ${until}`,
  names: 'for',
  until: 'until',
  fingerprint: 'SHA-256',
  ca: 'authority',
  caUntil: 'authority until',
  caFingerprint: 'authority SHA-256',
  notUsed: 'proxy.tls_cert names another file: this certificate is not in use',
  newCa: 'the authority is new: every client needs this copy of it',
  here: 'On this machine, so that other machines may come in:',
  there: (ca: string) => `On each other machine, with a copy of ${ca} (it is no secret):`,
  others: 'Programs other than qcc trust it through:',
};

export type CertWords = typeof cert;
