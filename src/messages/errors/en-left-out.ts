/** Why an import, a rollback or an export leaves something out, by its code. */
export const leftOutEn = {
  because_keyGone: 'it was removed, and its key is gone',
  because_otherHost: 'its key is gone, and the present one was given for another host',
  because_keyReplaced: 'it keeps its present key: the former one is gone',
  because_addressRefused: 'its address is no longer accepted',
  because_settingGone: 'that setting no longer exists',
  because_valueGone: 'its value is a secret, and is gone',
  because_outOfRange: 'its value is out of range',
  because_noCounterpart: 'has no counterpart here',
  because_noAddress: 'has no address',
  because_noKey: 'neither the file nor this home has a key for it',
  because_refused: 'qcc does not accept its address, or one of its numbers',
  because_renamed: 'a profile cannot have its name',
  because_needsCertificate: 'needs proxy.tls_cert and proxy.tls_key',
  because_twin: 'an endpoint with this address and key exists already',
};
